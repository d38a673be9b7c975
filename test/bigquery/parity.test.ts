import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { day } from '../../src/demo/instant.ts';
import type { World } from '../../src/demo/types.ts';
import { sqlFolder } from '../../src/transform/index.ts';
import type { Warehouse } from '../../src/warehouse/port.ts';
import { engagement, row } from '../sql/core-seeds.ts';
import { openSqlProject, type Seeds, type SqlProject } from '../sql/harness.ts';
import type { InProcess } from '../truth/in-process.ts';
import { both, differencesOf, everything, pipeline } from '../truth/pipeline.ts';
import { compareMarts } from './compare-marts.ts';
import { parityWorld } from './parity-world.ts';
import { martsOf, startSqlEmulator, type BigProject, type ProjectOptions } from './sql-harness.ts';

// The same rows, the same project compiled twice: each mart cell by cell. DuckDB's side is held against the truth elsewhere.

/** They need every incremental model; the emulator takes a second for each table that it makes anew. */
const incrementalMarts = [
  'campaign_performance',
  'link_performance',
  'active_audience_daily',
  'client_share',
  'subscriber_ltv',
];

/** Every world has an emulator of its own: one starts in half a second, and is slower with each table that it holds. */
async function open(options: ProjectOptions = {}): Promise<BigProject> {
  const emulator = await startSqlEmulator();
  onTestFinished(() => emulator.stop());
  return await emulator.open(options);
}

async function differences(
  warehouse: Pick<Warehouse, 'query'>,
  big: BigProject,
  marts: readonly string[] = martsOf(big.graph),
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const mart of marts) {
    const duck = await warehouse.query(`select * from marts.${mart}`);
    found.push(...compareMarts(mart, duck, await big.mart(mart)));
  }
  return found;
}

async function filled(warehouse: Pick<Warehouse, 'query'>, marts: readonly string[]): Promise<readonly string[]> {
  const empty: string[] = [];
  for (const mart of marts) {
    const [counted] = await warehouse.query(`select count(*) as n from marts.${mart}`);
    if (counted?.['n'] === 0) empty.push(mart);
  }
  return empty;
}

async function project(config: Parameters<typeof openSqlProject>[0], now: string): Promise<SqlProject> {
  const opened = await openSqlProject(config);
  onTestFinished(() => opened.close());
  opened.setNow(now);
  return opened;
}

/** The same after a later sync, incrementally, from marts that are built and agree. */
async function agreeLater(run: InProcess, world: World, big: BigProject): Promise<void> {
  const marts = incrementalMarts;
  const events = 'select account_id, count(*) as n from core.fct_message_event group by account_id order by account_id';
  const before = await run.warehouse.query(events);
  expect(before.map(({ account_id }) => account_id)).toEqual(['lifecycle-mail', 'shop-newsletter']);
  await run.moveTo(world.now + 1.5 * day);
  await everything(run);
  const after = await run.warehouse.query(events);
  for (const [index, { n }] of after.entries()) expect(n).toBeGreaterThan(Number(before[index]?.['n']));
  await big.copyFrom(run.warehouse);
  const second = await big.transform({ incremental: true, assertions: false, marts });
  expect(second.failures).toEqual([]);
  const incremental = big.graph.actions.filter((action) => action.incremental !== undefined);
  expect(second.goneOn).toEqual(incremental.flatMap(({ kind, name }) => (kind === 'assertion' ? [] : [name])));
  expect(await differences(run.warehouse, big, marts)).toEqual([]);
}

