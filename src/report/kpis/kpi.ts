import type { Json } from '../../contracts/json.ts';
import type { Unit } from '../format.ts';

/** Where a sum comes from, so that everyone can add it up again: the mart's rows with a date in the span. */
export type KpiSource = {
  readonly mart: string;
  readonly numerator: string;
  readonly denominator: string | null;
  /** The mart's column that holds the metric row by row; rows where it is not known are left out of the sums. */
  readonly column: string;
  readonly dateColumn: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly filter: string | null;
};

export type Kpi = {
  readonly key: string;
  readonly unit: Exclude<Unit, 'text' | 'date' | 'month' | 'instant' | 'flag'>;
  /** Exact: decimal text for money, a number else; null when it is not known. */
  readonly value: Json;
  readonly numerator: Json;
  readonly denominator: Json;
  readonly previous: Json;
  /** The same days 52 weeks earlier. */
  readonly lastYear: Json;
  readonly median: Json;
  readonly medianKind: 'campaigns' | 'periods' | 'days' | null;
  /** Value by month; null where it is not known. */
  readonly trend: readonly (number | null)[];
  readonly trendFrom: string | null;
  readonly trendTo: string | null;
  readonly direction: 'up' | 'down' | 'neutral';
  readonly source: KpiSource;
  /** Why the value is null or not whole, most frequent first. */
  readonly reasons: readonly string[];
  /** Rows (campaigns, links, checks) in the period whose own value is not known, and all rows of it. */
  readonly leftOut: number;
  readonly rows: number;
  readonly refreshedAt: string | null;
  /** Sum of a stock at one day, not of a period. */
  readonly isStock: boolean;
};

export type Status = {
  readonly kind: 'meets' | 'misses' | 'better' | 'worse' | 'usual' | 'none' | 'unknown';
  readonly tone: 'good' | 'bad' | 'plain';
};

/** A tenth around the own median is called usual. */
const usualShare = 0.1;

/** Against the catalog's threshold where it has a value, else against the own median. */
export function statusOf(
  kpi: Kpi,
  threshold: { readonly value?: number | undefined; readonly compare?: 'above' | 'below' | undefined } | undefined,
): Status {
  if (kpi.value === null) return { kind: 'unknown', tone: 'plain' };
  const value = Number(kpi.value);
  if (threshold?.value !== undefined && threshold.compare !== undefined) {
    const meets = threshold.compare === 'above' ? value >= threshold.value : value < threshold.value;
    return meets ? { kind: 'meets', tone: 'good' } : { kind: 'misses', tone: 'bad' };
  }
  // A count follows how much was sent: more of it is neither good nor bad.
  if (kpi.median === null || kpi.direction === 'neutral' || kpi.unit === 'count')
    return { kind: 'none', tone: 'plain' };
  const median = Number(kpi.median);
  if (Math.abs(value - median) <= Math.abs(median) * usualShare) return { kind: 'usual', tone: 'plain' };
  const isBetter = kpi.direction === 'up' ? value > median : value < median;
  return isBetter ? { kind: 'better', tone: 'good' } : { kind: 'worse', tone: 'bad' };
}
