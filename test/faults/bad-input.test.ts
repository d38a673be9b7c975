import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenConfigs, placeMark } from '../../src/config/broken-configs.fixture.ts';
import { visible } from '../../src/demo/visible.ts';
import { createWorld } from '../../src/demo/world.ts';
import { type Bench, openBench } from '../e2e/harness.ts';
import { cleanEnv, type Ended, startCommand } from '../e2e/processes.ts';
import { withPublished, withWarehouse } from '../e2e/tables.ts';
import { differencesOf, expectNoStack } from '../e2e/truth.ts';

// What people and vendors get wrong, through the real command: words that say what, where and what to do; the exit code; a
// row in quarantine; and what was served is what was loaded and what was refused, to the record.

const world = createWorld({ seed: 1, size: 'tiny' });

describe('mailmart.yaml', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'mailmart-config-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const seen = new Set<string>();
  const oneOfEach = brokenConfigs.filter(({ code }) => seen.size < seen.add(code).size);

  it.each(oneOfEach)('$code: $name', async ({ text, code, suggestion }) => {
    const at = text.indexOf(placeMark);
    const before = text.slice(0, at);
    writeFileSync(path.join(folder, 'mailmart.yaml'), text.replace(placeMark, ''));
    const end = await startCommand(['run'], { cwd: folder, env: cleanEnv({ MAILCHIMP_API_KEY: 'k'.repeat(32) }) })
      .ended;
    expectNoStack(end);
    expect(end.code).toBe(3);
    const place = `mailmart.yaml:${before.split('\n').length}:${at - before.lastIndexOf('\n')}`;
    expect(end.stderr).toMatch(new RegExp(`^Error ${code}: .+[.]\n {2}Where: ${place.replaceAll('.', '[.]')}\n`, 'm'));
    expect(end.stderr.trimEnd().split('\n').at(-1)).toMatch(/^ {2}Fix: ./);
    if (suggestion !== undefined) expect(end.stderr).toContain(suggestion);
    // Nothing was begun that would have to be tidied up.
    expect(existsSync(path.join(folder, '.mailmart'))).toBe(false);
  });

  it('covers every mistake that has a name', () => expect(oneOfEach.length).toBeGreaterThanOrEqual(12));
});