describe('DuckDB and BigQuery give the same marts', () => {
  test.each([
    [1, 'and incrementally after a later sync'],
    [2, 'once'],
    [3, 'once'],
  ])('of the demo world, seed %i, %s', async (seed, often) => {
    const world = parityWorld(seed);
    const run = await pipeline({ world, sources: both });
    // Its tests are too thin for two groups of each; all else is the truth, and so is what BigQuery makes of it.
    const { ab_test_results: _thin, ...different } = await differencesOf(run, world, { sources: both });
    expect(different).toEqual({});
    const big = await open();
    await big.copyFrom(run.warehouse);
    // Assertions once: they are half of the time.
    expect((await big.transform({ assertions: seed === 1 })).failures).toEqual([]);
    expect(await filled(run.warehouse, martsOf(big.graph))).toEqual([]);
    expect(await differences(run.warehouse, big)).toEqual([]);
    if (often !== 'once') await agreeLater(run, world, big);
  });

  test('of every kind of event, in a zone with half hours and another currency', async () => {
    const { duck, big } = await everyKind();
    expect((await big.transform()).failures).toEqual([]);
    const [kinds] = await duck.query('select count(distinct event_type) as n from core.fct_message_event');
    expect(kinds).toEqual({ n: 9 });
    expect(await differences(duck.warehouse, big)).toEqual([]);
  });

  const csv = path.resolve(process.env['MAILMART_SHARED'] ?? '../shared', 'data/hillstrom.csv.gz');
  test.skipIf(!existsSync(csv))('of every hundredth customer of the Hillstrom test', async () => {
    const duck = await project(
      {
        company: { time_zone: 'UTC', currency: 'USD' },
        sources: [{ id: 'hillstrom', type: 'file' }],
        campaigns: [{ match: '^Spring', goal: 'customer_acquisition' }],
      },
      '2008-04-01T12:00:00.000Z',
    );
    const seeds = hillstrom(gunzipSync(readFileSync(csv)).toString('utf8'), 100);
    expect(seeds['file.recipients']).toHaveLength(640);
    await duck.seed('hillstrom', seeds);
    expect((await duck.transform()).failures).toEqual([]);
    const big = await open({ timeZone: 'UTC', currency: 'USD' });
    await big.copyFrom(duck.warehouse);
    expect((await big.transform({ assertions: false })).failures).toEqual([]);
    expect((await big.mart('ab_test_results')).length).toBe(6);
    expect(await differences(duck.warehouse, big)).toEqual([]);
  });
});

describe('a planted mistake of the dialect turns the comparison red', () => {
  test.each([
    [
      'a day is that of UTC',
      '`date(${x}, ${companyTimeZone()})`',
      '`date(${x})`',
      ['campaign_performance'],
      'send_date',
    ],
    [
      'a ratio is of whole numbers',
      '`safe_divide(cast(${a} as float64), cast(${b} as float64))`',
      '`cast(cast(safe_divide(${a}, ${b}) as int64) as float64)`',
      ['campaign_performance'],
      '_rate is',
    ],
  ])('%s', async (_what, right, wrong, marts, column) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mailmart-sql-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(sqlFolder(), folder, { recursive: true });
    const file = path.join(folder, 'includes', 'dialect.js');
    const text = readFileSync(file, 'utf8');
    expect(text.split(right)).toHaveLength(2);
    writeFileSync(
      file,
      text.replace(right, () => wrong),
    );
    const { duck, big } = await everyKind(folder);
    await big.transform({ assertions: false, marts });
    const found = await differences(duck.warehouse, big, marts);
    expect(found.filter((one) => one.includes(column)).length).toBeGreaterThan(0);
  });

  test('a cell, a row and a column that only one engine has are told', () => {
    const key = ['id'];
    const ours = [
      { id: 1, some_amount: '1.500000000', some_rate: 0.1, some_at: '2026-01-01T00:00:00.000Z', name: 'a' },
    ];
    const equal = [{ id: 1, some_amount: '1.5', some_rate: 0.1 + 1e-12, some_at: '2026-01-01T00:00:00Z', name: 'a' }];
    expect(compareMarts('m', ours, equal, key)).toEqual([]);
    const other = (change: object) => compareMarts('m', ours, [{ ...equal[0], ...change }] as typeof equal, key).length;
    expect(other({ some_amount: '1.500000001' })).toBe(1);
    expect(other({ some_rate: 0.100001 })).toBe(1);
    expect(other({ some_at: '2026-01-01T00:00:00.000001Z' })).toBe(1);
    expect(other({ name: 'A' })).toBe(1);
    expect(other({ name: null })).toBe(1);
    expect(other({ more: 1 })).toBe(1);
    expect(other({ id: 2 })).toBe(2);
    expect(compareMarts('m', ours, [], key)).toHaveLength(1);
  });
});

