import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awaitNoProcesses, cleanEnv, type Ended, startCommand } from './processes.ts';
import { martHashes } from './tables.ts';
import { expectNoStack } from './truth.ts';

describe('mailmart demo', () => {
  let folder: string;
  let first: Ended;
  let second: Ended;
  const demo = (name: string): Promise<Ended> =>
    startCommand(['demo', '--size', 'tiny', '--seed', '5', '--no-open', '--dir', name], {
      cwd: folder,
      env: cleanEnv(),
    }).ended;
  const at = (...names: readonly string[]): string => path.join(folder, ...names);
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailmart-demo-'));
    first = await demo('one');
    second = await demo('other');
  });
  afterAll(async () => {
    const left = await awaitNoProcesses(folder);
    rmSync(folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
  });

  it('ends with the KPIs, the path of the report and a complete verdict', () => {
    expectNoStack(first);
    expect(first.code).toBe(0);
    expect(first.stderr.trimEnd().split('\n').at(-1)).toMatch(/^Verdict: Complete in .*, published\.$/);
    for (const kpi of [
      /^E-mails sent +\d[\d,]*$/m,
      /^Open rate \(people\) +[\d.]+ %$/m,
      /^Active audience, 90 days +\d+ of \d+ \([\d.]+ %\)$/m,
      /^Net revenue +-?[\d,.]+ EUR$/m,
      /^Profit +-?[\d,.]+ EUR$/m,
      /^Numbers .* the source’s own +\d+ of \d+$/m,
    ]) {
      expect(first.stdout).toMatch(kpi);
    }
    const report = /^Report: +(\S+)$/m.exec(first.stdout)?.[1] ?? '';
    expect(report).toBe(at('one', 'report/index.html'));
    expect(readFileSync(report, 'utf8')).toContain('</html>');
  });

  it('gives the same numbers and the same words for the same seed, in another folder and at another time', async () => {
    expect(second.code).toBe(0);
    const marts = await martHashes(at('one', '.mailmart/published.duckdb'));
    expect(Object.keys(marts)).toHaveLength(21);
    expect(await martHashes(at('other', '.mailmart/published.duckdb'))).toEqual(marts);
    const table = ({ stdout }: Ended): string => /^KPI +value\n[^]*?\n\n/m.exec(stdout)?.[0] ?? 'no table';
    expect(table(second)).toBe(table(first));
  });

  it('leaves a project that other commands work on', async () => {
    const query = await startCommand(
      ['query', 'select count(*) as n from marts.campaign_performance', '--json', '--project', at('one')],
      { cwd: folder, env: cleanEnv() },
    ).ended;
    expect(query.code).toBe(0);
    expect(JSON.parse(query.stdout)).toMatchObject({ command: 'query' });
    const status = await startCommand(['status', '--project', at('one')], { cwd: folder, env: cleanEnv() }).ended;
    expectNoStack(status);
    expect(status.code).toBe(0);
    expect(existsSync(at('one', '.mailmart/worker.json'))).toBe(false);
  });
});
