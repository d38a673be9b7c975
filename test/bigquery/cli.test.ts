import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThroughClient } from 'google-auth-library';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputSchemas } from '../../src/cli/json-schemas.ts';
import { createLocalLanding } from '../../src/landing/local.ts';
import { aheadOfTransform, runTransform } from '../../src/transform/index.ts';
import { openBigquery } from '../../src/warehouse/bigquery/index.ts';
import { publishTo } from '../../src/warehouse/duckdb/index.ts';
import { company, runCli, temporaryFolder } from '../cli/run-cli.ts';
import { startGoogle, type Google } from './emulator.ts';

// What a person is told of BigQuery: check, plan and status, through the command.

let google: Google;
let folder: ReturnType<typeof temporaryFolder>;
/** Requests to Google since the last look. */
let requests: string[] = [];
let proxies: readonly { readonly url: string; close(): void }[] = [];
const now = '2026-06-30T12:00:00Z';
const model = 'staging.stg_file__costs';

beforeAll(async () => {
  google = await startGoogle();
  folder = temporaryFolder();
  proxies = [await counting(google.bigquery), await counting(google.storage)];
  await fetch(`${google.storage}/storage/v1/b?project=test`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'acme-data' }),
  });
  configure('acme-data');
});
afterAll(async () => {
  for (const proxy of proxies) proxy.close();
  await google.stop();
  folder.remove();
});

/** Passes everything on and keeps a list. */
async function counting(target: string): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url?.split('?')[0]}`);
    const passed = forward(
      `${target}${incoming.url}`,
      { method: incoming.method, headers: { ...incoming.headers, host: new URL(target).host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function configure(bucket: string, host = proxies[0]?.url ?? ''): void {
  folder.write(
    'mailmart.yaml',
    `${company}sources: []
