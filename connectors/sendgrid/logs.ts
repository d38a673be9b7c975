import type { Json, JsonObject } from '../../src/contracts/json.ts';
import type { HttpRequest, ReadContext, ReadPage } from '../_kit/contract.ts';
import { halving, type TimeWindow } from '../_kit/halving.ts';
import { timeMs } from '../_kit/instant.ts';
import { valueAt } from '../_kit/path.ts';
import { SkippedAnswer } from '../_kit/skip.ts';
import type { SendgridConfig } from './config.ts';
import { shapeFailure } from './shape-failure.ts';

/** So long SendGrid keeps messages; of Email Activity what was paid for, at the most. */
export const KEPT_MS = 30 * 86_400_000;
/** Messages of an answer at the most. */
const CAP = 1_000;
/** Events of a message at the most, the newest. */
const MOST_EVENTS = 100;

/** Messages of the window by the time of their creation. */
export function messagesOf(context: ReadContext<SendgridConfig>): AsyncGenerator<ReadPage> {
  return halved(context, 'log_messages', ({ fromMs, toMs }) => {
    const query = `sg_message_id_created_at >= ${stamp(fromMs)} AND sg_message_id_created_at < ${stamp(toMs)}`;
    return { method: 'POST', path: '/v3/logs', body: { query, limit: CAP } };
  });
}

/** Messages of the window by the time of their last event. BETWEEN has both its bounds, in whole seconds. */
export function activityOf(context: ReadContext<SendgridConfig>): AsyncGenerator<ReadPage> {
  return halved(context, 'activity', ({ fromMs, toMs }) => {
    const query = `last_event_time BETWEEN ${stamp(fromMs)} AND ${stamp(toMs - 1000)}`;
    return { method: 'GET', path: '/v3/messages', params: { query, limit: CAP } };
  });
}

function halved(
  { http, signal, slice, now }: ReadContext<SendgridConfig>,
  stream: string,
  requestOf: (window: TimeWindow) => HttpRequest,
): AsyncGenerator<ReadPage> {
  const earliestMs = Date.parse(now) - KEPT_MS;
  const fromMs = Math.max(earliestMs, timeMs(slice.window?.from, 'iso') ?? earliestMs);
  const toMs = timeMs(slice.window?.to, 'iso') ?? Date.parse(now);
  return halving(
    { fromMs, toMs },
    {
      cap: CAP,
      ask: async (window) => {
        const { body, bytes } = await http.request({ ...requestOf(window), stream }, signal);
        const records = valueAt(body, 'messages');
        if (!Array.isArray(records)) throw shapeFailure(stream, 'the answer has no array at "messages"');
        return { records: records as readonly JsonObject[], bytes };
      },
    },
  );
}

const stamp = (ms: number): string => `TIMESTAMP "${new Date(ms).toISOString().slice(0, 19)}Z"`;

/** What a message's events inherit of it: the webhook names the single send on each event, the log on the message. */
const INHERITED = [
  'marketing_campaign_id',
  'marketing_campaign_name',
  'marketing_campaign_split_id',
  'marketing_campaign_version',
  'template_id',
  // Holds the single send's own id: `marketing_campaign_id` is a number that nothing else knows.
  'custom_args',
] as const;

/** The events of the slice's messages, one request a message. */
export async function* eventsOf({ http, signal, slice }: ReadContext<SendgridConfig>): AsyncGenerator<ReadPage> {
  // An event of the request that made several messages is told with each of them.
  const seen = new Set<Json>();
  for (const id of idsOf(slice)) {
    const path = `/v3/logs/${encodeURIComponent(id)}`;
    let page: ReadPage;
    try {
      const { body, bytes } = await http.request({ method: 'GET', path, stream: 'log_events' }, signal);
      page = { ...eventsIn(body as JsonObject), bytes };
    } catch (error) {
      // It has left the 30 days meanwhile.
      if (error instanceof SkippedAnswer) continue;
      throw error;
    }
    const records = page.records.filter(({ sg_event_id: event }) => event === undefined || !seen.has(event));
    for (const { sg_event_id: event } of records) if (event !== undefined) seen.add(event);
    yield { ...page, records };
  }
}

function eventsIn(message: JsonObject): Pick<ReadPage, 'records' | 'gap'> {
  const { events } = message;
  if (!Array.isArray(events)) throw shapeFailure('log_events', 'the answer has no array at "events"');
  const inherited: Record<string, Json> = {};
  for (const field of INHERITED) if (message[field] !== undefined) inherited[field] = message[field];
  const records = (events as readonly JsonObject[]).map((event) => ({ ...inherited, ...event }));
  return events.length < MOST_EVENTS
    ? { records }
    : { records, gap: `of messages with ${MOST_EVENTS} events and more the log shows the newest ${MOST_EVENTS}` };
}

/** The messages of a slice of `log_events`. */
const idsOf = ({ params }: ReadContext<SendgridConfig>['slice']): readonly string[] =>
  (params?.['sg_message_ids'] ?? '').split(' ').filter((id) => id !== '');
