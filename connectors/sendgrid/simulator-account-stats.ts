import { day } from '../../src/demo/instant.ts';
import type { SgEvent } from '../../src/demo/sendgrid-types.ts';
import type { Seconds } from '../../src/demo/types.ts';
import { dropReasons } from '../../src/demo/sendgrid-suppression.ts';
import { type Answer, ApiError, type Call, wholeOf } from './simulator-answer.ts';
import { describeAgent, mailboxProvider } from './simulator-agents.ts';
import { bucketOf, dateIn, datesBetween, isDate } from './simulator-dates.ts';
import { type Counted, eventCount, messagesWith } from './simulator-stats.ts';

/** Days of detail that the advanced statistics keep, today among them. */
const advancedDays = 7;

/** The account's totals of each day; a day without mail is there with zeros. Days are UTC's here. */
export function getStats(call: Call): Answer {
  return perDate(call, datesOf(call), (own) => [{ metrics: metrics(own) }]);
}

/** Every category asked for is there each day. */
export function getCategoryStats(call: Call): Answer {
  const categories = call.query.getAll('categories');
  if (categories.length === 0) throw new ApiError(400, 'categories is required', 'categories');
  if (categories.length > 10) throw new ApiError(400, 'at most 10 categories', 'categories');
  return perDate(call, datesOf(call), (own) =>
    categories.map((name) => {
      const part = own.filter(({ message }) => call.view.sendOf(message).categories.includes(name));
      return { type: 'category', name, metrics: metrics(part) };
    }),
  );
}

export function getCategories(call: Call): Answer {
  const prefix = call.query.get('category') ?? '';
  const all = new Set(call.view.half.singleSends.flatMap((send) => send.categories));
  const names = [...all].sort().filter((name) => name.startsWith(prefix));
  const offset = wholeOf(call.query, 'offset', 0, 1_000_000, 0);
  return {
    body: names.slice(offset, offset + wholeOf(call.query, 'limit', 1, 500, 50)).map((category) => ({ category })),
  };
}

export function getClientStats(call: Call): Answer {
  const kind = call.path['client_type'];
  return advanced(call, 'open', (event) => {
    const agent = describeAgent(event.userAgent);
    return kind === undefined || agent.kind === kind ? [['client', agent.client]] : [];
  });
}

export function getDeviceStats(call: Call): Answer {
  return advanced(call, 'open', (event) => [['device', describeAgent(event.userAgent).device]]);
}

export function getBrowserStats(call: Call): Answer {
  const wanted = call.query.getAll('browsers');
  return advanced(call, 'click', (event) => {
    const { browser } = describeAgent(event.userAgent);
    return wanted.length === 0 || wanted.includes(browser) ? [['browser', browser]] : [];
  });
}

export function getGeoStats(call: Call): Answer {
  const country = call.query.get('country');
  return advanced(call, 'both', (event) => {
    const person = call.view.person(call.view.contactOf(call.view.messageOf(event)));
    const code = person.countryCode;
    if (code === '' || (country !== null && code !== country)) return [];
    return country === null ? [['country', code]] : [['province', provinceOf(person.timeZone)]];
  });
}

export function getMailboxProviderStats(call: Call): Answer {
  const wanted = call.query.getAll('mailbox_providers');
  const providerOf = ({ message }: Counted): string => mailboxProvider(call.view.contactOf(message).address);
  return perDate(call, recentDates(call), (own) =>
    [...Map.groupBy(own, providerOf)]
      .filter(([name]) => wanted.length === 0 || wanted.includes(name))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, part]) => {
        const { blocks, bounces, deferred, delivered, requests, processed, spam_reports } = metrics(part);
        const drops = messagesWith(part, (event) => event.kind === 'dropped');
        const shown = { blocks, bounces, deferred, delivered, drops, requests, processed, spam_reports };
        return { type: 'mailbox_provider', name, metrics: shown };
      }),
  );
}

/** Opens, clicks or both by something that an event says; `unique` is of messages. */
function advanced(
  call: Call,
  of: 'open' | 'click' | 'both',
  keyOf: (event: SgEvent) => readonly (readonly [string, string])[],
): Answer {
  return perDate(call, recentDates(call), (own) => {
    const keys = new Map<string, readonly [string, string]>();
    const isOf = (event: SgEvent): boolean =>
      event.kind === of || (of === 'both' && (event.kind === 'open' || event.kind === 'click'));
    for (const { events } of own)
      for (const event of events.filter(isOf)) for (const key of keyOf(event)) keys.set(key.join(' '), key);
    return [...keys.values()].map(([type, name]) => {
      const part = own.map(({ message, isRequested, events }) => ({
        message,
        isRequested,
        events: events.filter((event) => isOf(event) && keyOf(event).some(([, other]) => other === name)),
      }));
      const clicks = {
        clicks: eventCount(part, 'click'),
        unique_clicks: messagesWith(part, ({ kind }) => kind === 'click'),
      };
      const opens = {
        opens: eventCount(part, 'open'),
        unique_opens: messagesWith(part, ({ kind }) => kind === 'open'),
      };
      return { type, name, metrics: { ...(of === 'open' ? {} : clicks), ...(of === 'click' ? {} : opens) } };
    });
  });
}