warehouse: { engine: bigquery, project: test, dataset_prefix: mail_, location: EU, max_bytes_per_run: 10MB, emulator_host: "${host}" }
landing: { path: "gs://${bucket}/mailmart" }
`,
  );
}

type Finding = { group: string; item: string; status: string; message: string; fix?: string };

async function run(...args: readonly string[]) {
  requests = [];
  const env = { MAILMART_CLOCK: now, STORAGE_EMULATOR_HOST: proxies[1]?.url ?? '' };
  const result = await runCli([...args, '--json'], { cwd: folder.path, env });
  const document: unknown = outputSchemas[args[0] ?? '']?.parse(JSON.parse(result.stdout));
  return { ...result, document };
}

async function check(...flags: readonly string[]) {
  const { code, document } = await run('check', ...flags);
  const { findings } = document as { findings: Finding[] };
  const of = (group: string): Readonly<Record<string, string>> =>
    Object.fromEntries(findings.filter((one) => one.group === group).map(({ item, status }) => [item, status]));
  return { code, findings, quick: of('warehouse'), deep: of('warehouse, deep') };
}

/** What is in the emulators now. */
async function everything(): Promise<readonly string[]> {
  const { datasets = [] } = (await (await fetch(`${google.bigquery}/bigquery/v2/projects/test/datasets`)).json()) as {
    datasets?: { id: string }[];
  };
  const { items = [] } = (await (await fetch(`${google.storage}/storage/v1/b/acme-data/o`)).json()) as {
    items?: { name: string }[];
  };
  // The emulator keeps each job's result in a dataset that is named like the job.
  const own = datasets.map(({ id }) => id).filter((id) => !id.startsWith('mailmart_'));
  return [...own, ...items.map(({ name }) => name)].toSorted();
}

describe('check', () => {
  it('asks Google at most three times and writes nothing', async () => {
    const { code, quick, findings } = await check();
    expect(quick).toEqual({
      emulator: 'warning',
      credentials: 'ok',
      datasets: 'ok',
      bucket: 'skipped',
      published: 'skipped',
    });
    expect(findings.find(({ item }) => item === 'datasets')?.message).toContain('mail_raw, mail_staging');
    expect(code).toBe(0);
    expect(requests.length).toBeGreaterThan(1);
    expect(requests.length).toBeLessThanOrEqual(3);
    expect(requests.every((request) => request.startsWith('GET '))).toBe(true);
    expect(await everything()).toEqual([]);
  });

  it('names a bucket that is not there, and an address where nobody answers', async () => {
    configure('acme-other');
    const missing = await check();
    expect(missing.findings.find(({ item }) => item === 'bucket')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('there is no bucket acme-other') as string,
      fix: expect.stringContaining('gcloud storage buckets create') as string,
    });
    expect(missing.code).toBe(1);
    configure('acme-data', 'http://127.0.0.1:1');
    const silent = await check();
    expect(silent.findings.find(({ item }) => item === 'reachability')).toMatchObject({ status: 'failed' });
    expect(silent.code).toBe(1);
    configure('acme-data');
  });

  it('--deep says of an emulator only what it can show, and leaves nothing', async () => {
    const { code, deep, findings } = await check('--deep');
    expect(deep).toEqual({
      'permission:objects': 'ok',
      'permission:jobs': 'ok',
      'permission:tables': 'ok',
      load: 'ok',
      gzip: 'skipped',
      repeated_job: 'skipped',
      partition_filter: 'skipped',
      pruning: 'skipped',
      merge_pruning: 'skipped',
      bytes_limit: 'skipped',
      atomicity: 'skipped',
      conflict: 'skipped',
      wide_numbers: 'skipped',
      labels: 'skipped',
      slot_time: 'skipped',
      denied_message: 'skipped',
      lifecycle: 'skipped',
      clean_up: 'ok',
      'clean_up:bucket': 'ok',
    });
    const skipped = findings.filter(({ group, status }) => group === 'warehouse, deep' && status === 'skipped');
    expect(skipped.every(({ message }) => message.includes('the emulator does not'))).toBe(true);
    expect(code).toBe(0);
    expect(await everything()).toEqual([]);
  });
});

describe('plan and status', () => {
  const open = () =>
    openBigquery({
      project: 'test',
      location: 'EU',
      emulator: google.bigquery,
      authClient: new PassThroughClient(),
      datasetPrefix: 'mail_',
      landing: createLocalLanding(join(folder.path, 'landing')),
      clock: { now: () => now },
      publish: publishTo(join(folder.path, '.mailmart', 'published.duckdb')),
    });
  const transform = {
    config: { company: { time_zone: 'Europe/Berlin', currency: 'EUR' }, sources: [], campaigns: [] },
    clock: { now: () => now },
    select: [model],
  };

  it('before anything is there: what would run, bytes unknown and why; nothing is made', async () => {
    const { code, document } = await run('plan', '--select', model);
    expect(document).toMatchObject({
      changes: true,
      models: [
        {
          name: model,
          reason: 'missing',
          bytes: null,
          note: expect.stringContaining('unknown until its inputs') as string,
        },
        { kind: 'assertion', bytes: null, note: `unknown until its inputs are built (${model})` },
      ],
      cost: { bytes: 0, is_complete: false, over_budget: [] },
    });
    expect(code).toBe(8);
    expect(await everything()).toEqual([]);
  });

  it('bytes of each model by dry run; after the run nothing to do, and status tells what was billed', async () => {
    const warehouse = await open();
    const made = await everything();
    await runTransform({ ...transform, warehouse, runId: 'r1' });
    expect((await aheadOfTransform({ ...transform, warehouse })).isBilled).toBe(true);
    const settled = await run('plan', '--select', model);
    expect(settled.document).toMatchObject({
      changes: false,
      models: [],
      unchanged: 2,
      cost: { bytes: 0, is_complete: true },
    });
    expect(settled.code).toBe(0);
    expect(await everything()).toEqual(made);

    // As after a change of its SQL: the inputs are there now, so its bytes are known.
    await warehouse.recordModel('r0', {
      name: model,
      kind: 'table',
      fingerprint: 'older.than',
      rows: null,
      durationMs: 1,
      status: 'done',
      message: null,
      bytes: { estimated: 1, billed: 2_000_000 },
    });
    const moved = await run('plan', '--select', model);
    expect(moved.document).toMatchObject({
      models: [{ name: model, reason: 'definition', bytes: expect.any(Number) as number, note: null }],
      cost: { is_complete: true, max_bytes_per_run: 10 * 1024 ** 2 },
    });
    const noted = { kind: 'transform', accountId: null, startedAt: now, finishedAt: now, status: 'done' } as const;
    for (const runId of ['r1', 'r0']) await warehouse.recordRun({ ...noted, runId, verdict: null, message: null });
    await warehouse.publish('r0');
    const { document } = await run('status');
    expect(document).toMatchObject({
      cost: {
        run_id: 'r0',
        bytes_billed: 2_000_000,
        max_bytes_per_run: 10 * 1024 ** 2,
        dearest: [{ name: model, bytes_billed: 2_000_000 }],
      },
    });
    const words = await runCli(['status'], { cwd: folder.path, env: { MAILMART_CLOCK: now } });
    expect(words.stdout).toMatch(/^Cost: .*Billed: 1\.9 MiB of the 10\.0 MiB/m);
    expect(words.stdout).toContain(`- ${model}: 1.9 MiB`);
  });
});
