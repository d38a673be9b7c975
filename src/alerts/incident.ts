import type { Row } from '../contracts/sync.ts';
import { severities, type Severity } from '../transform/metric-alerts.ts';

/** An incident as its newest day past the threshold tells it: on a day on which it recovers, the number is good. */
export type Incident = {
  readonly id: string;
  readonly rule: string;
  readonly metric: string;
  readonly scope: string;
  readonly scopeId: string;
  /** What people call it. It may change while the incident stays the same: ids name an incident. */
  readonly scopeName: string;
  readonly accountId: string | null;
  readonly severity: Severity;
  readonly text: string;
  readonly advice: string;
  readonly value: number;
  readonly threshold: number | null;
  readonly baseline: number | null;
  readonly method: string;
  readonly day: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Null while it is open. */
  readonly closed: string | null;
  /** Days past the threshold. */
  readonly days: number;
};

/**
 * The newest bad day of every incident, with the number of such days. `table` is the alerts mart as the engine spells it; it
 * needs nothing but window functions, so that it runs on the warehouse and on the readers' copy.
 */
export const incidentsQuery = (table: string): string => `select *
from (
    select
        *,
        row_number() over (
            partition by incident_id order by is_past_threshold desc, day desc, scope_id desc
        ) as newest,
        sum(case when is_past_threshold then 1 else 0 end) over (partition by incident_id) as day_count
    from ${table}
) as numbered
where newest = 1
order by first_seen_date, rule, scope, scope_id`;

export function incidentOf(row: Row): Incident {
  const severity = severities.find((known) => known === row['severity']) ?? 'warning';
  return {
    id: textOf(row, 'incident_id'),
    rule: textOf(row, 'rule'),
    metric: textOf(row, 'metric'),
    scope: textOf(row, 'scope'),
    scopeId: textOf(row, 'scope_id'),
    scopeName: maybe(row, 'scope_name') ?? textOf(row, 'scope_id'),
    accountId: maybe(row, 'account_id'),
    severity,
    text: textOf(row, 'text'),
    advice: textOf(row, 'advice'),
    value: Number(row['value']),
    threshold: numberOf(row, 'threshold_value'),
    baseline: numberOf(row, 'baseline_value'),
    method: textOf(row, 'method'),
    day: textOf(row, 'day'),
    firstSeen: textOf(row, 'first_seen_date'),
    lastSeen: textOf(row, 'last_seen_date'),
    closed: maybe(row, 'closed_date'),
    days: Number(row['day_count']),
  };
}

function maybe(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}

const textOf = (row: Row, column: string): string => maybe(row, column) ?? '';

function numberOf(row: Row, column: string): number | null {
  const value = row[column];
  return value === null || value === undefined ? null : Number(value);
}
