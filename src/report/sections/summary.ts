import type { Context } from '../context.ts';
import { openAlerts } from './alerts.ts';
import { shownUnit } from '../format.ts';
import { markup, type Html } from '../html.ts';
import { statusOf, type Kpi } from '../kpis/kpi.ts';
import type { Kpis } from '../kpis/select.ts';
import { kpiName } from './kpi-cards.ts';

/** The few sentences that someone reads who reads nothing else. */
export async function summarySection(context: Context, kpis: Kpis): Promise<Html> {
  const { messages, format, catalog, period, reader } = context;
  const words = messages.summary;
  if (period.firstSend === null) {
    return markup`<div id="summary">
      <p>${words.empty}</p>
    </div>`;
  }
  const all = kpis.groups.flatMap((group) => group.kpis);
  const of = (key: string): Kpi | undefined => all.find((kpi) => kpi.key === key);
  const [revenue, profit, open, reported] = ['net_revenue', 'profit', 'open_rate', 'open_rate_reported'].map(of);
  const active = all.find((kpi) => kpi.key === 'active_audience' && kpi.source.filter?.endsWith('= 90'));
  const misses = all.filter(
    (kpi) => statusOf(kpi, catalog.metrics.find(({ key }) => key === kpi.key)?.threshold).kind === 'misses',
  );
  const checks = await reader.first(
    ['marts.reconciliation'],
    'select count(*) as compared, count(*) filter (where is_within_tolerance) as within from marts.reconciliation',
  );
  const sentences = [
    hasValue(revenue) && hasValue(profit)
      ? words.money(
          format.money(revenue.value, { short: true }),
          format.money(profit.value, { short: true }),
          format.count(profit.rows),
        )
      : words.noMoney,
    hasValue(open) && hasValue(reported) && words.reading(format.percent(open.value), format.percent(reported.value)),
    hasValue(active) &&
      words.active(format.percent(active.value), format.count(active.numerator), format.count(active.denominator)),
    misses.length === 0
      ? words.allMeet
      : words.misses(
          messages.joinNames(
            misses.map(
              (kpi) => `${kpiName(context, kpi)} (${format.value(kpi.value, shownUnit(kpi.unit, kpi.source.column))})`,
            ),
          ),
        ),
    await openAlerts(context),
    Number(checks?.['compared'] ?? 0) > 0 &&
      words.reconciled(format.count(checks?.['within'] ?? 0), format.count(checks?.['compared'] ?? 0)),
  ];
  return markup`<div id="summary">
    <ul class="summary">
      ${sentences.map((sentence) => sentence !== false && markup`<li>${sentence}</li>`)}
    </ul>
  </div>`;
}

function hasValue(kpi: Kpi | undefined): kpi is Kpi {
  return kpi !== undefined && kpi.value !== null;
}
