import type { Context } from '../context.ts';
import { translated } from '../context.ts';
import { markup, type Html } from '../html.ts';
import type { Kpi } from '../kpis/kpi.ts';
import type { Kpis } from '../kpis/select.ts';
import { articles, type Article } from '../messages/articles.ts';
import type { Page } from '../page/page.ts';
import { cards } from '../sections/kpi-cards.ts';
import { definitions, vendorTable, type Metric } from './definition.ts';
import { machineEffect } from './machine-effect.ts';
import { splitOf } from './splits.ts';
import { metricTrend } from './trend.ts';

/** A page for each of the 21 metrics: number, trend, split, what to do, how it is defined and where vendors differ. */
export async function metricPages(context: Context, kpis: Kpis): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (const article of articles) {
    pages.push({
      id: `metric-${article}`,
      title: context.messages.metricPages.titles[article],
      content: await content(context, article, kpis),
    });
  }
  return pages;
}

async function content(context: Context, article: Article, kpis: Kpis): Promise<Html> {
  const { messages, catalog, format } = context;
  const words = messages.metricPages;
  const metrics = catalog.metrics.filter((metric) => metric.article === article);
  const shown = metrics.flatMap(({ key }) => kpis.byKey.get(key) ?? []);
  const unknown = metrics.filter(({ key }) => !kpis.byKey.has(key));
  const lead = metrics[0];
  return markup`<p class="lead">
      <strong>${words.number(format.count(article), format.count(articles.length))}</strong>
      ${lead !== undefined && translated(context, lead.question)}
    </p>
    ${
      shown.length > 0 &&
      markup`<h3 class="group">${words.now}</h3>
        ${cards(context, shown)}`
    }
    ${unknown.length > 0 && withoutNumber(context, unknown, kpis)} ${machineEffect(context, shown)}
    ${shown.length > 0 && markup`<div class="grid">${await metricTrend(context, article, shown)}</div>`}
    ${await splitOf(context, article, shown, kpis)}
    <h3 class="group">${words.todo}</h3>
    <ul class="advice">
      ${adviceOf(context, article).map((sentence) => markup`<li>${sentence}</li>`)}
    </ul>
    ${definitions(context, article, metrics, newest(shown))} ${vendorTable(context, article, metrics)}`;
}

/** A metric that has no card: there is no mart or no input, and the reader is told which. */
function withoutNumber(context: Context, metrics: readonly Metric[], { missing }: Kpis): Html {
  const words = context.messages.metricPages;
  return markup`<ul class="list">
    ${metrics.map((metric) => {
      const reason = missing.find(({ key }) => key === metric.key)?.reason;
      const why =
        reason !== undefined
          ? translated(context, reason)
          : context.reader.has(`marts.${metric.mart}`)
            ? words.noSingleNumber
            : words.noMart(metric.mart);
      return markup`<li>${translated(context, metric.name)}: ${why}</li>`;
    })}
  </ul>`;
}

function newest(kpis: readonly Kpi[]): string | null {
  return (
    kpis
      .flatMap(({ refreshedAt }) => refreshedAt ?? [])
      .toSorted()
      .at(-1) ?? null
  );
}

/** The catalog's advice in the page's language, a sentence a line. */
function adviceOf({ catalog, messages }: Context, article: Article): readonly string[] {
  const advice = (catalog as { readonly advice?: Readonly<Record<string, Readonly<Record<string, string>>>> }).advice;
  const text = advice?.[String(article)]?.[messages.language] ?? '';
  return text.split(/(?<=[.!?])\s+/).filter((sentence) => sentence !== '');
}
