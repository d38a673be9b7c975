import type { SgEvent, SgMessage, SgSingleSend } from '../../src/demo/sendgrid-types.ts';
import { dropReasons } from '../../src/demo/sendgrid-suppression.ts';
import { type Answer, ApiError, type Body, type Call, listOf, notFound, paged } from './simulator-answer.ts';
import { dateIn, isDate, isZone } from './simulator-dates.ts';
import { versionId } from './simulator-view.ts';

const sizes = { high: 50, absent: 25 } as const;

/**
 * What the facts leave open, and how it is told here: `bounces` of a single send counts mails that bounced hard, at once or later
 * (blocks are another thing everywhere in SendGrid, and have no count here); `unsubscribes` counts recipients who left
 * altogether or left the group; `requests` holds what was dropped. Deleted contacts stay in every number.
 */
export function getSingleSendsStats(call: Call): Answer {
  const ids = listOf(call.query, 'singlesend_ids');
  if (ids.length > 25) throw new ApiError(400, 'at most 25 ids', 'singlesend_ids');
  const sends = sentOnes(call).filter((send) => ids.length === 0 || ids.includes(send.id));
  const rows = sends.map((send) => row(send, everyOne(call, send), 'all', 'all', 'total'));
  return { body: paged(call, 'results', rows, sizes) };
}

export function getSingleSendStats(call: Call): Answer {
  const send = findSent(call);
  // A call without dates gets those of the description's defaults, in which this company had sent nothing.
  const first = dateOf(call, 'start_date', '2021-01-01');
  const last = dateOf(call, 'end_date', '2021-12-31');
  const zone = call.query.get('timezone') ?? 'UTC';
  if (!isZone(zone)) throw new ApiError(400, 'unknown time zone', 'timezone');
  const by = call.query.get('aggregated_by') ?? 'total';
  if (by !== 'total' && by !== 'day') throw new ApiError(400, 'aggregated_by must be total or day', 'aggregated_by');
  const within = everyOne(call, send).map(({ message, events }) => ({
    message,
    isRequested: between(dateIn(message.at, zone), first, last),
    events: events.filter((event) => between(dateIn(event.at, zone), first, last)),
  }));
  const rows = grouped(call, send).flatMap(({ variation, phase, isIn }) => {
    const own = within.filter(({ message }) => isIn(message));
    if (by === 'total') return [row(send, own, variation, phase, 'total')];
    const dates = own.flatMap(({ message, isRequested, events }) => [
      ...(isRequested ? [dateIn(message.at, zone)] : []),
      ...events.map((event) => dateIn(event.at, zone)),
    ]);
    return [...new Set(dates)].sort().map((date) => {
      const day = own.map(({ message, events }) => ({
        message,
        isRequested: dateIn(message.at, zone) === date,
        events: events.filter((event) => dateIn(event.at, zone) === date),
      }));
      return row(send, day, variation, phase, date);
    });
  });
  return { body: paged(call, 'results', rows, sizes) };
}

export function getSingleSendLinks(call: Call): Answer {
  const send = findSent(call);
  const onlyVariation = call.query.get('ab_variation_id');
  const onlyPhase = call.query.get('ab_phase_id');
  const rows = grouped(call, send)
    .filter(({ variation }) => onlyVariation === null || variation === 'all' || variation === onlyVariation)
    .filter(({ phase }) => onlyPhase === null || phase === 'all' || phase === onlyPhase)
    .flatMap(({ variation, phase, isIn }) =>
      send.links.flatMap((link, place) => {
        const clicks = everyOne(call, send)
          .filter(({ message }) => isIn(message))
          .filter(({ message }) => onlyVariation === null || versionId(send, message.variation) === onlyVariation)
          .filter(({ message }) => onlyPhase === null || (message.phase ?? 'send') === onlyPhase)
          .flatMap(({ events }) => events.filter((event) => event.kind === 'click' && event.link === place)).length;
        const shown = { ab_variation: onlyVariation ?? variation, ab_phase: onlyPhase ?? phase };
        return clicks === 0 ? [] : [{ url: link.url, url_location: place, ...shown, clicks }];
      }),
    );
  const total = rows.reduce((sum, { clicks }) => sum + clicks, 0);
  return { body: { ...paged(call, 'results', rows, sizes), total_clicks: total } };
}

