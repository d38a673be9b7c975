import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { version as duckdbVersion } from '@duckdb/node-api';
import { findServer } from '../src/temporal/server.ts';

const root = new URL('../', import.meta.url);

/** What a figure depends on, in lines for people. */
export function describeMachine(): readonly string[] {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const sdk = createRequire(import.meta.url).resolve('@temporalio/worker/package.json');
  const { version } = JSON.parse(readFileSync(sdk, 'utf8')) as { readonly version: string };
  return [
    `machine   ${availableParallelism()} cores, ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `versions  Node ${process.versions.node}, DuckDB ${duckdbVersion()}, Temporal SDK ${version}, server ${serverVersion()}`,
    `mailmart  ${commit()}`,
  ];
}

/** Runnable processes, averaged over 1, 5 and 15 minutes. */
export function describeLoad(): string {
  return loadavg()
    .map((load) => load.toFixed(2))
    .join(' ');
}

function serverVersion(): string {
  const choice = findServer(undefined, process.env);
  if (choice === undefined) return 'none';
  return choice.kind === 'address' ? `at ${choice.address}` : text(choice.path, '--version');
}

function commit(): string {
  const changed = text('git', '-C', root.pathname, 'status', '--porcelain', '--untracked-files=no');
  return `${text('git', '-C', root.pathname, 'describe', '--always', '--all', '--long')}${changed === '' ? '' : ', with changes'}`;
}

function text(program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    // A version that cannot be asked is no reason not to measure.
    return 'unknown';
  }
}
