import type { Json } from '../../contracts/json.ts';
import { columnName, phrase, translated, type Context } from '../context.ts';
import { shownUnit } from '../format.ts';
import { markup, type Html, type HtmlValue } from '../html.ts';
import { statusOf, type Kpi, type Status } from '../kpis/kpi.ts';
import type { Kpis } from '../kpis/select.ts';
import { sparkline } from '../kpis/spark.ts';
import { formulaText } from '../../transform/metric-catalog.ts';
import { wilsonInterval, type Interval } from '../../transform/steps/proportions.ts';

/** Beside the colour, which not everyone sees. */
export const marks: Readonly<Record<Status['tone'], string>> = { good: '▲', bad: '▼', plain: '●' };

/** What a row is, of marts that have several a campaign. */
const counted: Readonly<Record<string, 'links' | 'checks'>> = { link_performance: 'links', spam_checks: 'checks' };

/** Cards in their groups, and what the catalog lists but nothing measures yet. */
export function kpiSection(context: Context, { groups, missing }: Kpis): Html {
  const words = context.messages.kpis;
  return markup`<div id="kpis">
    <p>${introText(context)}</p>
    ${groups.map(
      ({ group, kpis }) =>
        markup`<h3 class="group">${words.groups[group]}</h3>
          ${cards(context, kpis)}`,
    )}
    ${
      missing.length > 0 &&
      markup`<h3 class="group">${words.missing}</h3>
        <ul class="list">
          ${missing.map(({ name, reason }) => markup`<li>${translated(context, name)}: ${translated(context, reason)}</li>`)}
        </ul>`
    }
  </div>`;
}

/** Which campaigns the numbers are of, and what they are compared with. */
export function introText({ messages, format, period }: Context): string {
  const { from, to, previousFrom, previousTo } = period;
  return messages.kpis.intro(format.date(from), format.date(to), format.date(previousFrom), format.date(previousTo));
}

/** As many columns as leave no card alone on a line, for each width. */
export function cards(context: Context, kpis: readonly Kpi[]): Html {
  return markup`<ul class="cards at3-${columnsFor(kpis.length, 3)} at4-${columnsFor(kpis.length, 4)}">
    ${kpis.map((kpi) => card(context, kpi))}
  </ul>`;
}

export function columnsFor(count: number, most: number): number {
  for (let columns = most; columns > 1; columns -= 1) {
    if (count <= columns || count % columns !== 1) return columns;
  }
  return 2;
}

/** Name of a card: the catalog's, with the window where one metric has several. */
export function kpiName(context: Context, kpi: Kpi): string {
  const words = context.messages.kpis;
  const metric = context.catalog.metrics.find(({ key }) => key === kpi.key);
  const name =
    metric === undefined
      ? columnName(context, kpi.source.mart, kpi.source.column)
      : phrase(context.messages, metric.name);
  const days = /window_days = (\d+)/.exec(kpi.source.filter ?? '')?.[1];
  if (days !== undefined) return words.windowed(name, Number(days));
  return kpi.key === 'subscriber_ltv' ? words.average(name) : name;
}

/** Against the catalog's threshold, where it has one for the number. */
export const kpiStatus = ({ catalog }: Context, kpi: Kpi): Status =>
  statusOf(kpi, catalog.metrics.find(({ key }) => key === kpi.key)?.threshold);

/** The status in words, with the threshold on its right side: some limits are to be reached, some to be kept under. */
export function statusText({ format, messages, catalog }: Context, kpi: Kpi, { kind, beside }: Status): string {
  const words = messages.kpis.status;
  if (kind !== 'meets' && kind !== 'misses') return words[kind];
  const threshold = catalog.metrics.find(({ key }) => key === kpi.key)?.threshold;
  const text = words[kind][threshold?.compare ?? 'above'](format.round(threshold?.value ?? 0, kpi.unit));
  return beside === null ? text : words.beside[kind][beside](text);
}

