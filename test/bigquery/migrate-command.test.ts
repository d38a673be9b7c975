import path from 'node:path';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { outputSchemas } from '../../src/cli/json-schemas.ts';
import { createFixture, landUnit, row } from '../../src/warehouse/duckdb/load-fixture.ts';
import { company, runCli, temporaryFolder } from '../cli/run-cli.ts';
import { startGoogle, type Google } from './emulator.ts';

let google: Google;
beforeAll(async () => {
  google = await startGoogle();
});
afterAll(() => google.stop());

const config = `# ours
${company}
# Where the tables live.
warehouse: # local
  engine: duckdb
  # a note
  path: .mailmart/warehouse.duckdb
sources:
  - id: shop # the shop
    type: mailchimp
    credentials: { api_key: "\${env:MAILCHIMP_API_KEY}" }
`;

test('dry run, refusal, kill, end: the command from the first look to the switched configuration', async () => {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  folder.write('mailmart.yaml', config);
  const fixture = createFixture(path.join(folder.path, '.mailmart'));
  const warehouse = await fixture.open();
  const fence = await warehouse.takeFence({ source: 'mailchimp', accountId: 'shop', stream: 'members' }, 'run-1');
  const rows = [row('a', { id: 'a' }), row('b', { id: 'b' })];
  await warehouse.load(await landUnit(fixture.landing, { runId: 'run-1', batchId: 'b1', fence }, rows));
  const bucket = await fetch(`${google.storage}/storage/v1/b?project=${google.project}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'acme' }),
  });
  expect(bucket.ok).toBe(true);
  const to = ['migrate', '--to', 'bigquery', '--google-project', google.project, '--dataset-prefix', 'c_'];
  const args = [...to, '--emulator-host', google.bigquery, '--landing', 'gs://acme/mailmart'];
  const options = { cwd: folder.path, env: { STORAGE_EMULATOR_HOST: google.storage } };
  const datasets = async () => {
    const answer = await fetch(`${google.bigquery}/bigquery/v2/projects/${google.project}/datasets`);
    return ((await answer.json()) as { readonly datasets?: readonly unknown[] }).datasets ?? [];
  };

  const locked = await runCli([...args, '--json'], options);
  expect(locked.code).toBe(1);
  expect(JSON.parse(locked.stdout)).toMatchObject({ error: { code: 'WAREHOUSE_LOCKED' } });
  await warehouse.close();

  const dry = await runCli([...args, '--dry-run'], options);
  expect(dry.stderr).toContain('4 tables to copy, 5 rows. Nothing was written.');
  expect(dry.code).toBe(8);
  expect(await datasets()).toEqual([]);

  const killed = await runCli(args, {
    ...options,
    onStart: ({ kill, onOutput }) => {
      onOutput((text) => {
        if (text.includes('copied: 2 rows')) kill('SIGKILL');
      });
    },
  });
  if (killed.code !== null) console.log(killed.stderr);
  expect(killed.code).toBe(null);
  expect(readFileSync(path.join(folder.path, 'mailmart.yaml'), 'utf8')).toBe(config);

  const ended = await runCli([...args, '--write-config', '--json'], options);
  expect(ended.stderr).toContain('Migrated');
  expect(ended.code).toBe(0);
  const answer = outputSchemas['migrate']?.parse(JSON.parse(ended.stdout)) as {
    readonly tables: readonly { readonly table: string; readonly action: string }[];
    readonly comparisons: readonly { readonly equal: boolean; readonly rows: number }[];
  };
  expect(answer.tables.find(({ table }) => table === 'raw.mailchimp__members')?.action).toBe('there');
  expect(answer.tables.find(({ table }) => table === 'ops.checkpoint')?.action).toBe('copy');
  expect(answer.comparisons.every(({ equal }) => equal)).toBe(true);
  expect(readFileSync(path.join(folder.path, 'mailmart.yaml'), 'utf8')).toBe(`# ours
${company}
# Where the tables live.
# local
# a note
warehouse:
  engine: bigquery
  project: ${google.project}
  dataset_prefix: c_
  location: EU
  emulator_host: ${google.bigquery}
sources:
  - id: shop # the shop
    type: mailchimp
    credentials: { api_key: "\${env:MAILCHIMP_API_KEY}" }

landing:
  path: "gs://acme/mailmart"
`);
  const left = await fetch(`${google.storage}/storage/v1/b/acme/o`);
  expect(((await left.json()) as { readonly items?: readonly unknown[] }).items ?? []).toEqual([]);
  expect((await runCli(args, options)).code).toBe(2);
});
