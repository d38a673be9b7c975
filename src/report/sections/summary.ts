import type { Context } from '../context.ts';
import { openAlerts } from './alerts.ts';
import { shownUnit } from '../format.ts';
import { markup, type Html } from '../html.ts';
import type { Kpi } from '../kpis/kpi.ts';
import type { Kpis } from '../kpis/select.ts';
import { kpiName, kpiStatus } from './kpi-cards.ts';

/** The few sentences that someone reads who reads nothing else. `alerts` says where the alerts are. */
export async function summarySection(
  context: Context,
  kpis: Kpis,
  alerts = (text: string): Html => markup`<a href="#alerts">${text}</a>`,
): Promise<Html> {
  const { messages, format, period, reader } = context;
  const words = messages.summary;
  if (period.firstSend === null) {
    return markup`<div id="summary">
      <p>${words.empty}</p>
    </div>`;
  }
  const open = await openAlerts(context);
  const all = kpis.groups.flatMap((group) => group.kpis);
  const of = (key: string): Kpi | undefined => all.find((kpi) => kpi.key === key);
  const [opens, reported] = ['open_rate', 'open_rate_reported'].map(of);
  const active = all.find((kpi) => kpi.key === 'active_audience' && kpi.source.filter?.endsWith('= 90'));
  const kindOf = (kpi: Kpi) => kpiStatus(context, kpi).kind;
  const misses = all.filter((kpi) => kindOf(kpi) === 'misses');
  const checks = await reader.first(
    ['marts.reconciliation'],
    'select count(*) as compared, count(*) filter (where is_within_tolerance) as within from marts.reconciliation',
  );
  const sentences = [
    moneySentence(context, of),
    hasValue(opens) && hasValue(reported) && words.reading(format.percent(opens.value), format.percent(reported.value)),
    hasValue(active) &&
      words.active(format.percent(active.value), format.count(active.numerator), format.count(active.denominator)),
    misses.length === 0
      ? all.some((kpi) => kindOf(kpi) === 'meets') && words.allMeet
      : words.misses(
          messages.joinNames(
            misses.map(
              (kpi) => `${kpiName(context, kpi)} (${format.value(kpi.value, shownUnit(kpi.unit, kpi.source.column))})`,
            ),
          ),
        ),
    open !== false && alerts(open),
    Number(checks?.['compared'] ?? 0) > 0 &&
      words.reconciled(format.count(checks?.['within'] ?? 0), format.count(checks?.['compared'] ?? 0)),
  ];
  return markup`<div id="summary">
    <ul class="summary">
      ${sentences.map((sentence) => sentence !== false && markup`<li>${sentence}</li>`)}
    </ul>
  </div>`;
}

/** Every part of the profit is named, so that the sentence can be added up: came in + conversions − costs = left. */
function moneySentence({ messages, format }: Context, of: (key: string) => Kpi | undefined): string {
  const [revenue, conversions, costs, profit] = [
    'net_revenue',
    'conversion_value_amount',
    'total_cost_amount',
    'profit',
  ].map(of);
  const words = messages.summary;
  if (!hasValue(revenue) || !hasValue(costs) || !hasValue(profit)) return words.noMoney;
  const short = ({ value }: Kpi): string => format.money(value, { short: true });
  return words.money(
    format.count(profit.rows),
    short(revenue),
    hasValue(conversions) && Number(conversions.value) !== 0 ? short(conversions) : null,
    short(costs),
    short(profit),
  );
}

function hasValue(kpi: Kpi | undefined): kpi is Kpi {
  return kpi !== undefined && kpi.value !== null;
}
