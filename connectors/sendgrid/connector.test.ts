import { createWorld } from '../../src/demo/world.ts';
import { describeConnector } from '../_kit/suite/describe-connector.ts';
import { sendgrid } from './connector.ts';
import { postsOf } from './simulator-hook.ts';
import { startSendgridSimulator } from './simulator.ts';

const world = createWorld({ seed: 4, size: 'small' });
const apiKey = 'SG.c4n4ry-0f-the-sendgrid-suite';
let at = '2026-06-25T12:00:00.000Z';

// The suite reads each stream dozens of times: here it need not wait for the real limits, which limits.test.ts is about.
const plenty = { requests: 1_000_000, seconds: 10 };
const unhurried = { ...sendgrid, limits: { default: sendgrid.limits.default, activity: { concurrency: 1 } } };

const secondsAt = (instant: string): number => Date.parse(instant) / 1000;

describeConnector(unhurried, {
  start: () =>
    startSendgridSimulator({
      world,
      apiKey,
      at: () => at,
      exports: { pendingPolls: 0 },
      rates: {
        activity: plenty,
        logs: plenty,
        marketing: plenty,
        exports: plenty,
        stats: plenty,
        suppressions: plenty,
        account: plenty,
      },
    }),
  config: (url) => ({ credentials: { api_key: apiKey }, base_url: url, region: 'global' }) as const,
  now: at,
  // The webhook was on for eight days: what was sent before and after, the log tells.
  posts: () =>
    postsOf(world, secondsAt('2026-06-16T10:30Z'), secondsAt('2026-06-24T00:00Z')).map(({ body }) => ({ body })),
  // More than a day: what was deleted from a suppression list shows in its daily whole read.
  later: { now: '2026-07-03T12:00:00.000Z', move: () => void (at = '2026-07-03T12:00:00.000Z') },
  startDate: '2026-05-01T00:00:00.000Z',
});
