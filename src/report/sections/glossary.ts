import type { Context } from '../context.ts';
import { markup, type Html } from '../html.ts';

/** The catalog in words: what a number answers, how it is made, how it differs from the service's own. */
export function glossarySection({ messages, catalog, format }: Context): Html {
  const words = messages.glossary;
  return markup`
    <p>${words.intro}</p>
    <details class="data">
      <summary>${words.all(format.count(catalog.metrics.length))}</summary>
      <dl class="glossary">
        ${catalog.metrics.map(
          (metric) =>
            markup`<dt id="metric-${metric.key}">${metric.name}</dt>
              <dd>
                ${metric.question}
                <span
                  >${words.formula}:
                  <code
                    >${metric.numerator}${(metric.denominator ?? null) !== null && ` ÷ ${metric.denominator}`}</code
                  ></span
                >
                <span>${words.grain}: ${metric.grain}; ${metric.window}</span>
                ${metric.threshold !== undefined && markup`<span>${words.threshold}: ${metric.threshold.text} (${metric.threshold.source})</span>`}
                <span>${words.caution}: ${metric.bias}</span>
                ${Object.entries(metric.esp).map(
                  ([vendor, { name, difference }]) =>
                    markup`<span
                      >${
                        difference === 'None'
                          ? words.vendorNone(vendorName(vendor), name)
                          : words.vendor(vendorName(vendor), name, difference)
                      }</span
                    >`,
                )}
              </dd>`,
        )}
      </dl>
    </details>
  `;
}

function vendorName(vendor: string): string {
  return vendor
    .split('_')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join(' ');
}
