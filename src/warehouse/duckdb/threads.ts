import { availableParallelism } from 'node:os';
import { WarehouseError } from '../port.ts';

const variable = 'MAILMART_DUCKDB_THREADS';

/** Threads that DuckDB may take. */
export type Threads = {
  /** For models and queries when nothing is read: all cores' worth. */
  readonly all: number;
  /**
   * Beside the one that asks, while sources are read: on two cores a second one made loads dearer (seen: by a tenth to a half) and
   * the sync no faster.
   */
  readonly spare: number;
};

/** One a core, or as many as the environment grants: a container sees cores that it may not use, and tests run side by side. */
export function threadsFor(env: Readonly<Record<string, string | undefined>>): Threads {
  const text = env[variable] ?? '';
  if (text !== '' && !/^[1-9]\d{0,3}$/.test(text)) {
    throw new WarehouseError(`${variable} is ${JSON.stringify(text)}, which is no number of threads.`, {
      kind: 'rejected',
      fix: `Set ${variable} to a whole number from 1, or unset it: then DuckDB takes all cores.`,
    });
  }
  const all = text === '' ? availableParallelism() : Number(text);
  return { all, spare: Math.max(1, all - 1) };
}
