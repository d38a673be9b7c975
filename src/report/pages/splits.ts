import type { Context } from '../context.ts';
import { markup, type Html } from '../html.ts';
import { isCampaignMart } from '../kpis/campaign-marts.ts';
import type { Kpi } from '../kpis/kpi.ts';
import type { Kpis } from '../kpis/select.ts';
import type { Article } from '../messages/articles.ts';
import { activeFigures, growthFigures } from '../sections/audience.ts';
import { linkFigure } from '../sections/links.ts';
import { profitSection } from '../sections/profit.ts';
import { subscriberFigures } from '../sections/subscribers.ts';
import { openerFigure } from '../sections/trends.ts';
import { viewTimeFigure, replyFigure } from '../splits/by-class.ts';
import { clientFigures, deviceFigure } from '../splits/clients.ts';
import { bounceFigures, complaintFigures, reachFigure } from '../splits/deliverability.ts';
import { cohortFigures } from '../splits/ltv-cohorts.ts';
import { monthlyProfit } from '../splits/profit-months.ts';
import { sendTimeFigures } from '../splits/send-time.ts';
import { spamFigure } from '../splits/spam-checks.ts';
import { subjectFigures } from '../splits/subjects.ts';
import { campaignSplit } from './campaign-split.ts';

type Split = (context: Context, kpis: Kpis) => Promise<Html | readonly Html[]>;

/** What a metric is cut by, beside campaigns. */
const splits: Partial<Readonly<Record<Article, readonly Split[]>>> = {
  1: [subjectFigures, openerFigure],
  2: [deviceFigure],
  4: [sendTimeFigures],
  5: [bounceFigures],
  6: [reachFigure],
  7: [linkFigure],
  11: [growthFigures],
  14: [monthlyProfit],
  16: [cohortFigures, subscriberFigures],
  17: [viewTimeFigure],
  18: [activeFigures],
  19: [replyFigure],
  20: [spamFigure, complaintFigures],
  21: [clientFigures],
};

/** Metrics that say as much about each campaign as their page's first one; twins and parts would repeat it. */
const alsoByCampaign: Partial<Readonly<Record<Article, readonly string[]>>> = {
  8: ['click_rate'],
};

/** The page's numbers cut in the ways that fit them. */
export async function splitOf(context: Context, article: Article, shown: readonly Kpi[], kpis: Kpis): Promise<Html> {
  const parts: Html[] = [];
  for (const split of splits[article] ?? []) parts.push(...[await split(context, kpis)].flat());
  const keys = [shown[0]?.key, ...(alsoByCampaign[article] ?? [])];
  for (const key of keys) {
    const metric = context.catalog.metrics.find((each) => each.key === key);
    if (metric !== undefined && article !== 14 && isCampaignMart(metric.mart)) {
      parts.push(await campaignSplit(context, metric));
    }
  }
  return markup`<div class="grid one">${parts}</div>${article === 14 && (await profitSection(context))}`;
}