/** CSV text, one line a single send. */
export function exportSingleSendStats(call: Call): Answer {
  const ids = listOf(call.query, 'ids');
  const sends = sentOnes(call).filter((send) => ids.length === 0 || ids.includes(send.id));
  const lines = sends.map((send) => {
    const stats = metrics(everyOne(call, send));
    return [send.id, `"${send.name.replaceAll('"', '""')}"`, ...Object.values(stats)].join(',');
  });
  return { body: [['id', 'name', ...Object.keys(metrics([]))].join(','), ...lines, ''].join('\n') };
}

/** A message with the part of its events that counts. */
export type Counted = {
  readonly message: SgMessage;
  readonly isRequested: boolean;
  readonly events: readonly SgEvent[];
};

function everyOne(call: Call, send: SgSingleSend): Counted[] {
  return call.view
    .messagesOf(send)
    .map((message) => ({ message, isRequested: true, events: call.view.eventsOf(message) }));
}

/** How many of the messages have such an event. */
export function messagesWith(counted: readonly Counted[], is: (event: SgEvent) => boolean): number {
  return counted.filter(({ events }) => events.some(is)).length;
}

export function eventCount(counted: readonly Counted[], kind: SgEvent['kind']): number {
  return counted.reduce((sum, { events }) => sum + events.filter((event) => event.kind === kind).length, 0);
}

function metrics(counted: readonly Counted[]): Record<string, number> {
  const dropped = (reason: string): number =>
    messagesWith(counted, (event) => event.kind === 'dropped' && event.reason === reason);
  return {
    bounce_drops: dropped(dropReasons.bounce),
    bounces: messagesWith(counted, (event) => event.bounceType === 'bounce'),
    clicks: eventCount(counted, 'click'),
    delivered: messagesWith(counted, (event) => event.kind === 'delivered'),
    invalid_emails: dropped(dropReasons.invalid_email),
    opens: eventCount(counted, 'open'),
    requests: counted.filter(({ isRequested }) => isRequested).length,
    spam_report_drops: dropped(dropReasons.spam_report),
    spam_reports: messagesWith(counted, (event) => event.kind === 'spamreport'),
    unique_clicks: messagesWith(counted, (event) => event.kind === 'click'),
    unique_opens: messagesWith(counted, (event) => event.kind === 'open'),
    unsubscribes: messagesWith(counted, (event) => event.kind === 'unsubscribe' || event.kind === 'group_unsubscribe'),
  };
}

function row(
  send: SgSingleSend,
  counted: readonly Counted[],
  variation: string,
  phase: string,
  aggregation: string,
): Body {
  return { id: send.id, ab_variation: variation, ab_phase: phase, aggregation, stats: metrics(counted) };
}

type Group = {
  readonly variation: string;
  readonly phase: string;
  readonly isIn: (message: SgMessage) => boolean;
};

/** The groups that `group_by` asks for. A single send without a test has one variation and the phase `send`. */
function grouped(call: Call, send: SgSingleSend): Group[] {
  const by = listOf(call.query, 'group_by');
  const wrong = by.find((name) => name !== 'ab_variation' && name !== 'ab_phase');
  if (wrong !== undefined) throw new ApiError(400, `cannot group by ${wrong}`, 'group_by');
  const placeOf = (message: SgMessage): readonly [string, string] => [
    by.includes('ab_variation') ? versionId(send, message.variation) : 'all',
    by.includes('ab_phase') ? (message.phase ?? 'send') : 'all',
  ];
  const places = call.view.messagesOf(send).map((message) => placeOf(message).join(' '));
  if (by.length === 0) places.push('all all');
  return [...new Set(places)].map((place) => {
    const [variation = '', phase = ''] = place.split(' ');
    return { variation, phase, isIn: (message) => placeOf(message).join(' ') === place };
  });
}

function sentOnes(call: Call): SgSingleSend[] {
  return call.view.half.singleSends.filter((send) => send.sentAt !== null && send.sentAt <= call.view.at);
}

function findSent(call: Call): SgSingleSend {
  const send = sentOnes(call).find((candidate) => candidate.id === call.path['id']);
  if (send === undefined) throw notFound();
  return send;
}

function dateOf(call: Call, name: string, absent: string): string {
  const text = call.query.get(name) ?? absent;
  if (!isDate(text)) throw new ApiError(400, `${name} must be YYYY-MM-DD`, name);
  return text;
}

function between(date: string, first: string, last: string): boolean {
  return date >= first && date <= last;
}
