import { translated, type Context } from '../context.ts';
import { bdi, markup, type Html } from '../html.ts';
import { campaignKeys, goalName } from '../sections/campaigns.ts';
import { isCampaignMart } from '../kpis/campaign-marts.ts';
import type { Kpi } from '../kpis/kpi.ts';
import { readGoalKpis, type Kpis } from '../kpis/select.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import type { Page } from '../page/page.ts';
import { cards } from '../sections/kpi-cards.ts';
import type { Metric } from './definition.ts';

const goals = ['lead_generation', 'customer_acquisition', 'customer_marketing'] as const;
type Goal = (typeof goals)[number];

const mostCampaigns = 40;

/** A page a goal: the metrics that the catalog gives it first, over its own campaigns only. */
export async function goalPages(context: Context, kpis: Kpis): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (const goal of goals) {
    pages.push({
      id: `goal-${goal}`,
      title: context.messages.campaigns.goals[goal],
      content: await content(context, goal, kpis),
    });
  }
  return pages;
}

async function content(context: Context, goal: Goal, kpis: Kpis): Promise<Html> {
  const { messages, catalog, format, reader } = context;
  const words = messages.goalPages;
  const own = await readGoalKpis(context, goal);
  const first = catalog.metrics.filter((metric) => metric.goals.includes(goal));
  const support = catalog.metrics.filter(
    (metric) => !metric.goals.includes(goal) && metric.goals.length > 0 && own.has(metric.key),
  );
  const kpisOf = (metrics: readonly Metric[]): readonly Kpi[] => metrics.flatMap(({ key }) => own.get(key) ?? []);
  const whole = first.flatMap(({ key }) => (own.has(key) ? [] : (kpis.byKey.get(key) ?? [])));
  const missing = first.filter(({ key }) => !own.has(key) && !kpis.byKey.has(key));
  const counted = await reader.first(
    ['marts.campaign_performance'],
    `select count(*) as campaigns, count(*) filter (where send_date between date '${context.period.from}' and date '${context.period.to}') as current
      from marts.campaign_performance where goal = '${goal}'`,
  );
  const all = Number(counted?.['campaigns'] ?? 0);
  return markup`<p class="lead">${words.intro[goal]}</p>
    <p>${all === 0 ? words.noCampaign : words.campaigns(format.count(counted?.['current'] ?? 0), format.count(all))}</p>
    <h3 class="group">${words.first}</h3>
    ${cards(context, kpisOf(first))}
    ${
      whole.length > 0 &&
      markup`<h3 class="group">${words.wholeCompany}</h3>
        ${cards(context, whole)}`
    }
    ${
      missing.length > 0 &&
      markup`<p class="more">${words.missing}</p>
        <ul class="list">
          ${missing.map(({ name }) => markup`<li>${translated(context, name)}</li>`)}
        </ul>`
    }
    <h3 class="group">${words.support}</h3>
    ${cards(context, kpisOf(support))}
    <h3 class="group">${words.campaignsHeading}</h3>
    ${await campaignTable(context, goal, first, all)}${await unmatched(context, goal)}`;
}

async function campaignTable(context: Context, goal: Goal, metrics: readonly Metric[], all: number): Promise<Html> {
  const { reader, messages } = context;
  const columns = metrics
    .filter(({ mart, available }) => available && isCampaignMart(mart) && mart === 'campaign_performance')
    .map(({ column, unit }): TableColumn => ({ column, unit }));
  const rows = await reader.rows(
    ['marts.campaign_performance'],
    `select * from marts.campaign_performance where goal = '${goal}'
      order by sent_at desc nulls last, source, account_id, campaign_id limit ${mostCampaigns}`,
  );
  return martTable(context, {
    id: `goal-${goal}-table`,
    caption: messages.goalPages.caption(messages.campaigns.goals[goal]),
    mart: 'campaign_performance',
    keys: campaignKeys,
    columns: [
      { column: 'name', unit: 'text' },
      { column: 'send_date', unit: 'date' },
      { column: 'delivered_count', unit: 'count' },
      ...columns,
    ],
    rows,
    sortable: true,
    empty: messages.goalPages.noCampaign,
    more: Math.max(0, all - rows.length),
  });
}

/** Campaigns that no rule of the configuration gives a goal: they are on none of these pages. */
async function unmatched(context: Context, goal: Goal): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.goalPages;
  const counted = await reader.first(
    ['marts.campaign_performance'],
    `select count(*) as campaigns, any_value(name order by sent_at desc nulls last, campaign_id) as newest
      from marts.campaign_performance where goal is null`,
  );
  const count = Number(counted?.['campaigns'] ?? 0);
  return markup`<p class="more" data-unmatched="${count}" id="unmatched-${goal}">
    ${count === 0 ? words.allMatched : words.unmatched(format.count(count), bdi(String(counted?.['newest'])), goalName(context, null))}
  </p>`;
}
