import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputSchemas } from '../../src/cli/json-schemas.ts';
import { connectClient, type Place } from '../../src/temporal/connection.ts';
import { dataConverterFor } from '../../src/temporal/data-converter.ts';
import { books, company, runCli, temporaryFolder } from './run-cli.ts';

type Plan = {
  changes: boolean;
  streams: { stream: string; mode: string; slices: number }[];
  models: { name: string; kind: string; reason: string; incremental: boolean; bytes: number | null }[];
  unchanged: number;
  cost: object | null;
};

const model = 'staging.stg_file__costs';
const env = { MAILMART_CLOCK: '2026-06-30T12:00:00Z' };

let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder();
  // Nothing of the company's files has orders.
  folder.write('mailmart.yaml', `${company}${books.replace('[costs]', '[costs, orders]')}`);
  folder.write('costs.csv', 'cost_id,kind,amount,day\n1,staff,10.50,2026-01-01\n');
});
afterAll(() => folder.remove());

const cli = (...args: readonly string[]) => runCli(args, { cwd: folder.path, env });

/** `mailmart worker`, ready for work. */
async function startWorker() {
  const ready = Promise.withResolvers<void>();
  let kill: (signal: NodeJS.Signals) => void = () => undefined;
  const ended = runCli(['worker'], {
    cwd: folder.path,
    env,
    onStart: (child) => {
      kill = child.kill;
      child.onOutput((text) => text.includes('Stop it with Ctrl-C') && ready.resolve());
    },
  });
  await ready.promise;
  return { ended, kill };
}

/** Hash of every file of the project, the Temporal server's own aside. */
const files = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder.path, { recursive: true })
      .map(String)
      .filter((name) => statSync(join(folder.path, name)).isFile() && !/temporal|mailmart\.log/.test(name))
      .toSorted()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder.path, name)))
          .digest('hex'),
      ]),
  );

async function plan(...args: readonly string[]): Promise<Plan & { readonly code: number | null }> {
  const before = files();
  const { code, stdout, stderr } = await cli('plan', '--json', ...args);
  expect(stderr).not.toContain('Error');
  // Looks and writes nothing.
  expect(files()).toEqual(before);
  return { ...(outputSchemas['plan']?.parse(JSON.parse(stdout)) as Plan), code };
}

describe('plan, on the embedded warehouse', { timeout: 180_000 }, () => {
  it('of a project that never ran: everything, and no file is made', async () => {
    const first = await plan();
    expect(first).toMatchObject({ code: 8, changes: true, unchanged: 0, cost: null });
    expect(first.streams).toMatchObject([
      { stream: 'costs', mode: 'first', slices: 1 },
      { stream: 'orders', mode: 'nothing', slices: 0 },
    ]);
    expect(first.models.length).toBeGreaterThan(50);
    expect(first.models.every(({ reason, bytes }) => reason === 'missing' && bytes === null)).toBe(true);
    expect(Object.keys(files())).toEqual(['costs.csv', 'mailmart.yaml']);
  });

  it('after a sync and a transform nothing', async () => {
    expect((await cli('sync')).code).toBe(0);
    expect((await cli('transform', '--select', model)).code).toBe(0);
    const settled = await plan('--select', model);
    expect(settled).toMatchObject({ code: 0, changes: false, models: [], unchanged: 2, cost: null });
    expect(settled.streams).toMatchObject([
      { stream: 'costs', mode: 'nothing' },
      { stream: 'orders', mode: 'nothing' },
    ]);
  });

  it('through a worker that owns the file: exactly what the next transform runs; in words nothing of bytes', async () => {
    folder.write('costs.csv', 'cost_id,kind,amount,day\n1,staff,10.50,2026-01-01\n2,tools,3,2026-01-02\n');
    const worker = await startWorker();
    try {
      expect((await cli('sync')).code).toBe(0);
      const moved = await plan('--select', model);
      expect(moved).toMatchObject({ code: 8, changes: true, unchanged: 0 });
      expect(moved.models).toMatchObject([
        { name: model, kind: 'table', reason: 'inputs' },
        { kind: 'assertion', reason: 'inputs' },
      ]);
      const ran = JSON.parse((await cli('transform', '--json', '--select', model)).stdout) as { transform: object };
      expect(ran.transform).toMatchObject({ built: moved.models.length, unchanged: moved.unchanged });
      const { stdout, stderr, code } = await cli('plan', '--select', model);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^books +costs +nothing is due/m);
      expect(stderr).toContain('Nothing to do');
      expect(`${stdout}${stderr}`).not.toMatch(/US\$|bytes|MiB/);
    } finally {
      worker.kill('SIGTERM');
    }
    expect((await worker.ended).code).toBe(0);
  });

  it('ends when the worker that it asks is killed', async () => {
    const worker = await startWorker();
    // It takes no work any more, and has not gone yet.
    worker.kill('SIGSTOP');
    const asking = cli('plan');
    const record = JSON.parse(readFileSync(join(folder.path, '.mailmart/worker.json'), 'utf8')) as Place;
    const client = await connectClient(record, {}, dataConverterFor(null));
    const query = 'WorkflowType = "lookAhead" AND ExecutionStatus = "Running"';
    while ((await client.workflow.count(query)).count === 0) await delay(50);
    await client.connection.close();
    worker.kill('SIGKILL');
    const gone = performance.now();
    const { code, stderr } = await asking;
    expect(performance.now() - gone).toBeLessThan(5_000);
    expect(stderr).toMatch(/Error RUN_FAILED[^]*The worker \(process \d+\) has gone/);
    expect(code).toBe(1);
    await worker.ended;
  });

  it('a model that there is not is a mistake on the command line', async () => {
    const { code, stderr } = await cli('plan', '--select', 'campaign_performence');
    expect(stderr).toMatch(/Error MODEL_UNKNOWN[^]*campaign_performance/);
    expect(code).toBe(2);
  });
});

it('check --deep compares the tables with the ledger', { timeout: 60_000 }, async () => {
  const { stdout, code } = await cli('check', '--deep', '--json');
  const { findings } = JSON.parse(stdout) as { findings: { item: string }[] };
  expect(findings.find(({ item }) => item === 'ledger')).toMatchObject({
    status: 'ok',
    message: expect.stringContaining('of 1 raw tables say the same') as string,
  });
  expect(code).toBe(0);
});
