import type { Context } from '../context.ts';
import { markup, type Html } from '../html.ts';
import { isCampaignMart } from '../kpis/campaign-marts.ts';
import type { Kpi } from '../kpis/kpi.ts';
import type { Article } from '../messages/articles.ts';
import { activeFigures, growthFigures } from '../sections/audience.ts';
import { linkFigure } from '../sections/links.ts';
import { profitSection } from '../sections/profit.ts';
import { subscriberFigures } from '../sections/subscribers.ts';
import { campaignSplit } from './campaign-split.ts';

type Split = (context: Context) => Promise<Html | readonly Html[]>;

/** What a metric is cut by, beside campaigns. */
const splits: Partial<Readonly<Record<Article, readonly Split[]>>> = {
  7: [linkFigure],
  11: [growthFigures],
  16: [subscriberFigures],
  18: [activeFigures],
};

/** Metrics that say as much about each campaign as their page's first one; twins and parts would repeat it. */
const alsoByCampaign: Partial<Readonly<Record<Article, readonly string[]>>> = {
  8: ['click_to_open_rate'],
};

/** The page's numbers cut in the ways that fit them. */
export async function splitOf(context: Context, article: Article, kpis: readonly Kpi[]): Promise<Html> {
  const parts: Html[] = [];
  for (const split of splits[article] ?? []) parts.push(...[await split(context)].flat());
  const keys = [kpis[0]?.key, ...(alsoByCampaign[article] ?? [])];
  for (const key of keys) {
    const metric = context.catalog.metrics.find((each) => each.key === key);
    if (metric !== undefined && article !== 14 && isCampaignMart(metric.mart)) {
      parts.push(await campaignSplit(context, metric));
    }
  }
  return markup`<div class="grid one">${parts}</div>${article === 14 && (await profitSection(context))}`;
}
