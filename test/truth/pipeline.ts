import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { Seconds, World } from '../../src/demo/types.ts';
import { allDifferences } from './all-marts.ts';
import type { Facts, MoneySettings } from './fact-types.ts';
import { gatherFacts, type SourceName } from './facts.ts';
import { goalRules, salt, startInProcess, type InProcess, type InProcessOptions } from './in-process.ts';

export const both: readonly SourceName[] = ['mailchimp', 'sendgrid'];

/** Simulators to marts, once; stopped when the test ends. */
export async function pipeline(options: InProcessOptions): Promise<InProcess> {
  const run = await startInProcess(options);
  onTestFinished(run.stop);
  await everything(run);
  return run;
}

/** Syncs every source and transforms; all of it must end complete. */
export async function everything(run: InProcess): Promise<void> {
  await syncAll(run);
  await transformAll(run);
}

export async function syncAll(run: InProcess): Promise<void> {
  for (const accountId of run.accountIds) {
    for (const stream of await run.sync(accountId)) {
      expect([stream.key.stream, stream.verdict.kind, stream.verdict.missing, stream.counts.rowsQuarantined]).toEqual([
        stream.key.stream,
        'complete',
        [],
        0,
      ]);
    }
  }
}

export async function transformAll(run: InProcess): Promise<void> {
  expect((await run.transform()).failures).toEqual([]);
}

export type Told = {
  readonly sources?: readonly SourceName[];
  readonly syncs?: readonly Seconds[];
  readonly settings?: MoneySettings;
};

const gathered = new WeakMap<World, Map<string, Facts>>();

/** A world does not change: comparisons that are told the same share their facts, and with them the truth. */
function factsOf(world: World, told: Required<Told>): Facts {
  const ofWorld = gathered.get(world) ?? new Map<string, Facts>();
  gathered.set(world, ofWorld);
  const key = JSON.stringify(told);
  const facts = ofWorld.get(key) ?? gatherFacts({ world, salt, rules: goalRules, ...told });
  ofWorld.set(key, facts);
  return facts;
}

/** Differences of the marts from the truth of a world, by mart. */
export function differencesOf(
  run: InProcess,
  world: World,
  { sources = ['mailchimp'], syncs = [world.now], settings = {} }: Told = {},
): Promise<Readonly<Record<string, readonly string[]>>> {
  return allDifferences(run.warehouse, factsOf(world, { sources, syncs, settings }));
}

/** A change of one model: what the pattern finds in `file`, below definitions/, is written as `to`. */
export type ModelChange = { readonly file: string; readonly from: RegExp; readonly to: string };

/**
 * Marts of a run that a change of models makes wrong, or all of them when an assertion keeps them from being built. What an
 * earlier change made wrong is built again, as its models are again what they were.
 */
export async function wrongMarts(
  run: InProcess,
  changes: readonly ModelChange[],
  world: World,
  told: Told,
): Promise<readonly string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailmart-sql-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(path.resolve(import.meta.dirname, '../../sql'), folder, { recursive: true });
  for (const { file, from, to } of changes) {
    const model = path.join(folder, 'definitions', file);
    const text = readFileSync(model, 'utf8');
    expect(text).toMatch(from);
    writeFileSync(model, text.replace(from, to));
  }
  const { failures } = await run.transform({ projectDir: folder });
  return failures.length > 0 ? ['an assertion'] : Object.keys(await differencesOf(run, world, told));
}