/** A few people of a Mailchimp account, and a file account with what Mailchimp does not tell. */
async function everyKind(projectDir?: string): Promise<{ readonly duck: SqlProject; readonly big: BigProject }> {
  const place = { time_zone: 'America/St_Johns', currency: 'CAD' } as const;
  const duck = await project(
    { company: place, campaigns: [{ match: 'c1', goal: 'lead_generation', conversion_value: '3.333333333' }] },
    '2025-04-20T12:00:00.000Z',
  );
  await duck.seed('shop', {
    ...engagement,
    'mailchimp.unsubscribes': [],
  });
  await duck.seed('books', files());
  expect((await duck.transform()).failures).toEqual([]);
  const big = await open({
    timeZone: place.time_zone,
    currency: place.currency,
    ...(projectDir !== undefined && { projectDir }),
  });
  await big.copyFrom(duck.warehouse);
  return { duck, big };
}

function files(): Seeds {
  const people = Array.from({ length: 12 }, (_, index) => `r${index}`);
  const kinds = ['sent', 'delivered', 'open', 'click', 'bounce', 'unsubscribe', 'complaint', 'reply', 'forward'];
  const campaign_id = 'f1';
  return {
    'file.campaigns': [
      // Ten past midnight in UTC is the day before in Newfoundland.
      row({
        campaign_id,
        name: 'Frühling – sale',
        subject: 'Größe „M“ 🌱',
        sent_at: '2025-04-02T00:10:00Z',
        list_id: 'l',
      }),
      row({ campaign_id: 'f2', name: 'no test for ann@example.com', sent_at: '2025-04-09T02:29:59Z' }),
    ],
    'file.recipients': people.map((id, index) =>
      row({
        campaign_id,
        recipient_id: id,
        person: index === 1 ? 'ann@example.com' : `id:${id}`,
        variant: ['A', 'B – größer', 'none'][index % 3] ?? 'A',
        ...(index % 3 === 2 && { is_control: 'true' }),
        sent_at: '2025-04-02T00:10:00Z',
      }),
    ),
    'file.events': people.flatMap((id, index) =>
      kinds.slice(0, index % 3 === 2 ? 0 : index).map((event_type, kind) =>
        row({
          event_id: `e-${id}-${event_type}`,
          campaign_id: index % 2 === 0 ? campaign_id : 'f2',
          recipient_id: id,
          person: `id:${id}`,
          event_type,
          event_at: `2025-04-0${2 + (kind % 6)}T0${kind % 4}:${10 + index}:00.123456Z`,
          ...(event_type === 'click' && {
            url: `https://x.example/${index % 2}?utm_source=n+l&utm_campaign=Fr%C3%BChling%20100%25&utm_term=%zz`,
          }),
          ...(index % 4 === 0 && { is_machine: 'true' }),
          ...(index % 4 === 1 && { is_machine: 'false' }),
        }),
      ),
    ),
    'file.orders': people.map((id, index) =>
      row({
        order_id: `o${index}`,
        recipient_id: id,
        person: `id:${id}`,
        ...(index % 4 !== 3 && { campaign_id }),
        ordered_at: `2025-04-1${index % 5}T02:${29 + (index % 2)}:59Z`,
        amount: ['0.005', '1234567.123456789', '19.99', '33.333333333'][index % 4] ?? '1',
        currency_code: ['CAD', 'EUR', 'GBP', 'CAD'][index % 4] ?? 'CAD',
        ...(index === 5 && { status: 'refunded', refund_amount: '7.77' }),
        ...(index === 6 && { status: 'refunded' }),
        ...(index === 7 && { status: 'cancelled' }),
        ...(index % 2 === 0 && { cost_of_goods_amount: '0.000000001' }),
      }),
    ),
    'file.conversions': people.slice(0, 7).map((id, index) =>
      row({
        conversion_id: `v${index}`,
        recipient_id: id,
        person: `id:${id}`,
        campaign_id,
        kind: ['visit', 'lead'][index % 2] ?? 'visit',
        converted_at: `2025-04-0${3 + index}T03:30:00+05:45`,
        ...(index === 2 && { value_amount: '1.10', currency_code: 'EUR' }),
      }),
    ),
    'file.costs': [
      row({
        cost_id: 'k1',
        campaign_id,
        kind: 'esp_fee',
        amount: '10.01',
        currency_code: 'CAD',
        incurred_on: '2025-04-02',
      }),
      row({
        cost_id: 'k2',
        campaign_id,
        variant: 'A',
        kind: 'creative',
        amount: '0.33',
        currency_code: 'EUR',
        incurred_on: '2025-04-03',
      }),
      row({ cost_id: 'k3', kind: 'staff', amount: '99', currency_code: 'GBP', incurred_on: '2025-04-04' }),
    ],
    'file.other_revenue': [
      row({ revenue_id: 'x1', kind: 'ads', amount: '5.55', currency_code: 'EUR', received_on: '2025-04-05' }),
    ],
    // No rate for pounds: its amounts are NULL with a reason.
    'file.fx_rates': [
      row({ rate_date: '2025-03-01', from_currency: 'EUR', to_currency: 'CAD', rate: '1.557912345678' }),
      row({ rate_date: '2025-04-11', from_currency: 'EUR', to_currency: 'CAD', rate: '1.5' }),
    ],
  };
}