/** A value of the card's number as a person reads it. */
export function kpiText({ format, messages }: Context, kpi: Kpi, value: Json): string {
  if (value === null) return messages.notAvailable;
  if (kpi.unit === 'money') return format.money(value, { short: true });
  if (kpi.key === 'audience_growth') return format.change(Number(value));
  return format.value(value, shownUnit(kpi.unit, kpi.source.column));
}

/** By how much it changed since the period before; null where that says nothing. */
export function changeText({ format, messages }: Context, kpi: Kpi): string | null {
  if (kpi.previous === null || kpi.value === null) return null;
  const difference = Number(kpi.value) - Number(kpi.previous);
  if (shownUnit(kpi.unit, kpi.source.column) === 'rate') return messages.kpis.points(format.points(difference));
  return Number(kpi.previous) === 0 ? null : format.change(difference / Math.abs(Number(kpi.previous)));
}

function card(context: Context, kpi: Kpi): Html {
  const { format, messages, catalog } = context;
  const words = messages.kpis;
  const metric = catalog.metrics.find(({ key }) => key === kpi.key);
  const status = kpiStatus(context, kpi);
  const write = (value: Json): string => kpiText(context, kpi, value);
  const { source } = kpi;
  const interval = intervalOf(kpi);
  const reasons =
    kpi.value === null ? [nullReason(context, kpi)] : kpi.reasons.map((reason) => translated(context, reason));
  return markup`<li class="card kpi">
    <h4>${metric?.article === undefined ? kpiName(context, kpi) : markup`<a href="#metric-${metric.article}">${kpiName(context, kpi)}</a>`}</h4>
    <p
      class="value${kpi.value === null && ' na'}"
      data-metric="${kpi.key}"
      data-mart="${source.mart}"
      data-column="${source.column}"
      data-numerator="${source.numerator}"
      ${
        source.denominator !== null && markup` data-denominator="${source.denominator}"`
      }${source.from !== null && markup` data-date="${source.dateColumn}" data-from="${source.from}"`}${
        source.to !== null && markup` data-to="${source.to}"`
      }${source.filter !== null && markup` data-filter="${source.filter}"`}${
        kpi.value !== null && markup` data-value="${String(kpi.value)}"`
      }
    >
      ${write(kpi.value)}
    </p>
    <p class="status ${status.tone}"><span aria-hidden="true">${marks[status.tone]}</span> ${statusText(context, kpi, status)}</p>
    ${(kpi.openAlerts ?? 0) > 0 && markup`<p class="why"><a href="#alerts">${words.openAlerts(format.count(kpi.openAlerts ?? 0))}</a></p>`}
    ${kpi.value === null && markup`<p class="why">${reasons[0]}</p>`} ${trend(context, kpi, write)}
    <dl>
      ${comparison(context, kpi, write)}${
        kpi.medianKind !== null &&
        markup`<div>
          <dt>${words.median[kpi.medianKind]}</dt>
          <dd>${write(kpi.median)}</dd>
        </div>`
      }${
        interval !== null &&
        markup`<div>
          <dt>${words.interval}</dt>
          <dd data-low="${interval.low}" data-high="${interval.high}">${words.between(format.percent(interval.low), format.percent(interval.high))}</dd>
        </div>`
      }
    </dl>
    <details>
      <summary>${words.details} <span class="hidden">${kpiName(context, kpi)}</span></summary>
      <dl>
        ${
          metric !== undefined &&
          markup`<div>
            <dt>${words.question}</dt>
            <dd>${translated(context, metric.question)}</dd>
          </div>`
        }
        <div>
          <dt>${words.formula}</dt>
          <dd>
            <code>${formulaText(source, '÷')}</code>${
              metric === undefined && markup` ${translated(context, catalog.columns[source.column] ?? '')}`
            }
          </dd>
        </div>
        ${
          source.denominator !== null &&
          kpi.denominator !== null &&
          markup`<div>
            <dt>${words.sums}</dt>
            <dd>
              ${sum(context, source.numerator, kpi.numerator)} ÷ ${sum(context, source.denominator, kpi.denominator)}
            </dd>
          </div>`
        }
        ${
          interval !== null &&
          markup`<div>
            <dt>${words.interval}</dt>
            <dd>${words.intervalMethod}</dd>
          </div>`
        }
        <div>
          <dt>${words.window}</dt>
          <dd>
            ${
              source.from === null || source.to === null
                ? words.toDate
                : source.from === source.to
                  ? format.date(source.to)
                  : words.days(format.date(source.from), format.date(source.to))
            }${metric !== undefined && markup`; ${translated(context, metric.window)}`}
          </dd>
        </div>
        ${
          metric?.threshold !== undefined &&
          markup`<div>
            <dt>${words.thresholdText}</dt>
            <dd>${translated(context, metric.threshold.text)} (${translated(context, metric.threshold.source)})</dd>
          </div>`
        }
        ${
          kpi.leftOut > 0 &&
          kpi.value !== null &&
          markup`<div>
            <dt>${words.incomplete}</dt>
            <dd>${words.leftOut(format.count(kpi.leftOut), format.count(kpi.rows), counted[source.mart] ?? 'campaigns')}</dd>
          </div>`
        }
        ${
          reasons.length > 0 &&
          markup`<div>
            <dt>${words.incomplete}</dt>
            <dd>${reasons.slice(0, 3).map((reason) => markup`${reason}. `)}</dd>
          </div>`
        }
        ${
          metric !== undefined &&
          markup`<div>
            <dt>${words.caution}</dt>
            <dd>${translated(context, metric.bias)}</dd>
          </div>`
        }
        ${
          kpi.refreshedAt !== null &&
          markup`<div>
            <dt>${words.freshness}</dt>
            <dd>${format.instant(kpi.refreshedAt)}</dd>
          </div>`
        }
      </dl>
    </details>
  </li>`;
}

