import type { Context } from '../context.ts';
import { metricOf } from '../context.ts';
import { activeKpis, growthKpis, ltvKpi } from './audience-kpis.ts';
import { campaignKpis, measureOf, type CampaignMeasure, type Sums } from './campaign-sums.ts';
import type { Kpi } from './kpi.ts';
import { reasonsOf } from '../reasons.ts';

/** A card shows a metric of the catalog by its key, or the sum of a plain column. */
type Choice =
  string | { readonly column: string; readonly mart: CampaignMeasure['mart']; readonly direction: Kpi['direction'] };

const column = (
  name: string,
  direction: Kpi['direction'] = 'up',
  mart: CampaignMeasure['mart'] = 'campaign_performance',
): Choice => ({ column: name, mart, direction });

const groups = {
  reach: [column('sent_count', 'neutral'), 'delivery_rate', 'bounce_rate', 'hard_bounce_rate', 'soft_bounce_rate'],
  reading: [
    'open_rate',
    'open_rate_reported',
    'click_rate',
    'click_to_open_rate',
    'opens_per_opener',
    column('human_open_count'),
    column('machine_open_count', 'neutral'),
  ],
  leaving: ['unsubscribe_rate', 'unsubscribes', 'complaint_rate', 'complaint_sent_rate'],
  results: ['conversion_rate', 'conversion_delivered_rate', 'purchase_rate', column('order_count')],
  money: [
    column('revenue_amount'),
    column('refund_amount', 'down'),
    'net_revenue',
    column('total_cost_amount', 'neutral', 'campaign_profit'),
    'profit',
    'profit_margin',
    'roi',
    'cost_per_conversion',
    'revenue_per_open',
    'revenue_per_subscriber',
  ],
} as const satisfies Readonly<Record<string, readonly Choice[]>>;

/** Also used by charts and sentences. */
const chartOnly: readonly Choice[] = [
  'click_rate_reported',
  'click_to_open_rate_reported',
  column('unknown_open_count', 'neutral'),
];

export type KpiGroup = { readonly group: keyof typeof groups | 'audience'; readonly kpis: readonly Kpi[] };

export type Kpis = {
  readonly groups: readonly KpiGroup[];
  readonly byMonth: ReadonlyMap<string, ReadonlyMap<string, Sums>>;
  /** What the catalog lists and no source gives yet. */
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
};

export async function readKpis(context: Context): Promise<Kpis> {
  const { reader, period } = context;
  const chosen = Object.values(groups).flatMap((choices: readonly Choice[]) => choices);
  const measures = [...chosen, ...chartOnly].map((choice) => measure(context, choice));
  const { kpis, byMonth } = await campaignKpis(reader, measures, period);
  const active = await activeKpis(reader, period);
  const growth = await growthKpis(reader, period);
  const ltv = await ltvKpi(reader);
  const byKey = new Map(kpis.map((kpi) => [kpi.key, kpi]));
  const shown = Object.entries(groups).map(([group, choices]): KpiGroup => ({
    group: group as keyof typeof groups,
    kpis: choices.flatMap((choice: Choice) => byKey.get(typeof choice === 'string' ? choice : choice.column) ?? []),
  }));
  return {
    groups: [...shown, { group: 'audience', kpis: [...active, ...growth, ltv] }],
    byMonth,
    missing: await missingMetrics(context),
  };
}

function measure(context: Context, choice: Choice): CampaignMeasure {
  if (typeof choice === 'string') return measureOf(metricOf(context, choice));
  return {
    key: choice.column,
    mart: choice.mart,
    column: choice.column,
    numerator: choice.column,
    denominator: null,
    unit: choice.column.endsWith('_amount') ? 'money' : 'count',
    direction: choice.direction,
  };
}

/** The mart says why on every row; the newest will do. */
async function missingMetrics({ catalog, reader }: Context): Promise<Kpis['missing']> {
  const newest = await reader.first(
    ['marts.campaign_performance'],
    `select unavailable_reason from marts.campaign_performance order by sent_at desc nulls last, campaign_id limit 1`,
  );
  const reasons = reasonsOf(newest?.['unavailable_reason']);
  return catalog.metrics
    .filter((metric) => !metric.available)
    .map(({ name, column, bias }) => ({ name, reason: reasons.get(column) ?? bias }));
}
