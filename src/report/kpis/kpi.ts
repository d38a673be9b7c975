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
  /** Incidents of the number that have not closed; absent where nobody looked. */
  readonly openAlerts?: number;
};

export type Status = {
  readonly kind: 'meets' | 'misses' | 'better' | 'worse' | 'usual' | 'none' | 'unknown';
  /** What the threshold does not say: a number far under its limit may be many times what is usual here. */
  readonly beside: 'better' | 'worse' | null;
  readonly tone: 'good' | 'bad' | 'plain';
};

/** A tenth around the own median is called usual. */
const usualShare = 0.1;

/** Against the catalog's threshold where it has a value, and against the own median. */
export function statusOf(
  kpi: Kpi,
  threshold: { readonly value?: number | undefined; readonly compare?: 'above' | 'below' | undefined } | undefined,
): Status {
  if (kpi.value === null) return { kind: 'unknown', beside: null, tone: 'plain' };
  const value = Number(kpi.value);
  const against = againstMedian(kpi, value);
  if (threshold?.value !== undefined && threshold.compare !== undefined) {
    const meets = threshold.compare === 'above' ? value >= threshold.value : value < threshold.value;
    const beside = against === 'worse' || (against === 'better' && !meets) ? against : null;
    return meets
      ? { kind: 'meets', beside, tone: beside === null ? 'good' : 'plain' }
      : { kind: 'misses', beside, tone: 'bad' };
  }
  const tone = against === 'better' ? 'good' : against === 'worse' ? 'bad' : 'plain';
  return { kind: against, beside: null, tone };
}

function againstMedian(kpi: Kpi, value: number): 'better' | 'worse' | 'usual' | 'none' {
  const median = Number(kpi.median);
  // A count follows how much was sent: more of it is neither good nor bad. A median campaign without a case of what is
  // rare, complaints say, does not tell what is usual of many campaigns together.
  if (kpi.median === null || median === 0 || kpi.direction === 'neutral' || kpi.unit === 'count') return 'none';
  if (Math.abs(value - median) <= Math.abs(median) * usualShare) return 'usual';
  return (kpi.direction === 'up') === value > median ? 'better' : 'worse';
}
