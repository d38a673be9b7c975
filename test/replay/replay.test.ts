import { Worker } from '@temporalio/worker';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { workflowBundle } from '../../src/temporal/bundle.ts';
import { failureConverterPath } from '../../src/temporal/data-converter.ts';
import { installRuntime } from '../../src/temporal/host.ts';
import { cacheFolder } from '../../src/temporal/server.ts';
import { historyFromJson } from './history-json.ts';
import { findPersonal, payloadsOf } from './payloads.ts';

installRuntime({ debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined });

const folder = join(import.meta.dirname, 'histories');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .sort();

type Recorded = {
  readonly workflowId: string;
  readonly history: { readonly events: readonly { readonly eventType: string }[] };
};
const read = (name: string): Recorded => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recorded;

const scratch = mkdtempSync(join(tmpdir(), 'mailmart-replay-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Outcome = { readonly name: string; readonly error: string | undefined };

async function replay(bundle: { readonly codePath: string }, names: readonly string[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const histories = names.map((name) => {
    const { workflowId, history } = read(name);
    return { workflowId, history: historyFromJson(history) };
  });
  const results = Worker.runReplayHistories(
    { workflowBundle: bundle, dataConverter: { failureConverterPath } },
    histories,
  );
  let index = 0;
  for await (const { error } of results) {
    outcomes.push({ name: names[index] ?? '', error: error?.message });
    index += 1;
  }
  return outcomes;
}

describe('recorded histories', () => {
  it('are there for every workflow and every way to end', () => {
    const folders = [...new Set(files.map((name) => name.split('/')[0]))];
    expect(folders).toEqual(['runPipeline', 'runScheduled', 'runTransform', 'syncAccount']);
    expect(files.length).toBeGreaterThanOrEqual(30);
    const endings = new Set(files.map((name) => read(name).history.events.at(-1)?.eventType));
    expect([...endings].sort()).toEqual([
      'EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
      'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
    ]);
  });

  it('replay under the code of today', async () => {
    const outcomes = await replay({ codePath: await workflowBundle(cacheFolder(process.env)) }, files);
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(outcomes).toHaveLength(files.length);
  });

  it('do not replay when a workflow was changed without patched()', async () => {
    const code = readFileSync(await workflowBundle(cacheFolder(process.env)), 'utf8');
    const changed = code.replace(
      'this.input.onLoaded();',
      'await (0,_temporalio_workflow__WEBPACK_IMPORTED_MODULE_0__.sleep)(1); this.input.onLoaded();',
    );
    expect(changed).not.toBe(code);
    const codePath = join(scratch, 'changed.js');
    writeFileSync(codePath, changed);
    const [outcome] = await replay({ codePath }, files.filter((name) => name.startsWith('syncAccount/')).slice(0, 1));
    expect(outcome?.error).toMatch(/[Nn]ondeterminism/);
  });

  it('are short, with small payloads, and hold no address and no secret', () => {
    const bad = files.filter((name) => {
      const { history } = read(name);
      const largest = Math.max(...payloadsOf(history).map(({ text }) => text.length));
      return history.events.length > 2_000 || largest > 32 * 1024 || findPersonal(history, []).length > 0;
    });
    expect(bad).toEqual([]);
  });

  it('would be found out by that scan', () => {
    const planted = { a: { metadata: {}, data: Buffer.from('"to ann@example.com"').toString('base64') } };
    expect(findPersonal(planted, [])).toEqual(['.a']);
    expect(
      findPersonal({ b: { metadata: {}, data: Buffer.from('key-4711').toString('base64') } }, ['key-4711']),
    ).toEqual(['.b']);
    expect(findPersonal({ workflowId: 'erase/ann@example.com' }, [])).toEqual(['outside payloads']);
  });
});
