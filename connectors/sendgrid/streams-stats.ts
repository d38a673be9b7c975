import { z } from 'zod';
import { count, day, id, part, text } from './fields.ts';
import { byCategory, byDay, byRange, daily, DETAIL_DAYS } from './stats-days.ts';
import { globalOnly, type Define } from './stream.ts';

const metrics = part({
  requests: count,
  processed: count,
  delivered: count,
  opens: count,
  unique_opens: count,
  clicks: count,
  unique_clicks: count,
  bounces: count,
  blocks: count,
  spam_reports: count,
  unsubscribes: count,
});

/** A day's opens or clicks by something: seven days are kept, so what has left them stays here. */
const detail = (stream: string, what: string, path: string) =>
  ({
    description: `One row a day and ${what}, of the whole account; SendGrid keeps seven days.`,
    schema: z.looseObject({ date: day, type: text, name: z.string(), metrics }),
    primaryKey: ['date', 'type', 'name'],
    cursor: daily(DETAIL_DAYS - 1),
    partitionBy: 'date',
    sweep: false,
    why: 'pages are counted in entries or in days, which is not documented: a day at a time is right both ways',
    read: byDay(stream, path),
  }) as const;

/** Counts of the whole account by day: not by campaign. */
export const statsStreams = (stream: Define) => ({
  daily_stats: stream({
    description: 'One row a day: what SendGrid counted for the whole account.',
    schema: z.looseObject({ date: day, metrics }),
    primaryKey: ['date'],
    cursor: daily(35),
    partitionBy: 'date',
    sweep: false,
    why: 'a day’s counts are the only element of an array of the day',
    read: byRange('daily_stats', '/v3/stats'),
  }),

  category_stats: stream({
    description: 'One row a category and day, of the whole account.',
    schema: z.looseObject({ category: id, date: day, metrics }),
    primaryKey: ['category', 'date'],
    cursor: daily(35),
    partitionBy: 'date',
    sweep: false,
    why: 'statistics are given for categories that are named, and the categories by another endpoint',
    read: byCategory,
  }),

  client_stats: stream(detail('client_stats', 'e-mail client', '/v3/clients/stats')),
  device_stats: stream(detail('device_stats', 'kind of device', '/v3/devices/stats')),
  mailbox_provider_stats: stream(detail('mailbox_provider_stats', 'mailbox provider', '/v3/mailbox_providers/stats')),
  browser_stats: stream(detail('browser_stats', 'browser', '/v3/browsers/stats')),
  geo_stats: stream({ ...detail('geo_stats', 'country or province', '/v3/geo/stats'), plan: globalOnly }),
});
