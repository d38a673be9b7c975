import { z } from 'zod';
import type { Row } from '../contracts/sync.ts';
import type { Column } from '../warehouse/port.ts';
import type { Metric, MetricCatalog } from './metric-catalog.ts';

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/**
 * What a metric's entry may say of its alert. A threshold with a value has a rule without saying anything; `baseline` compares with
 * the account's own past: `rise` of a rare event's count, or `median` of a rate.
 */
export const alertSpec = z.strictObject({
  kind: z.enum(['threshold', 'rise', 'median']),
  severity: z.enum(severities).default('warning'),
  /** Scopes of metric_values that are watched; default: campaigns, one after the other. */
  scopes: z
    .array(z.enum(['all', 'account', 'campaign', 'list', 'domain']))
    .min(1)
    .optional(),
  period: z.enum(['day', 'month', 'lifetime', 'window']).default('lifetime'),
  /** `window_text` of the rows that are watched, where there are several windows. */
  window: z.string().optional(),
  /** The metric whose numerator and denominator are watched; default: this one. */
  of: z.string().optional(),
  /** How far beyond the threshold on the good side a value is "back", as a part of the threshold. */
  margin: z.number().min(0).max(1).default(0.1),
  /** So many periods in a row have to be back before an incident closes. */
  close_after: z.int().min(1).max(90).default(2),
  /** A smaller denominator is not judged. */
  least: z.int().min(1).default(100),
  /** A campaign younger than so many days is not judged: its readers are still reading. */
  settle_days: z.int().min(0).max(90).optional(),
});

/** Rules of mailmart.yaml (`alerts.rules`): on or off, and another threshold. */
export type AlertOverrides = Readonly<
  Record<string, { readonly on?: boolean | undefined; readonly threshold?: number | undefined }>
>;

export type AlertRule = {
  readonly rule: string;
  readonly metric: string;
  readonly kind: 'threshold' | 'rise' | 'median';
  readonly scope: string;
  readonly period: string;
  readonly window_text: string | null;
  readonly threshold_value: number | null;
  /** Good is at or above, or below, the threshold; a rise is bad above, a rate under its median below. */
  readonly good_side: 'above' | 'below';
  readonly severity: Severity;
  readonly margin: number;
  readonly close_after: number;
  readonly least_count: number;
  readonly settle_days: number;
  readonly name: string;
  readonly unit: Metric['unit'];
  readonly formula: string;
  readonly advice: string;
};

export const ruleColumns: readonly Column[] = [
  { name: 'rule', type: 'string' },
  { name: 'metric', type: 'string' },
  { name: 'kind', type: 'string' },
  { name: 'scope', type: 'string' },
  { name: 'period', type: 'string' },
  { name: 'window_text', type: 'string' },
  { name: 'threshold_value', type: 'double' },
  { name: 'good_side', type: 'string' },
  { name: 'severity', type: 'string' },
  { name: 'margin', type: 'double' },
  { name: 'close_after', type: 'int' },
  { name: 'least_count', type: 'int' },
  { name: 'settle_days', type: 'int' },
  { name: 'name', type: 'string' },
  { name: 'unit', type: 'string' },
  { name: 'formula', type: 'string' },
  { name: 'advice', type: 'string' },
];

/** Metrics that have a rule: those with a threshold, and those that are compared with their own past. */
export const ruleMetrics = ({ metrics }: MetricCatalog): readonly Metric[] =>
  metrics.filter(
    ({ alert, threshold, available }) => available && (alert !== undefined || threshold?.value !== undefined),
  );

/** Every alert rule that is on, one for each scope it watches, in the catalog's order. */
export function alertRules(catalog: MetricCatalog, overrides: AlertOverrides = {}): readonly AlertRule[] {
  const byKey = new Map(catalog.metrics.map((metric) => [metric.key, metric]));
  return ruleMetrics(catalog)
    .filter(({ key }) => overrides[key]?.on !== false)
    .flatMap((metric) => {
      const spec = metric.alert ?? alertSpec.parse({ kind: 'threshold' });
      const watched = byKey.get(spec.of ?? metric.key);
      if (watched === undefined) throw new Error(`the alert of ${metric.key} watches ${spec.of}, which is no metric`);
      const goodSide =
        spec.kind === 'threshold' ? (metric.threshold?.compare ?? 'above') : spec.kind === 'rise' ? 'below' : 'above';
      return (spec.scopes ?? ['campaign']).map((scope): AlertRule => ({
        rule: metric.key,
        metric: watched.key,
        kind: spec.kind,
        scope,
        period: spec.period,
        window_text: spec.window ?? null,
        threshold_value:
          spec.kind === 'threshold' ? (overrides[metric.key]?.threshold ?? metric.threshold?.value ?? null) : null,
        good_side: goodSide,
        severity: spec.severity,
        margin: spec.margin,
        close_after: spec.close_after,
        least_count: watched.denominator ? spec.least : 0,
        // Reading takes days and only adds; what does harm is told at once.
        settle_days: spec.settle_days ?? (goodSide === 'above' && scope === 'campaign' ? 3 : 0),
        name: metric.name,
        unit: metric.unit,
        formula: watched.denominator ? `${watched.numerator} / ${watched.denominator}` : watched.numerator,
        advice: metric.article === undefined ? '' : (catalog.advice[metric.article]?.en ?? ''),
      }));
    });
}

/** The rules as rows of `ops.alert_rules`. */
export const ruleRows = (rules: readonly AlertRule[]): readonly Row[] => rules.map((rule) => ({ ...rule }));
