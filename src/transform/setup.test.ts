import { beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../contracts/sync.ts';
import { closedMonthsName } from '../warehouse/closed-months.ts';
import type { TableKind, Warehouse } from '../warehouse/port.ts';
import { dateIn, preparedFingerprints, prepareTransform, type TransformConfig } from './setup.ts';
import { smallGraph } from './small-graph.fixture.ts';

const config: TransformConfig = {
  company: { time_zone: 'Asia/Tokyo', currency: 'EUR' },
  sources: [
    { id: 'shop', type: 'mailchimp' },
    { id: 'books', type: 'file' },
  ],
  campaigns: [
    { match: 'a', goal: 'lead_generation' },
    { match: 'b', goal: 'customer_acquisition', conversion_value: 2.5, currency: 'USD' },
    { match: 'c', goal: 'customer_acquisition', conversion_value: 0 },
  ],
};
const graph = {
  ...smallGraph({ models: {} }),
  declarations: ['raw.mailchimp__lists', 'raw.file__orders', 'ops.accounts', 'core.guesses'].map((name) => ({
    name,
    description: '',
    columns: [],
  })),
};

let present: Map<string, TableKind>;
let answers: Record<string, readonly Row[]>;
let queries: string[];
let written: Map<string, readonly Row[]>;
let ensured: unknown[];
let changed: string | null;
beforeEach(() => {
  [present, answers, queries, written, ensured, changed] = [new Map(), {}, [], new Map(), [], null];
});
const warehouse = {
  quote: (name: string) => name,
  tables: () => Promise.resolve(present),
  query: (sql: string) => {
    queries.push(sql);
    return Promise.resolve(answers[/ from (\S+)/.exec(sql)?.[1] ?? ''] ?? []);
  },
  lastChange: (tables: readonly string[]) =>
    Promise.resolve(tables.join() === 'raw.mailchimp__lists,raw.file__orders' ? changed : 'other tables'),
  ensureRawTable: (table: unknown) => Promise.resolve(void ensured.push(table)),
  replaceTable: (name: string, _: unknown, rows: readonly Row[]) => {
    written.set(name, rows);
    return Promise.resolve({ changed: true });
  },
  tableFingerprints: () =>
    Promise.resolve(
      new Map([
        ['raw.file__orders', '7'],
        ['ops.accounts', 'older'],
      ]),
    ),
  contentFingerprint: (name: string, _: unknown, rows: readonly Row[]) => `${name} ${JSON.stringify(rows)}`,
} as Partial<Warehouse> as Warehouse;

const prepared = async (more: Partial<TransformConfig> = {}): Promise<ReadonlyMap<string, readonly Row[]>> => {
  written = new Map();
  await prepareTransform({
    warehouse,
    graph,
    config: { ...config, ...more },
    clock: { now: () => '2026-06-30T15:30:00.000Z' },
  });
  return written;
};

describe('before a transform', () => {
  it('raw tables that no sync has made are there, and no other is touched', async () => {
    present.set('raw.file__orders', 'table');
    await prepared();
    expect(ensured).toEqual([{ source: 'mailchimp', stream: 'lists', partitioned: false }]);
  });

  it('the configuration stands in tables: rules in their order, with the company’s currency where they have none', async () => {
    const tables = await prepared();
    expect(tables.get('ops.campaign_rules')).toEqual([
      { position: 0, match: 'a', goal: 'lead_generation', conversion_value: null, currency_code: 'EUR' },
      { position: 1, match: 'b', goal: 'customer_acquisition', conversion_value: '2.5', currency_code: 'USD' },
      { position: 2, match: 'c', goal: 'customer_acquisition', conversion_value: '0', currency_code: 'EUR' },
    ]);
    expect(tables.get('ops.accounts')).toEqual([
      { source: 'mailchimp', account_id: 'shop', has_per_recipient_events: true },
      { source: 'file', account_id: 'books', has_per_recipient_events: null },
    ]);
    expect(tables.get('ops.alert_rules')?.some(({ rule }) => rule === 'profit')).toBe(true);
    const without = await prepared({ alerts: { rules: { profit: { on: false } } } });
    expect(without.get('ops.alert_rules')?.some(({ rule }) => rule === 'profit')).toBe(false);
  });

  it('today is the company’s, and the age of the data is in whole seconds', async () => {
    expect((await prepared()).get('ops.data_as_of')).toEqual([{ as_of_date: '2026-07-01', data_changed_at: null }]);
    changed = '2026-06-30T01:02:03.987Z';
    expect((await prepared()).get('ops.data_as_of')).toEqual([
      { as_of_date: '2026-07-01', data_changed_at: '2026-06-30T01:02:03Z' },
    ]);
    expect(dateIn('America/New_York', '2026-01-01T04:59:59Z')).toBe('2025-12-31');
  });

  it('the fingerprints are told as they would be, and nothing is written', async () => {
    const prints = await preparedFingerprints({
      warehouse,
      graph,
      config,
      clock: { now: () => '2026-06-30T15:30:00.000Z' },
    });
    expect([written.size, ensured]).toEqual([0, []]);
    expect(prints.get('raw.file__orders')).toBe('7');
    expect(prints.get('ops.accounts')).toContain('"account_id":"shop"');
    expect([...prints.keys()].filter((name) => name.startsWith('ops.')).toSorted()).toEqual(
      [...(await prepared()).keys()].toSorted(),
    );
  });
});

describe('money', () => {
  it('has the defaults that the schema documents', async () => {
    const tables = await prepared();
    expect(tables.get('ops.money_settings')).toEqual([
      {
        attribution_model: 'last_click',
        window_seconds: 432_000,
        include_tax: true,
        include_shipping: true,
        other_revenue_split: 'sends',
        shared_costs: 'by_sends',
        cost_of_goods_rate: null,
        close_after_days: 5,
      },
    ]);
    expect(tables.get('ops.cost_rules')).toEqual([]);
  });

  it('is as mailmart.yaml says, false and 0 too', async () => {
    const tables = await prepared({
      attribution: {
        model: 'linear',
        window: 'P1DT2H',
        include_tax: false,
        include_shipping: false,
        other_revenue: 'none',
      },
      costs: {
        shared: 'unallocated',
        cost_of_goods_rate: '0',
        close_after_days: 0,
        rules: [
          { kind: 'esp_fee', amount: '199', per: 'month' },
          {
            kind: 'staff',
            amount: '45',
            hours: '3.5',
            per: 'campaign',
            currency: 'USD',
            account: 'shop',
            match: '^L',
            from: '2025-01-01',
            until: '2025-12-31',
          },
        ],
      },
    });
    expect(tables.get('ops.money_settings')).toEqual([
      {
        attribution_model: 'linear',
        window_seconds: 93_600,
        include_tax: false,
        include_shipping: false,
        other_revenue_split: 'none',
        shared_costs: 'unallocated',
        cost_of_goods_rate: '0',
        close_after_days: 0,
      },
    ]);
    const taxed = await prepared({ attribution: { include_tax: true, include_shipping: false } });
    expect(taxed.get('ops.money_settings')).toMatchObject([{ include_tax: true, include_shipping: false }]);
    const none = { account_id: null, match: null, from_date: null, until_date: null };
    expect(tables.get('ops.cost_rules')).toEqual([
      { position: 0, kind: 'esp_fee', amount: '199', per: 'month', hours: '1', currency_code: 'EUR', ...none },
      {
        position: 1,
        kind: 'staff',
        amount: '45',
        per: 'campaign',
        hours: '3.5',
        currency_code: 'USD',
        account_id: 'shop',
        match: '^L',
        from_date: '2025-01-01',
        until_date: '2025-12-31',
      },
    ]);
  });
});

describe('closed months', () => {
  const month = (day: string, account: string, profit: string, currency: string | null = 'EUR') => ({
    month: day,
    source: 'mailchimp',
    account_id: account,
    profit_amount: profit,
    currency_code: currency,
  });

  it('are those of the published mart that are closed, and what was known of a month stays', async () => {
    expect((await prepared()).get(closedMonthsName)).toEqual([]);
    present.set('marts.profit_monthly', 'table');
    answers['marts.profit_monthly'] = [
      month('2026-02-01', 'b', '5'),
      month('2026-02-01', 'a', '4'),
      month('2026-01-01', 'b', '3'),
    ];
    const first = (await prepared()).get(closedMonthsName);
    expect(first).toEqual([
      month('2026-01-01', 'b', '3'),
      month('2026-02-01', 'a', '4'),
      month('2026-02-01', 'b', '5'),
    ]);
    expect(queries).toEqual([
      'select month, source, account_id, profit_amount, currency_code from marts.profit_monthly where is_closed',
    ]);
    present.set(closedMonthsName, 'table');
    answers[closedMonthsName] = [month('2026-01-01', 'b', '3')];
    answers['marts.profit_monthly'] = [
      month('2026-01-01', 'b', '99', 'USD'),
      month('2026-01-01', 'new', '7'),
      month('2026-02-01', 'a', '4'),
    ];
    expect((await prepared()).get(closedMonthsName)).toEqual([
      month('2026-01-01', 'b', '3'),
      month('2026-02-01', 'a', '4'),
    ]);
  });

  it('that an older version kept have no currency', async () => {
    present.set(closedMonthsName, 'table');
    const { currency_code: _, ...older } = month('2026-01-01', 'b', '3');
    answers[closedMonthsName] = [older];
    expect((await prepared()).get(closedMonthsName)).toEqual([month('2026-01-01', 'b', '3', null)]);
  });
});
