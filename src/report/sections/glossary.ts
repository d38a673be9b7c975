import { formulaText } from '../../transform/metric-catalog.ts';
import { translated, type Context } from '../context.ts';
import { markup, type Html } from '../html.ts';
import type { Article } from '../messages/articles.ts';

/** The catalog in words: what a number answers, how it is made, how it differs from the service's own. */
export function glossarySection(context: Context): Html {
  const { messages, catalog, format } = context;
  const words = messages.glossary;
  return markup`
    <p>${words.intro}</p>
    <details class="data">
      <summary>${words.all(format.count(catalog.metrics.length))}</summary>
      <dl class="glossary">
        ${catalog.metrics.map(
          (metric) =>
            markup`<dt id="term-${metric.key}">${translated(context, metric.name)}</dt>
              <dd>
                ${translated(context, metric.question)}
                <span
                  >${words.formula}:
                  <code>${formulaText(metric, '÷')}</code></span
                >
                <span>${words.grain}: ${translated(context, metric.grain)}; ${translated(context, metric.window)}</span>
                ${metric.threshold !== undefined && markup`<span>${words.threshold}: ${translated(context, metric.threshold.text)} (${translated(context, metric.threshold.source)})</span>`}
                <span>${words.caution}: ${translated(context, metric.bias)}</span>
                ${metric.article !== undefined && markup`<span><a href="#metric-${metric.article}">${context.messages.metricPages.titles[metric.article as Article]}</a></span>`}
              </dd>`,
        )}
      </dl>
    </details>
  `;
}
