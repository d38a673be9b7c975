import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  compileGraph,
  planTransform,
  TransformError,
  sqlFolder,
  type TransformResult,
} from '../../src/transform/index.ts';
import { tableHash } from '../../src/warehouse/duckdb/index.ts';
import { engagement, list, sent } from './core-seeds.ts';
import { cells, openSqlProject, type SqlProject } from './harness.ts';

/** Folders of closed projects, with seeds alone and after a first transform, and what that ran: each test has a copy of one. */
let seeded: string;
let built: string;
let first: TransformResult;
beforeAll(async () => {
  const fresh = await openSqlProject();
  await fresh.seed('shop', engagement);
  await fresh.close({ keep: true });
  seeded = fresh.folder;
  const next = await openSqlProject({}, undefined, seeded);
  first = await next.transform();
  await next.close({ keep: true });
  built = next.folder;
});
afterAll(async () => {
  for (const folder of [seeded, built]) await rm(folder, { recursive: true, force: true });
});

let project: SqlProject;
const folders: string[] = [];
const open = async (from: string): Promise<void> => {
  project = await openSqlProject({}, undefined, from);
};
afterEach(async () => {
  await project.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A copy of the SQL project with one more file. */
async function planted(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailmart-planted-'));
  folders.push(folder);
  await cp(sqlFolder(), folder, { recursive: true });
  await writeFile(join(folder, 'definitions', name), text);
  return folder;
}

const marts = async (): Promise<readonly string[]> => {
  const names = await project.query(
    "select table_name as name from information_schema.tables where table_schema = 'marts' order by name",
  );
  return await Promise.all(
    cells(names).map(async ([name]) => {
      const hash = await tableHash((sql, params) => project.warehouse.query(sql, params), `marts.${name}`);
      return `${name} ${hash}`;
    }),
  );
};

describe('a transform', () => {
  test('with nothing new runs nothing and leaves every mart as it is', async () => {
    await open(built);
    const before = await marts();
    expect(before.length).toBeGreaterThanOrEqual(8);
    const second = await project.transform();
    expect(second.runs).toEqual([]);
    expect(await marts()).toEqual(before);
  });

  test('with one changed stream runs what depends on it, and no more', async () => {
    await open(built);
    await project.seed('shop', { 'mailchimp.lists': [list('l1', { name: 'Renamed' })] });
    const names = (await project.transform({}, ['core.*'])).runs.map((run) => run.name);
    expect(names).toContain('staging.stg_mailchimp__lists');
    expect(names).toContain('core.dim_list');
    expect(names).not.toContain('core.int_mailchimp_message_event');
    expect(await project.query('select name from core.dim_list')).toEqual([{ name: 'Renamed' }]);
  });

  test('builds events anew when the reporting zone changes, also those that are incremental', async () => {
    await open(seeded);
    const day =
      "select cast(max(event_date) as varchar) as day from core.fct_message_event where event_type = 'sent' and campaign_id = 'c1'";
    await project.transform({}, ['core.fct_message_event']);
    expect(await project.query(day)).toEqual([{ day: '2025-03-30' }]);
    await project.transform({ company: { time_zone: 'America/New_York', currency: 'EUR' } }, ['fct_message_event']);
    expect(await project.query(day)).toEqual([{ day: '2025-03-29' }]);
  });

  test('refuses a selection that names nothing, and says what there is', async () => {
    await open(seeded);
    const refusal: unknown = await project.transform({}, ['campaign_perf']).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TransformError);
    expect(refusal).toMatchObject({
      message: 'No model is named campaign_perf.',
      fix: expect.stringContaining('marts.campaign_performance'),
    });
  });

  test('of some tables checks them, and builds nothing else', async () => {
    await open(seeded);
    const graph = await compileGraph({ engine: 'duckdb', timeZone: 'Europe/Berlin', currency: 'EUR' });
    const { actions } = await planTransform({ warehouse: project.warehouse, graph, select: ['staging.*'] });
    expect(actions.map(({ name }) => name)).toContain('checks.check_stg_mailchimp__sent_to');
    expect(actions.filter(({ name, kind }) => kind !== 'assertion' && !name.startsWith('staging.'))).toEqual([]);
  });

  test('of one mart and of all leave nothing to swap for each other', async () => {
    await open(seeded);
    const names = async (select?: readonly string[]) =>
      (await project.transform({}, select)).runs.map(({ name }) => name);
    const small = ['active_audience_daily', 'audience_growth_daily'];
    await project.transform({}, small);
    expect(await names(small)).toEqual([]);
    expect(await names(['audience_growth_daily'])).toEqual([]);
    expect(await names(small)).toEqual([]);
    // What an older version remembered says nothing of one mart: each is swapped once.
    const older = {
      name: 'marts_build.swap',
      kind: 'operations',
      fingerprint: 'swap.0123456789abcdef01234567',
    } as const;
    await project.warehouse.runModel('older', older, []);
    expect(await names(['audience_growth_daily'])).toEqual(['marts_build.swap']);
    const graph = await compileGraph({ engine: 'duckdb', timeZone: 'Europe/Berlin', currency: 'EUR' });
    const plan = await planTransform({ warehouse: project.warehouse, graph, select: small });
    expect(plan.actions).toMatchObject([
      { name: 'marts.swap', reason: 'inputs', marts: ['marts.active_audience_daily'] },
    ]);
    expect(await names(small)).toEqual(['marts_build.swap']);
    expect(await names(small)).toEqual([]);
  });

  test('in full runs everything again, and gives the same rows', async () => {
    await open(built);
    const before = await marts();
    const again = await project.transform({ full: true });
    expect(again.runs).toHaveLength(first.runs.length);
    expect(again.unchanged).toEqual([]);
    expect(await marts()).toEqual(before);
  });

  test('two actions at once run in an order that the plan allows, and give the same rows', async () => {
    await open(built);
    const before = await marts();
    const again = await project.transform({ full: true, parallel: 2 });
    expect(again.runs.map(({ name }) => name).toSorted()).toEqual(first.runs.map(({ name }) => name).toSorted());
    const graph = await compileGraph({ engine: 'duckdb', timeZone: 'Europe/Berlin', currency: 'EUR' });
    const { actions } = await planTransform({ warehouse: project.warehouse, graph, full: true });
    const ended = new Map(again.runs.map(({ name }, at) => [name.replace('marts_build.', 'marts.'), at]));
    expect([...ended.keys()].toSorted()).toEqual(actions.map(({ name }) => name).toSorted());
    const early = actions.filter(({ name, waitsFor }) =>
      waitsFor.some((needed) => (ended.get(needed) ?? 0) > (ended.get(name) ?? 0)),
    );
    expect(early).toEqual([]);
    expect(await marts()).toEqual(before);
  });

  test('goes on where a killed one stopped: a missing table is built again, an equal one is not', async () => {
    await open(built);
    await project.warehouse.runModel('kill', { name: 'test.kill', kind: 'operations', fingerprint: 'x' }, [
      'drop table core.dim_list',
    ]);
    const names = (await project.transform()).runs.map((run) => run.name);
    expect(names).toEqual(['core.dim_list']);
  });
});

describe('a failed assertion', () => {
  test('on a mart leaves all marts as they were, names rule and rows, and heals when the data does', async () => {
    await open(seeded);
    const check = await planted(
      'checks/planted.sqlx',
      `config { type: "assertion", schema: "checks", description: "no campaign has three recipients" }
select campaign_id from \${ref("campaign_performance")} where campaign_id = 'c2' and sent_count >= 3`,
    );
    expect((await project.transform({ projectDir: check })).failures).toEqual([]);
    const good = await marts();
    await project.seed('shop', { 'mailchimp.sent_to': [sent('c2', 'bob'), sent('c2', 'cid')] });
    const bad = await project.transform({ projectDir: check });
    expect(bad.failures.map((run) => run.message)).toEqual([
      'checks.planted breaks a rule: 1 rows: no campaign has three recipients. The marts stay as they were.',
    ]);
    expect(bad.blocked).toEqual(['marts.swap']);
    expect(await marts()).toEqual(good);
    // Nothing new, the failure stays one.
    const again = await project.transform({ projectDir: check });
    expect(again.runs.map((run) => run.name)).toEqual(['checks.planted']);
    expect(again.failures).toHaveLength(1);
    expect(await marts()).toEqual(good);

    const healed = await project.transform();
    expect(healed.failures).toEqual([]);
    expect(await project.query("select sent_count from marts.campaign_performance where campaign_id = 'c2'")).toEqual([
      { sent_count: 3 },
    ]);
  });

  test('is not passed by, by selecting a mart that it reads', async () => {
    await open(seeded);
    const check = await planted(
      'checks/planted.sqlx',
      `config { type: "assertion", schema: "checks", description: "no campaign has three recipients" }
select campaign_id from \${ref("campaign_performance")} where campaign_id = 'c2' and sent_count >= 3`,
    );
    await writeFile(
      join(check, 'definitions', 'checks', 'planted_between.sqlx'),
      `config { type: "assertion", schema: "checks", description: "no link beside three recipients" }
select campaign_id from \${ref("campaign_performance")} where campaign_id = 'c2' and sent_count >= 3
  and (select count(*) from \${ref("link_performance")}) >= 0`,
    );
    await project.seed('shop', { 'mailchimp.sent_to': [sent('c2', 'bob'), sent('c2', 'cid')] });
    const failing = (names: readonly string[]) =>
      project.transform({ projectDir: check }, names).then(({ failures, blocked }) => ({
        failed: failures.map(({ name }) => name).toSorted(),
        blocked,
      }));
    const blocked = ['marts.swap'];
    // Reads what is selected, and nothing else.
    expect(await failing(['campaign_performance'])).toEqual({ failed: ['checks.planted'], blocked });
    const both = { failed: ['checks.planted', 'checks.planted_between'], blocked };
    expect(await failing(['campaign_performance', 'link_performance'])).toEqual(both);
    // Reads more, and failed last: it comes with what it reads.
    expect(await failing(['campaign_performance'])).toEqual(both);
    expect(await marts()).toEqual([]);
    expect((await project.transform({}, ['campaign_performance'])).failures).toEqual([]);
    expect(await marts()).toHaveLength(1);
  });

  test('on core stops everything that reads the table, before a mart is touched', async () => {
    await open(built);
    const good = await marts();
    const folder = await planted(
      'core/dim_list.sqlx',
      `config { type: "table", schema: "core", assertions: { uniqueKey: ["list_id"] }, columns: { list_id: "id" } }
select 'mailchimp' as source, account_id, list_id, name, member_count_reported, created_at from \${ref("stg_mailchimp__lists")}
union all select 'mailchimp', account_id, list_id, name, member_count_reported, created_at from \${ref("stg_mailchimp__lists")}`,
    );
    await writeFile(
      join(folder, 'definitions', 'marts', 'planted_mart.sqlx'),
      `config { type: "table", schema: "marts", columns: { list_id: "id" } } select list_id from \${ref("dim_list")}`,
    );
    const { failures, blocked } = await project.transform({ projectDir: folder, parallel: 2 });
    expect(failures.map((run) => run.message)).toEqual([
      'core.dim_list breaks a rule: 1 rows: repeated key (list_id). The marts stay as they were.',
    ]);
    expect(blocked).toContain('marts.planted_mart');
    expect(blocked).toContain('marts.swap');
    expect(await marts()).toEqual(good);
  });
});

test('SQL that does not compile is named with its file', async () => {
  await open(seeded);
  const folder = await planted(
    'core/broken.sqlx',
    'config { type: "table", schema: "core" } select * from ${ref("nowhere")}',
  );
  await expect(project.transform({ projectDir: folder })).rejects.toThrow(/broken\.sqlx.*nowhere/s);
  // An include that nearly every model uses: it comes first, and what follows from it is counted.
  await writeFile(join(folder, 'includes', 'columns.js'), `throw new Error('broken on purpose');`);
  const error: unknown = await project.transform({ projectDir: folder }).catch((reason: unknown) => reason);
  const [, first, ...others] = String(error).split('\n');
  expect(first).toBe('includes/columns.js: broken on purpose');
  expect(others).toHaveLength(8);
  expect(others.at(-1)).toMatch(/^\.\.\. and \d\d+ more, /);
});
