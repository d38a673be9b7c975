import type { JsonObject } from '../../src/contracts/json.ts';
import type { Slice } from '../../src/contracts/sync.ts';
import type { PlanContext, Stream } from '../_kit/contract.ts';
import { durationMs } from '../_kit/duration.ts';
import { KeySet } from '../_kit/key-set.ts';
import type { SendgridConfig } from './config.ts';
import { KEPT_MS } from './logs.ts';

/** Messages of a slice: about as many requests, which are seconds of work. */
const IDS_A_SLICE = 100;
/** Days younger than this are read in every run, because opens and clicks still come. */
const YOUNG = 'P5D';
/** A little less than a day, so that a daily run reads older days every time. */
const OLDER_EVERY = 'PT20H';

/**
 * Messages of the last 30 days that the webhook does not cover. A message is covered when the webhook posted that it was
 * processed: then it was switched on before the message's first event, and posts the others, too. Ids of the same message
 * agree up to their first dot.
 */
export const messagesDue: NonNullable<Stream<SendgridConfig, unknown>['plan']> = {
  why: 'what the webhook posts need not be asked for, message by message',
  slices: async (context) => {
    const { now, state } = context;
    const days = await uncovered(context);
    return [...days.keys()]
      .sort()
      .reverse()
      .filter((day) => isDue(day, state.get(day)?.readAt, now))
      .flatMap((day) => slicesOf(day, days.get(day)!.sort(), now));
  },
};

async function uncovered({ raw, now }: PlanContext<SendgridConfig>): Promise<Map<string, string[]>> {
  const covered = new KeySet();
  for await (const event of raw.records('events')) {
    const { event: name, sg_message_id: id } = event;
    if (name === 'processed' && typeof id === 'string') covered.add(bare(id));
  }
  const earliest = new Date(Date.parse(now) - KEPT_MS).toISOString();
  const days = new Map<string, string[]>();
  for await (const message of raw.records('log_messages')) {
    const { id, day } = placeOf(message);
    if (day < earliest.slice(0, 10) || covered.has(bare(id))) continue;
    const ids = days.get(day);
    if (ids === undefined) days.set(day, [id]);
    else ids.push(id);
  }
  return days;
}

const bare = (id: string): string => id.split('.', 1)[0]!;

const placeOf = ({ sg_message_id: id, sg_message_id_created_at: at }: JsonObject) => ({
  id: String(id),
  day: new Date(String(at)).toISOString().slice(0, 10),
});

function isDue(day: string, readAt: string | undefined, now: string): boolean {
  if (readAt === undefined || Date.parse(now) - Date.parse(day) < durationMs(YOUNG)) return true;
  return Date.parse(now) - Date.parse(readAt) >= durationMs(OLDER_EVERY);
}

function slicesOf(day: string, ids: readonly string[], now: string): readonly Slice[] {
  const slices: Slice[] = [];
  for (let from = 0; from < ids.length; from += IDS_A_SLICE) {
    slices.push({
      id: `day=${day},from=${from}`,
      item: day,
      // Not the whole of the day: messages that the webhook covers are not among these.
      mode: 'incremental',
      pathParams: {},
      params: { sg_message_ids: ids.slice(from, from + IDS_A_SLICE).join(' ') },
      inherit: {},
      next: { readAt: now },
    });
  }
  return slices;
}
