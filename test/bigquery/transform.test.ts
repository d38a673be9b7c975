import { PassThroughClient } from 'google-auth-library';
import { expect, onTestFinished, test } from 'vitest';
import type { TransformConfig } from '../../src/transform/index.ts';
import { openBigquery } from '../../src/warehouse/bigquery/index.ts';
import { activity, engagement } from '../sql/core-seeds.ts';
import { openSqlProject, type SqlProject } from '../sql/harness.ts';
import { compareMarts } from './compare-marts.ts';
import { startGoogleForTest } from './emulator.ts';

// What mailmart itself does on BigQuery: landed parts, load jobs, the compiled graph, the swap of the marts.

const config: Partial<TransformConfig> = {
  company: { time_zone: 'America/St_Johns', currency: 'CAD' },
  campaigns: [{ match: 'c1', goal: 'lead_generation', conversion_value: '3.333333333' }],
};

async function opened(): Promise<{ readonly duck: SqlProject; readonly big: SqlProject }> {
  const google = await startGoogleForTest();
  const duck = await openSqlProject(config);
  const big = await openSqlProject(config, (landing, clock) =>
    openBigquery({
      project: google.project,
      location: 'EU',
      emulator: google.bigquery,
      authClient: new PassThroughClient(),
      datasetPrefix: 'mail_',
      landing,
      clock,
      backoff: () => 5,
      publish: () => Promise.reject(new Error('not published here')),
    }),
  );
  for (const project of [duck, big]) onTestFinished(() => project.close());
  return { duck, big };
}

/** Needs every kind of action and few of each; all marts are compared in parity.test.ts. */
const marts = ['client_share'];

async function differences(duck: SqlProject, big: SqlProject): Promise<readonly string[]> {
  const found: string[] = [];
  for (const mart of marts) {
    const name = `marts.${mart}`;
    const [ours, theirs] = await Promise.all(
      [duck, big].map(({ warehouse }) => warehouse.query(`select * from ${warehouse.quote(name)}`)),
    );
    found.push(...compareMarts(mart, ours ?? [], theirs ?? []));
  }
  return found;
}

test('a first transform, one with nothing new, and one after a late event give DuckDB’s marts', async () => {
  const { duck, big } = await opened();
  for (const project of [duck, big]) {
    project.setNow('2025-04-20T12:00:00.000Z');
    await project.seed('shop', engagement);
    expect((await project.transform({}, marts)).failures).toEqual([]);
  }
  expect(await differences(duck, big)).toEqual([]);

  const nothing = await big.transform({}, marts);
  expect([nothing.runs.length, nothing.failures]).toEqual([0, []]);

  // The clock is one for both, and stands in the same second: what the marts say of their inputs' age is equal.
  for (const project of [duck, big]) {
    project.setNow('2025-04-21T12:00:00.000Z');
    await project.seed('shop', {
      'mailchimp.email_activity': [activity('c1', 'ann', 'open', '2025-04-20T23:59:00+00:00', { ip: '192.0.2.1' })],
    });
  }
  const late = await big.transform({}, marts);
  expect(late.failures).toEqual([]);
  expect(late.runs.filter(({ kind }) => kind === 'incremental').map(({ name }) => name)).toEqual([
    'staging.stg_mailchimp__email_activity',
    'core.int_mailchimp_message_event',
  ]);
  expect((await duck.transform({}, marts)).failures).toEqual([]);
  expect(await differences(duck, big)).toEqual([]);
  const [opens] = await big.query(
    `select count(*) as n from ${big.warehouse.quote('core.int_mailchimp_message_event')}
    where event_type = 'open' and event_date = date '2025-04-20'`,
  );
  expect(opens).toEqual({ n: 1 });
});
