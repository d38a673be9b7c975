import { formulaText, type MetricCatalog } from '../../transform/metric-catalog.ts';
import { columnName, translated, type Context } from '../context.ts';
import { markup, type Html } from '../html.ts';
import { columnsOf } from '../kpis/campaign-marts.ts';
import { martTable } from '../mart-table.ts';
import type { Article } from '../messages/articles.ts';

export type Metric = MetricCatalog['metrics'][number];

/** What the catalog says about the metrics of a page, word for word, and how fresh the number is. */
export function definitions(
  context: Context,
  article: Article,
  metrics: readonly Metric[],
  refreshedAt: string | null,
): Html {
  const { messages, format } = context;
  const words = messages.metricPages;
  const entry = (title: string, text: Html | string): Html =>
    markup`<div>
      <dt>${title}</dt>
      <dd>${text}</dd>
    </div>`;
  return markup`<h3 class="group">${words.definition}</h3>
    ${metrics.length === 0 && markup`<p class="empty">${words.notInCatalog}</p>`}
    ${metrics.map(
      (metric, index) =>
        markup`<details class="definition" ${index === 0 && markup` open=""`} id="define-${article}-${metric.key}">
          <summary>${translated(context, metric.name)}</summary>
          <dl class="terms">
            ${entry(messages.kpis.question, translated(context, metric.question))}
            ${entry(messages.glossary.formula, formula(context, metric))}
            ${entry(messages.glossary.grain, translated(context, metric.grain))}
            ${entry(messages.kpis.window, translated(context, metric.window))}
            ${entry(words.dateBasis, dateBasis(context, metric))}
            ${
              metric.threshold !== undefined &&
              entry(
                messages.glossary.threshold,
                markup`${translated(context, metric.threshold.text)} (${translated(context, metric.threshold.source)})`,
              )
            }
            ${entry(messages.glossary.caution, translated(context, metric.bias))}
            ${
              metric.goals.length > 0 &&
              entry(words.goals, messages.joinNames(metric.goals.map((goal) => messages.campaigns.goals[goal])))
            }
            ${refreshedAt !== null && entry(messages.kpis.freshness, format.instant(refreshedAt))}
          </dl>
        </details>`,
    )}`;
}

/** In words, with the columns behind it for who wants to compute it again. */
function formula(context: Context, { mart, column, numerator, denominator }: Metric): Html {
  const named = (text: string): string =>
    columnsOf(text, mart)
      .map(
        ({ sign, mart: table, column: name }, index) =>
          `${index === 0 && sign === '+' ? '' : ` ${sign === '-' ? '−' : '+'} `}${columnName(context, table, name)}`,
      )
      .join('');
  const part = (text: string): string => (columnsOf(text, mart).length > 1 ? `(${named(text)})` : named(text));
  const below = denominator ?? null;
  return markup`${below === null ? named(numerator) : `${part(numerator)} ÷ ${part(below)}`}
    <code>${mart}.${column} = ${formulaText({ numerator, denominator })}</code>`;
}

const eventDated: ReadonlySet<string> = new Set([
  'active_audience_daily',
  'audience_growth_daily',
  'deliverability_daily',
  'send_time',
  'client_share',
  'spam_checks',
  'profit_monthly',
]);

function dateBasis({ messages }: Context, { mart }: Metric): string {
  const words = messages.metricPages.basis;
  if (mart === 'subscriber_ltv' || mart === 'ltv_cohorts') return words.toDate;
  return eventDated.has(mart) ? words.event : words.cohort;
}

/** What each vendor calls the number, and how its own differs. */
export function vendorTable(context: Context, article: Article, metrics: readonly Metric[]): Html {
  const words = context.messages.metricPages;
  const rows = metrics.flatMap(({ name, esp }) =>
    Object.entries(esp).map(([vendor, { name: called, difference }]) => ({
      vendor: context.catalog.vendors[vendor] ?? vendor,
      name,
      called,
      difference,
    })),
  );
  return markup`<h3 class="group">${words.vendors}</h3>
    ${martTable(context, {
      id: `vendors-${article}`,
      caption: words.vendorsCaption,
      empty: words.noVendor,
      columns: [
        { column: 'vendor', unit: 'text', label: words.vendor },
        { column: 'name', unit: 'text', label: words.metric, show: (row) => translated(context, String(row['name'])) },
        { column: 'called', unit: 'text', label: words.calledThere },
        {
          column: 'difference',
          unit: 'text',
          label: words.difference,
          show: (row) => (row['difference'] === 'None' ? words.same : translated(context, String(row['difference']))),
        },
      ],
      rows,
    })}`;
}
