import type { Context } from '../context.ts';
import { activeKpis, growthKpis, ltvKpi } from './audience-kpis.ts';
import { isCampaignMart, type CampaignMart } from './campaign-marts.ts';
import { campaignKpis, measureOf, type CampaignMeasure, type Sums } from './campaign-sums.ts';
import { datedKpi } from './dated-kpis.ts';
import type { Kpi } from './kpi.ts';
import { withOpenAlerts } from './open-alerts.ts';
import { reasonsOf } from '../reasons.ts';

/** A card shows a metric of the catalog by its key, or the sum of a plain column. */
type Choice = string | { readonly column: string; readonly mart: CampaignMart; readonly direction: Kpi['direction'] };

const column = (
  name: string,
  direction: Kpi['direction'] = 'up',
  mart: CampaignMart = 'campaign_performance',
): Choice => ({ column: name, mart, direction });

const groups = {
  reach: [column('sent_count', 'neutral'), 'delivery_rate', 'bounce_rate', 'hard_bounce_rate', 'soft_bounce_rate'],
  reading: [
    'open_rate',
    'open_rate_reported',
    'click_rate',
    'click_to_open_rate',
    'opens_per_opener',
    'mobile_open_rate',
    column('human_open_count'),
    column('machine_open_count', 'neutral'),
  ],
  leaving: ['unsubscribe_rate', 'unsubscribes', 'complaint_rate', 'complaint_sent_rate'],
  results: ['conversion_rate', 'conversion_delivered_rate', 'purchase_rate', 'warm_reply_rate', column('order_count')],
  money: [
    column('revenue_amount'),
    column('refund_amount', 'down'),
    'net_revenue',
    column('conversion_value_amount', 'up', 'campaign_profit'),
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
const chartOnly: readonly Choice[] = [column('unknown_open_count', 'neutral')];

export type KpiGroup = { readonly group: keyof typeof groups | 'audience'; readonly kpis: readonly Kpi[] };

export type Kpis = {
  readonly groups: readonly KpiGroup[];
  /** Every card there is, by its metric's key; one that has several windows has several. */
  readonly byKey: ReadonlyMap<string, readonly Kpi[]>;
  readonly byMonth: ReadonlyMap<string, ReadonlyMap<string, Sums>>;
  /** What the catalog lists and no source gives yet. */
  readonly missing: readonly { readonly key: string; readonly name: string; readonly reason: string }[];
};

export async function readKpis(context: Context): Promise<Kpis> {
  const { reader, period, catalog } = context;
  const columns = [...Object.values(groups).flatMap((choices: readonly Choice[]) => choices), ...chartOnly];
  const measures = [...metricMeasures(context), ...columns.flatMap(plainMeasure)];
  const { kpis, byMonth } = await campaignKpis(reader, measures, period);
  const dated: Kpi[] = [];
  for (const metric of catalog.metrics) {
    const kpi = await datedKpi(context, metric);
    if (kpi !== undefined) dated.push(kpi);
  }
  const active = await activeKpis(reader, period);
  const growth = await growthKpis(reader, period);
  const ltv = await ltvKpi(reader);
  const all = await withOpenAlerts(context, [...kpis, ...dated, ...active, ...growth, ltv]);
  const byKey = Map.groupBy(all, ({ key }) => key);
  const ofAudience = all.slice(-active.length - growth.length - 1);
  const shown = Object.entries(groups).map(([group, choices]): KpiGroup => ({
    group: group as keyof typeof groups,
    kpis: choices.flatMap((choice: Choice) => byKey.get(typeof choice === 'string' ? choice : choice.column) ?? []),
  }));
  return {
    groups: [...shown, { group: 'audience', kpis: ofAudience }],
    byKey,
    byMonth,
    missing: await missingMetrics(context),
  };
}

/** The same cards for the campaigns of one goal only. */
export async function readGoalKpis(context: Context, goal: string): Promise<ReadonlyMap<string, Kpi>> {
  const { kpis } = await campaignKpis(context.reader, metricMeasures(context), context.period, { goal });
  return new Map(kpis.map((kpi) => [kpi.key, kpi]));
}

/** Every metric of the catalog that a campaign has one number of, where its mart is published. */
function metricMeasures({ catalog, reader }: Context): readonly CampaignMeasure[] {
  return catalog.metrics.flatMap((metric) => {
    const { mart, available } = metric;
    if (!available || !isCampaignMart(mart)) return [];
    const isOwn = mart === 'campaign_performance' || mart === 'campaign_profit';
    return isOwn || reader.has(`marts.${mart}`) ? measureOf(metric, mart) : [];
  });
}

function plainMeasure(choice: Choice): readonly CampaignMeasure[] {
  if (typeof choice === 'string') return [];
  return [
    {
      key: choice.column,
      mart: choice.mart,
      column: choice.column,
      numerator: choice.column,
      denominator: null,
      unit: choice.column.endsWith('_amount') ? 'money' : 'count',
      direction: choice.direction,
    },
  ];
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
    .map(({ key, name, column, bias }) => ({ key, name, reason: reasons.get(column) ?? bias }));
}