/** Every n-th customer, mapped as examples/hillstrom/mailmart.yaml says, with its campaign and costs. */
function hillstrom(text: string, every: number): Seeds {
  const campaign_id = 'spring-2008';
  const customers = text
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .flatMap((line, index) => {
      if (index % every !== 0) return [];
      const [segment = '', visit = '', conversion = '', spend = ''] = line.split(',').slice(-4);
      const id = `${index + 2}`;
      return [
        { who: { campaign_id, recipient_id: id, person: `id:${id}`, variant: segment }, visit, conversion, spend },
      ];
    });
  const at = '2008-03-20T00:00:00Z';
  return {
    'file.campaigns': [
      row({ campaign_id, name: 'Spring merchandise test 2008', subject: 'Spring', sent_at: '2008-03-06T00:00:00Z' }),
    ],
    'file.recipients': customers.map(({ who }) =>
      row({
        ...who,
        sent_at: '2008-03-06T00:00:00Z',
        ...(who.variant === 'No E-Mail' && { is_control: 'true' }),
      }),
    ),
    'file.conversions': customers
      .filter(({ visit }) => visit === '1')
      .map(({ who }) => row({ ...who, conversion_id: `v${who.recipient_id}`, kind: 'visit', converted_at: at })),
    'file.orders': customers
      .filter(({ conversion }) => conversion === '1')
      .map(({ who, spend }) =>
        row({ ...who, order_id: `o${who.recipient_id}`, ordered_at: at, amount: spend, currency_code: 'USD' }),
      ),
    'file.costs': ['Mens E-Mail', 'Womens E-Mail'].map((variant) =>
      row({
        cost_id: variant,
        campaign_id,
        variant,
        kind: 'creative',
        amount: '600.00',
        currency_code: 'USD',
        incurred_on: '2008-03-03',
      }),
    ),
  };
}
