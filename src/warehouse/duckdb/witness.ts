import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Session } from './session.ts';
import { driftFailure } from './errors.ts';

/**
 * A small file beside the warehouse that holds the number of its newest load. The ledger inside the file is the
 * truth; this only notices a file that is older than itself: copied without its `.wal`, or a `.wal` that was lost,
 * which DuckDB opens without a word. Never synced: a power cut may leave it behind the file, which is no finding.
 */
export async function writeWitness(path: string, number: number): Promise<void> {
  const temporary = `${witnessPath(path)}.tmp`;
  // A full disk must not turn a durable commit into a failure.
  await writeFile(temporary, `${number}\n`)
    .then(() => rename(temporary, witnessPath(path)))
    .catch(() => undefined);
}

/** Compares the newest load with the witness; a fresh file starts without one. */
export async function checkWitness(session: Session, path: string, isFresh: boolean): Promise<void> {
  if (isFresh) {
    await rm(witnessPath(path), { force: true });
    return;
  }
  const text = await readFile(witnessPath(path), 'utf8').catch(() => '0');
  const witnessed = Number(text);
  const { number } = await session.row(
    'Read the ledger',
    'select coalesce(max(number), 0) as number from ops.load_ledger',
  );
  if (witnessed > Number(number)) {
    throw driftFailure(
      `The warehouse file is older than its last commit: it ends at load ${number}, load ${witnessed} was committed. Its .wal may have been lost or left behind in a copy.`,
      `Restore the newest backup or bring back the .wal file. To go on from the older state instead, delete ${witnessPath(path)} and run \`mailmart run\`: what is missing is read again.`,
    );
  }
}

function witnessPath(path: string): string {
  return `${path}.last-load`;
}
