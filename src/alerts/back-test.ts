import type { Row } from '../contracts/sync.ts';
import { alertRules, type AlertOverrides, type AlertRule } from '../transform/metric-alerts.ts';
import { loadMetricCatalog } from '../transform/metric-catalog.ts';
import { alerts } from '../transform/steps/alerts.ts';
import { incidentOf, type Incident } from './incident.ts';

/** Values that rules may watch, from the readers' copy; what int_alert_values has, without the rules. */
export const watchedValuesQuery = `select
    found.source,
    found.account_id,
    found.metric,
    found.scope,
    found.scope_id,
    found.scope_name,
    case when found.period = 'lifetime' then found.period_start else found.period_end end as day,
    found.period,
    found.window_text,
    found.value,
    found.numerator,
    found.denominator,
    found.currency_code,
    found.low_value,
    found.high_value,
    as_of.as_of_date
from marts.metric_values as found
cross join status.data_as_of as as_of
where found.value is not null and (found.period <> 'lifetime' or found.period_start is not null)`;

/** The incidents that the rules as they are configured now would have raised on these values, oldest first. */
export function backTest(values: readonly Row[], overrides: AlertOverrides): readonly Incident[] {
  const rows = alertRules(loadMetricCatalog(), overrides).flatMap((rule) =>
    values.filter((value) => isWatched(rule, value)).map((value): Row => ({ ...rule, ...value })),
  );
  const days = alerts.run(rows);
  return [...Map.groupBy(days, (day) => `${day['incident_id']}`).values()]
    .map((all) => all.filter((day) => day['is_past_threshold'] === true))
    .map((bad) => incidentOf({ ...bad.at(-1), day_count: bad.length }))
    .toSorted((a, b) => (a.firstSeen < b.firstSeen ? -1 : a.firstSeen > b.firstSeen ? 1 : 0));
}

const isWatched = (rule: AlertRule, value: Row): boolean =>
  value['metric'] === rule.metric &&
  value['scope'] === rule.scope &&
  value['period'] === rule.period &&
  (value['window_text'] ?? null) === rule.window_text;
