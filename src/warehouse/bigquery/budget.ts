import { WarehouseError } from '../port.ts';

/** Bytes as a person writes and reads them; units of 1024, as BigQuery bills. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export type BudgetOptions = {
  readonly maxBytesPerQuery: number;
  readonly maxBytesPerRun: number;
};

/** What a run may read, checked before it reads. */
export type Budget = {
  readonly maxBytesPerQuery: number;
  readonly maxBytesPerRun: number;
  /** Refuses a single query that would read more than one may. */
  checkQuery(what: string, bytes: number, instead?: string): void;
  /** Refuses (kind `over_budget`) what would go beyond a limit; `spent`: bytes of the run so far. */
  check(what: string, bytes: number, spent: number): void;
};

/** Limits where none are given: 1 TiB is about 6 US dollars on demand, and free once a month. */
const defaults: BudgetOptions = { maxBytesPerQuery: 100 * 1024 ** 3, maxBytesPerRun: 1024 ** 4 };

export function createBudget(options: { readonly [K in keyof BudgetOptions]?: number | undefined }): Budget {
  const { maxBytesPerQuery = defaults.maxBytesPerQuery, maxBytesPerRun = defaults.maxBytesPerRun } = options;
  const checkQuery: Budget['checkQuery'] = (what, bytes, instead = 'select fewer models') => {
    if (bytes <= maxBytesPerQuery) return;
    throw new WarehouseError(
      `${what} would read ${bytesText(bytes)} (${bytes} bytes); one query may read ${bytesText(maxBytesPerQuery)}. It was not run.`,
      { kind: 'over_budget', fix: `Raise warehouse.max_bytes_per_query in mailmart.yaml, or ${instead}.` },
    );
  };
  return {
    maxBytesPerQuery,
    maxBytesPerRun,
    checkQuery,
    check(what, bytes, spent) {
      checkQuery(what, bytes);
      if (spent + bytes > maxBytesPerRun) {
        throw new WarehouseError(
          `${what} would read ${bytesText(bytes)} (${bytes} bytes); the run has read ${bytesText(spent)} of the ${bytesText(maxBytesPerRun)} that it may. It was not run.`,
          { kind: 'over_budget', fix: 'Raise warehouse.max_bytes_per_run in mailmart.yaml, or select fewer models.' },
        );
      }
    },
  };
}