/** Bounds of a share of what it is a part of; null of what is none, as in metric_values. */
function intervalOf({ unit, value, numerator, denominator }: Kpi): Interval | null {
  const [successes, trials] = [Number(numerator), Number(denominator)];
  if (unit !== 'rate' || value === null || !(trials > 0) || successes < 0 || successes > trials) return null;
  return wilsonInterval({ successes, trials });
}

function trend({ format, messages }: Context, kpi: Kpi, write: (value: Json) => string): HtmlValue {
  const words = messages.kpis;
  const known = kpi.trend.filter((value) => value !== null);
  if (kpi.trendFrom === null || kpi.trendTo === null) {
    return kpi.key === 'subscriber_ltv' && markup`<p class="muted">${words.noTrend}</p>`;
  }
  return sparkline(
    kpi.trend,
    words.trend(
      format.month(kpi.trendFrom),
      format.month(kpi.trendTo),
      write(known[0] ?? null),
      write(known.at(-1) ?? null),
    ),
  );
}

function comparison(context: Context, kpi: Kpi, write: (value: Json) => string): HtmlValue {
  const words = context.messages.kpis;
  if (kpi.medianKind === null && kpi.previous === null && kpi.trend.length === 0) return null;
  const change = changeText(context, kpi);
  return markup`<div>
    <dt>${kpi.isStock ? words.previousStock : words.previous}</dt>
    <dd>${write(kpi.previous)}${change !== null && markup` <span class="delta">(${change})</span>`}</dd>
  </div>
  ${
    kpi.lastYear !== null &&
    markup`<div>
      <dt>${words.lastYear}</dt>
      <dd>${write(kpi.lastYear)}</dd>
    </div>`
  }`;
}

function sum({ format }: Context, column: string, value: Json): string {
  return value === null ? '' : format.value(value, column.includes('_amount') ? 'money' : 'count');
}

/** The mart's own reason, else what the sums say. */
function nullReason(context: Context, kpi: Kpi): Html | string {
  const words = context.messages.kpis.reason;
  if (kpi.rows === 0) return kpi.source.mart.startsWith('campaign') ? words.noCampaign : words.noRows;
  if (kpi.reasons[0] !== undefined) return translated(context, kpi.reasons[0]);
  if (kpi.source.denominator === null) return words.notKnown;
  return words.noBase(columnName(context, kpi.source.mart, kpi.source.denominator));
}
