import type { Slice } from '../../src/contracts/sync.ts';
import type { Stream } from '../_kit/contract.ts';
import { durationMs } from '../_kit/duration.ts';
import { timeMs } from '../_kit/instant.ts';
import { readFrom } from '../_kit/plan.ts';
import type { SendgridConfig } from './config.ts';
import { KEPT_MS } from './logs.ts';

const DAY_MS = 86_400_000;
const LOOKBACK = 'P4D';

/** Days that are read side by side: all that are kept at first, then those of the look-back. */
export const byLogDays: NonNullable<Stream<SendgridConfig, unknown>['plan']> = {
  why: 'what has left the 30 days need not be asked for, and days can be read side by side',
  slices: async ({ state, now, startDate }) => {
    const known = state.get('');
    const cursorMs = timeMs(readFrom(known), 'iso');
    const earliestMs = Math.max(Date.parse(now) - KEPT_MS, timeMs(startDate, 'iso') ?? 0);
    const fromMs = cursorMs == null ? earliestMs : Math.max(earliestMs, cursorMs - durationMs(LOOKBACK));
    const slices: Slice[] = [];
    for (let to = new Date(now).toISOString(); Date.parse(to) > fromMs;) {
      const start = new Date(Math.max(fromMs, dayBefore(Date.parse(to)))).toISOString();
      slices.push({
        id: `from=${start}`,
        item: '',
        mode: 'incremental',
        pathParams: {},
        inherit: {},
        window: { from: start, to },
        next: { ...known, readAt: now },
      });
      to = start;
    }
    return slices;
  },
};

/** The last midnight before, in UTC. */
const dayBefore = (ms: number): number => Math.floor((ms - 1) / DAY_MS) * DAY_MS;
