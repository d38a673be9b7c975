import Table from 'cli-table3';

/** One figure beside its limit. */
export type Bar = {
  readonly scenario: string;
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  /** Measured by limit where less is better, limit by measured where more is: met up to 1. */
  readonly ratio: number;
  readonly isMet: boolean;
};

/** A figure that must not be larger. */
export function atMost(scenario: string, what: string, measured: number, limit: number, unit = ''): Bar {
  return bar(scenario, what, measured, limit, unit, '≤', ratioOf(measured, limit));
}

/** Of a limit of zero nothing is within but zero itself. */
const ratioOf = (measured: number, limit: number): number =>
  limit > 0 ? measured / limit : measured > 0 ? Number.POSITIVE_INFINITY : 0;

/** A scenario that came to no end. */
export function unmeasured(scenario: string): Bar {
  const ratio = Number.POSITIVE_INFINITY;
  return { scenario, what: 'could not be measured', measured: '–', limit: '–', ratio, isMet: false };
}

/** A figure that must not be smaller. */
export function atLeast(scenario: string, what: string, measured: number, limit: number, unit = ''): Bar {
  return bar(scenario, what, measured, limit, unit, '≥', limit / measured);
}

function bar(
  scenario: string,
  what: string,
  measured: number,
  limit: number,
  unit: string,
  sign: string,
  ratio: number,
): Bar {
  const text = (value: number): string => `${format(value)}${unit === '' ? '' : ` ${unit}`}`;
  return { scenario, what, measured: text(measured), limit: `${sign} ${text(limit)}`, ratio, isMet: ratio <= 1 };
}

export function format(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value.toLocaleString('en', {
    maximumFractionDigits: Math.abs(value) < 10 ? 3 : Math.abs(value) < 1000 ? 1 : 0,
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export function tableOf(bars: readonly Bar[]): string {
  const table = new Table({
    head: ['scenario', 'figure', 'measured', 'limit', 'of limit', 'met'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { scenario, what, measured, limit, ratio, isMet } of bars) {
    table.push([scenario, what, measured, limit, ratio.toFixed(2), isMet ? 'yes' : 'NO']);
  }
  return table.toString();
}