describe('data and names', () => {
  let bench: Bench;
  beforeAll(async () => void (bench = await openBench()));
  afterAll(() => bench.close());

  const quarantine = () =>
    withPublished(bench.published, (query) =>
      query('select source, stream, path, reason, row_count from status.quarantine order by all'),
    );
  const rawCount = (table: string): Promise<number> =>
    withWarehouse(bench.warehouse, async (query) => {
      const rows = await query(`select count(*) as n from raw.${table} where _deleted_at is null`);
      return Number(rows[0]?.['n']);
    });
  const read = (end: Ended, stream: string): number =>
    Number(new RegExp(` ${stream} +\\S+ +([\\d,]+)`).exec(end.stdout)?.[1]?.replaceAll(',', ''));

  it('an unknown stream: exit 2 with what was meant, and nothing is started', async () => {
    const end = await bench.cli('sync', '--stream', 'email_activty');
    expectNoStack(end);
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/^Error CONFIG_STREAM: There is no stream "email_activty"/m);
    expect(end.stderr).toMatch(/^ {2}Fix: Did you mean email_activity\?$/m);
    expect(existsSync(bench.warehouse)).toBe(false);
  });

  it('a wrong key: exit 4, the source by name, never the key', async () => {
    const wrong = 'f00dfeed'.repeat(4);
    writeFileSync(path.join(bench.folder, 'wrong-key'), `${wrong}-us1`, { mode: 0o600 });
    const sources = [
      {
        id: 'shop-newsletter',
        type: 'mailchimp',
        credentials: { api_key: '${file:wrong-key}' },
        base_url: bench.simulator.url,
      },
    ];
    bench.writeConfig({ sources });
    const end = await bench.cli('run');
    bench.writeConfig();
    expectNoStack(end);
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(
      /^Error SOURCE_AUTH: .* answered 401 \(API Key Invalid\)\. Fix: .*make a new key .*update the secret\.$/m,
    );
    expect(
      end.stdout + end.stderr + readFileSync(path.join(bench.folder, '.mailmart/logs/mailmart.log'), 'utf8'),
    ).not.toContain(wrong);
  });

  it('records whose key has the wrong type: quarantine, exit 5, all others loaded', async () => {
    // Of the list as it is and of its archived contacts, whom no count of the source would miss.
    await bench.simulator.addFaults({ kind: 'wrong_type', path: '/lists/a1b2c3d4e5/members$', field: 'id', times: 2 });
    const end = await bench.cli('run');
    await bench.simulator.clearFaults();
    expectNoStack(end);
    expect(end.code).toBe(5);
    expect(end.stdout).toMatch(/members: 2 records are in quarantine: members\[\]\.id, first at .*, page 1 record 1$/m);
    expect(end.stdout).toContain('mailmart query "from status.quarantine"');
    expect(await quarantine()).toMatchObject([
      { source: 'mailchimp', stream: 'members', path: 'members[].id', row_count: 2 },
    ]);
    // The command that the message names works.
    const shown = await bench.cli('query', 'from status.quarantine', '--json');
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.stdout)).toMatchObject({ rows: [expect.anything()] });
  });

  it('is healed by the next run, when the source gives the records rightly', async () => {
    const end = await bench.cli('run');
    expectNoStack(end);
    expect(end.code).toBe(0);
    expect(await differencesOf(bench, world, [world.now])).toEqual({});
    expect(await rawCount('mailchimp__members')).toBe(visible(world, world.now).members.length);
  });

  it('broken rows of a CSV and a quotation mark that is never closed: each in quarantine with its line, exit 5, and not a row lost', async () => {
    const costs = path.join(bench.folder, 'data/costs.csv');
    const before = await rawCount('file__costs');
    const whole = readFileSync(costs, 'utf8').trim();
    const lines = whole.split('\n').length;
    // Enough good ones that the bad are below one in twenty: above that the mapping is blamed, not the rows.
    const good = Array.from({ length: 60 }, (_none, n) => `y-${n},shop-newsletter,,,tools,12.50,EUR,2026-06-01`);
    const bad = [
      'x-2,shop-newsletter,,,tools,"1.234,56",EUR,2026-06-01',
      'x-3,shop-newsletter,,,tools,12.50,EUR,2026-02-30',
      'x-4,shop-newsletter,,,gold,12.50,EUR,2026-06-01',
      'x-5,shop-newsletter,tools,12.50,EUR,2026-06-01',
      ',shop-newsletter,,,tools,12.50,EUR,2026-06-01',
    ];
    appendFileSync(costs, `${[...good, ...bad].join('\n')}\n`);
    const rates = path.join(bench.folder, 'data/fx_rates.csv');
    const wholeRates = readFileSync(rates, 'utf8');
    const ratesBefore = (await bench.raw())['file__fx_rates'];
    appendFileSync(rates, '2026-06-29,"USD,EUR,0.9\n');
    const end = await bench.cli('run');
    writeFileSync(rates, wholeRates);
    expectNoStack(end);
    expect(end.code).toBe(5);
    // Where no row can be told from the next, all other rows stay as they were.
    expect(end.stdout).toMatch(
      /fx_rates: 1 record is in quarantine: \(row\), first at file=data\/fx_rates\.csv, fx_rates\.csv line \d+$/m,
    );
    expect(ratesBefore).toEqual(expect.any(String));
    expect((await bench.raw())['file__fx_rates']).toBe(ratesBefore);
    expect(end.stdout).toMatch(
      /costs: 5 records are in quarantine: .*, first at file=data\/costs\.csv, costs\.csv line \d+$/m,
    );
    const refused = await withWarehouse(bench.warehouse, (query) =>
      query(
        "select position, path, reason, record from ops.quarantine where stream = 'costs' order by cast(regexp_extract(position, '\\d+') as int), path",
      ),
    );
    expect(refused).toHaveLength(bad.length);
    expect(await rawCount('file__costs')).toBe(before + good.length);
    expect(read(end, 'costs') + bad.length).toBe(readFileSync(costs, 'utf8').trim().split('\n').length - 1);
    // By line, as an editor numbers them, whether the row can be split or not.
    const first = lines + good.length + 1;
    expect(refused.map(({ position, path: where }) => [position, where])).toEqual([
      [`costs.csv line ${first}`, 'costs.amount'],
      [`costs.csv line ${first + 1}`, 'costs.incurred_on'],
      [`costs.csv line ${first + 2}`, 'costs.kind'],
      [`costs.csv line ${first + 3}`, '(row)'],
      [`costs.csv line ${first + 4}`, 'cost_id'],
    ]);
    for (const { reason, record } of refused) {
      expect(String(reason)).toMatch(/\w+ \w+ \w+/);
      expect(String(record)).toContain('shop-newsletter');
    }
    const quarantined = async (): Promise<number> =>
      await withPublished(bench.published, async (query) => {
        const [row] = await query("select sum(row_count) as n from status.quarantine where stream = 'costs'");
        return Number(row?.['n']);
      });
    expect(await quarantined()).toBe(bad.length);
    const positions = await withPublished(bench.published, (query) =>
      query("select first_position from status.quarantine where stream = 'costs' and path = 'costs.kind'"),
    );
    expect(positions).toEqual([{ first_position: `costs.csv line ${first + 2}` }]);

    // Nobody touched the file: it is not read again, nothing new is in quarantine, and what is there stays to be seen.
    const again = await bench.cli('run');
    expect([again.code, read(again, 'costs')]).toEqual([0, 0]);
    expect(await quarantined()).toBe(bad.length);
  });
});
