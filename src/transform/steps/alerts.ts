import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import type { Step } from '../step.ts';
import { medianMethod, riseMethod } from './alert-baseline.ts';
import { openPeriods, type Observation, type OpenPeriod, type WatchRule } from './alert-incidents.ts';
import { alertText } from './alert-text.ts';

const columns: readonly Column[] = [
  { name: 'source', type: 'string' },
  { name: 'account_id', type: 'string' },
  { name: 'rule', type: 'string' },
  { name: 'metric', type: 'string' },
  { name: 'scope', type: 'string' },
  { name: 'scope_id', type: 'string' },
  { name: 'scope_name', type: 'string' },
  { name: 'day', type: 'date' },
  { name: 'value', type: 'double' },
  { name: 'numerator', type: 'decimal' },
  { name: 'denominator', type: 'decimal' },
  { name: 'threshold_value', type: 'double' },
  { name: 'baseline_value', type: 'double' },
  { name: 'p_value', type: 'double' },
  { name: 'method', type: 'string' },
  { name: 'is_past_threshold', type: 'bool' },
  { name: 'severity', type: 'string' },
  { name: 'text', type: 'string' },
  { name: 'advice', type: 'string' },
  { name: 'incident_id', type: 'string' },
  { name: 'first_seen_date', type: 'date' },
  { name: 'last_seen_date', type: 'date' },
  { name: 'closed_date', type: 'date' },
];

/** Every day on which a rule's incident was open: thresholds with hysteresis, baselines with their test. */
export const alerts = {
  name: 'alerts',
  reads: 'core.int_alert_values',
  writes: { table: 'core.int_alert_days', columns },
  run: (rows) =>
    [...Map.groupBy(rows, seriesOf)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([series, members]) => alertRows(series, members)),
} satisfies Step;

/** Campaigns of one account follow each other; a list, an account or the company is a series of its own. */
function seriesOf(row: Row): string {
  const own = row['scope'] === 'campaign' ? '' : row['scope_id'];
  return JSON.stringify([row['rule'], row['scope'], row['source'], row['account_id'], own].map((part) => part ?? ''));
}

function alertRows(series: string, rows: readonly Row[]): readonly Row[] {
  const [first] = rows;
  if (first === undefined) return [];
  const rule = ruleOf(first);
  const observations = new Map(rows.map((row): readonly [Observation, Row] => [observationOf(row), row]));
  return openPeriods(rule, series, [...observations.keys()], text(first, 'as_of_date')).map((period) => {
    const row = observations.get(period.observation) ?? first;
    return { ...rowOf(rule, row, period), ...judgedOf(rule, period) };
  });
}

function rowOf(rule: WatchRule, row: Row, { observation, judgement, incident, isPast }: OpenPeriod): Row {
  const named = {
    name: text(row, 'name'),
    unit: text(row, 'unit'),
    label: text(row, 'scope_name'),
    scope: rule.scope,
    currency: maybeText(row, 'currency_code'),
  };
  return {
    source: row['source'] ?? null,
    account_id: row['account_id'] ?? null,
    rule: rule.rule,
    metric: row['metric'] ?? null,
    scope: rule.scope,
    scope_id: observation.scopeId,
    scope_name: row['scope_name'] ?? null,
    day: observation.day,
    value: observation.value,
    numerator: row['numerator'] ?? null,
    denominator: row['denominator'] ?? null,
    is_past_threshold: isPast,
    severity: severityOf(rule, row),
    text: alertText(named, rule, observation, judgement),
    advice: text(row, 'advice'),
    incident_id: incident.id,
    first_seen_date: incident.firstSeen,
    last_seen_date: incident.lastSeen,
    closed_date: incident.closed,
  };
}

function judgedOf(rule: WatchRule, { judgement }: OpenPeriod): Row {
  if (judgement === null) {
    return { threshold_value: rule.threshold, baseline_value: null, p_value: null, method: 'threshold' };
  }
  return {
    threshold_value: judgement.limit,
    baseline_value: judgement.expected,
    p_value: judgement.pValue,
    method: rule.kind === 'rise' ? riseMethod : medianMethod,
  };
}

/** One step lower where the 95 % interval holds the threshold: then a few people decide. */
function severityOf(rule: WatchRule, row: Row): string {
  const severity = text(row, 'severity');
  const [low, high] = [number(row, 'low_value'), number(row, 'high_value')];
  const isUnsure =
    rule.kind === 'threshold' &&
    rule.threshold !== null &&
    low !== null &&
    high !== null &&
    low < rule.threshold &&
    rule.threshold <= high;
  if (!isUnsure) return severity;
  return severity === 'critical' ? 'warning' : 'info';
}

function ruleOf(row: Row): WatchRule {
  return {
    rule: text(row, 'rule'),
    kind: text(row, 'kind') as WatchRule['kind'],
    scope: text(row, 'scope'),
    threshold: number(row, 'threshold_value'),
    goodSide: text(row, 'good_side') === 'below' ? 'below' : 'above',
    margin: number(row, 'margin') ?? 0,
    closeAfter: number(row, 'close_after') ?? 1,
    least: number(row, 'least_count') ?? 0,
    settleDays: number(row, 'settle_days') ?? 0,
  };
}

const observationOf = (row: Row): Observation => ({
  day: text(row, 'day'),
  scopeId: text(row, 'scope_id'),
  value: number(row, 'value'),
  numerator: number(row, 'numerator'),
  denominator: number(row, 'denominator'),
});

function text(row: Row, column: string): string {
  return maybeText(row, column) ?? '';
}

function maybeText(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}

function number(row: Row, column: string): number | null {
  const value = row[column];
  return value === null || value === undefined ? null : Number(value);
}