/** By bucket of the dates: the messages that were sent or of which something happened in it, with what happened in it. */
function countedByBucket(call: Call, dates: readonly string[], by: string): Map<string, Counted[]> {
  const buckets = new Map<string, Counted[]>();
  const isWanted = new Set(dates);
  const bucketAt = (at: Seconds): string => {
    const date = dateIn(at, 'UTC');
    return isWanted.has(date) ? bucketOf(date, by) : 'outside';
  };
  for (const message of call.view.half.messages) {
    const sentIn = bucketAt(message.at);
    const happened = Map.groupBy(call.view.eventsOf(message), (event) => bucketAt(event.at));
    for (const bucket of new Set([sentIn, ...happened.keys()])) {
      const counted = { message, isRequested: bucket === sentIn, events: happened.get(bucket) ?? [] };
      const own = buckets.get(bucket);
      if (own === undefined) buckets.set(bucket, [counted]);
      else own.push(counted);
    }
  }
  return buckets;
}

function metrics(counted: readonly Counted[]): Record<string, number> {
  const dropped = (reason: string): number =>
    messagesWith(counted, (event) => event.kind === 'dropped' && event.reason === reason);
  return {
    blocks: messagesWith(counted, (event) => event.bounceType === 'blocked'),
    bounce_drops: dropped(dropReasons.bounce),
    bounces: messagesWith(counted, (event) => event.bounceType === 'bounce'),
    clicks: eventCount(counted, 'click'),
    deferred: eventCount(counted, 'deferred'),
    delivered: messagesWith(counted, (event) => event.kind === 'delivered'),
    invalid_emails: dropped(dropReasons.invalid_email),
    opens: eventCount(counted, 'open'),
    processed: messagesWith(counted, (event) => event.kind === 'processed'),
    requests: counted.filter(({ isRequested }) => isRequested).length,
    spam_report_drops: dropped(dropReasons.spam_report),
    spam_reports: messagesWith(counted, (event) => event.kind === 'spamreport'),
    unique_clicks: messagesWith(counted, (event) => event.kind === 'click'),
    unique_opens: messagesWith(counted, (event) => event.kind === 'open'),
    unsubscribe_drops: dropped(dropReasons.unsubscribe),
    unsubscribes: messagesWith(counted, (event) => event.kind === 'unsubscribe'),
  };
}

function perDate(call: Call, dates: readonly string[], stats: (own: readonly Counted[]) => unknown[]): Answer {
  const by = call.query.get('aggregated_by') ?? 'day';
  if (!['day', 'week', 'month'].includes(by))
    throw new ApiError(400, 'aggregated_by must be day, week or month', 'aggregated_by');
  const counted = countedByBucket(call, dates, by);
  const buckets = [...new Set(dates.map((date) => bucketOf(date, by)))];
  const offset = wholeOf(call.query, 'offset', 0, 1_000_000, 0);
  const limit = wholeOf(call.query, 'limit', 1, 500, 500);
  return {
    body: buckets.slice(offset, offset + limit).map((date) => ({ date, stats: stats(counted.get(date) ?? []) })),
  };
}

/** From `start_date` to `end_date` (default today), both included; the future has no rows. */
function datesOf(call: Call): string[] {
  const today = dateIn(call.view.at, 'UTC');
  const start = call.query.get('start_date');
  const end = call.query.get('end_date') ?? today;
  if (start === null) throw new ApiError(400, 'start_date is required', 'start_date');
  if (!isDate(start)) throw new ApiError(400, 'start_date must be YYYY-MM-DD', 'start_date');
  if (!isDate(end)) throw new ApiError(400, 'end_date must be YYYY-MM-DD', 'end_date');
  if (end < start) throw new ApiError(400, 'end_date is before start_date', 'end_date');
  return datesBetween(start, end < today ? end : today);
}

function recentDates(call: Call): string[] {
  const oldest = dateIn(call.view.at - (advancedDays - 1) * day, 'UTC');
  return datesOf(call).filter((date) => date >= oldest);
}

function provinceOf(timeZone: string): string {
  return timeZone === 'America/Los_Angeles' ? 'CA' : 'NY';
}
