import { z } from 'zod';
import type { ReadContext, ReadPage, Stream } from '../_kit/contract.ts';
import type { SendgridConfig } from './config.ts';
import { count, id, part, text } from './fields.ts';
import { followed } from './followed.ts';
import { globalOnly, isGlobal, paged, sentSingleSend, type Define } from './stream.ts';

/** The endpoint's own defaults are the year 2021. Before this day there was no Marketing Campaigns to send by. */
const FIRST_DAY = '2015-01-01';

/** `all` in both where a row is not of one variation. */
const variation = { ab_variation: id, ab_phase: id };
const totals = part({
  requests: count,
  delivered: count,
  opens: count,
  unique_opens: count,
  clicks: count,
  unique_clicks: count,
  bounces: count,
  bounce_drops: count,
  invalid_emails: count,
  spam_reports: count,
  spam_report_drops: count,
  unsubscribes: count,
});

/** SendGrid's own totals of single sends: they go further back than anything else. */
export const singleSendStatsStreams = (stream: Define) => ({
  single_send_stats: stream({
    description: 'One row a single send with its totals, and one for each A/B variation and phase.',
    parent: sentSingleSend({}, undefined, (send) => send['is_abtest'] === true),
    schema: z.looseObject({
      id,
      ...variation,
      aggregation: text,
      stats: totals,
    }),
    primaryKey: ['id', 'ab_variation', 'ab_phase', 'aggregation'],
    cursor: 'full-refresh',
    plan: totalsToo(),
    why: 'totals of all single sends come from one endpoint, the variations of each from another',
    read: totalsOrVariations,
  }),

  single_send_links: stream({
    description: 'One row a link of a single send, with its clicks.',
    path: '/v3/marketing/stats/singlesends/{id}/links',
    ...paged('results', 50),
    parent: sentSingleSend({ single_send_id: 'id' }),
    schema: z.looseObject({ single_send_id: id, url: z.string(), url_location: count, ...variation, clicks: count }),
    primaryKey: ['single_send_id', 'url', 'url_location', 'ab_variation', 'ab_phase'],
    cursor: 'full-refresh',
    plan: globalOnly,
  }),
});

/** The slice of the totals beside those of the A/B single sends that are due. */
function totalsToo(): NonNullable<Stream<SendgridConfig, unknown>['plan']> {
  return {
    why: 'the totals of all single sends are one slice more',
    slices: async (context, ofVariations) => {
      if (!isGlobal(context)) return [];
      const { now } = context;
      const next = { readAt: now, fullReadAt: now };
      return [{ id: 'totals', item: '', mode: 'full', pathParams: {}, inherit: {}, next }, ...ofVariations];
    },
  };
}

function totalsOrVariations(context: ReadContext<SendgridConfig>): AsyncGenerator<ReadPage> {
  const { id: single } = context.slice.pathParams;
  const path = '/v3/marketing/stats/singlesends';
  if (single === undefined) return followed(context, 'single_send_stats', path, { page_size: 50 });
  return followed(context, 'single_send_stats', `${path}/${encodeURIComponent(single)}`, {
    group_by: 'ab_variation,ab_phase',
    aggregated_by: 'total',
    start_date: FIRST_DAY,
    // A day more than today: days are those of a time zone.
    end_date: new Date(Date.parse(context.now) + 86_400_000).toISOString().slice(0, 10),
    page_size: 50,
  });
}
