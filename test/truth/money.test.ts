import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld } from '../../src/demo/world.ts';
import type { MoneySettings } from './fact-types.ts';
import { startInProcess, type InProcess } from './in-process.ts';
import { both, differencesOf, syncAll, wrongMarts } from './pipeline.ts';

// The same world under other settings of mailmart.yaml: every number of every mart, each time.

const world = createWorld({ seed: 2, size: 'tiny' });
/** As the company itself would see more of them: half of the shop's orders name no campaign. */
const loose = {
  ...world,
  orders: world.orders.map((order, at) => (at % 2 === 0 ? { ...order, campaignId: null } : order)),
};

let run: InProcess;
beforeAll(async () => {
  run = await startInProcess({ world: loose, sources: both });
  await syncAll(run);
});
afterAll(() => run.stop());

const bases = async (): Promise<readonly string[]> => {
  const rows = await run.warehouse.query('select distinct attribution_basis from core.int_attribution order by 1');
  return rows.map((row) => String(row['attribution_basis']));
};
const agrees = async (settings: MoneySettings): Promise<void> => {
  expect((await run.transform({ settings })).failures).toEqual([]);
  expect(await differencesOf(run, loose, { sources: both, settings })).toEqual({});
};

const planShare = { kind: 'esp_fee', amount: '199.99', per: 'month' };

describe('every mart under every setting', () => {
  it('the defaults: by link, by UTM, by the last click', async () => {
    await agrees({});
    expect(await bases()).toEqual(['click', 'stated', 'utm']);
  });

  it.each(['last_touch', 'first_touch', 'linear'])('%s, over a month', async (model) => {
    await agrees({ attribution: { model, window: 'P30D' } });
    expect(await bases()).toEqual(['click', 'delivery', 'open', 'stated', 'utm']);
  });

  it('without taxes and shipping, goods by rate, other revenue to who is active', async () => {
    await agrees({
      attribution: { include_tax: false, include_shipping: false, other_revenue: 'active' },
      costs: { cost_of_goods_rate: '0.37', close_after_days: 0 },
    });
  });

  it('costs by rule, shared by sends', async () => {
    await agrees({
      attribution: { other_revenue: 'none' },
      costs: {
        rules: [
          planShare,
          { kind: 'staff', amount: '45.50', hours: '3.25', per: 'campaign', match: '^(Launch|Sale|Guide)' },
          { kind: 'esp_fee', amount: '0.000417', per: 'send', account: world.accountId },
          { kind: 'tools', amount: '0.013', per: 'subscriber', from: '2025-06-10', until: '2026-02-01' },
          { kind: 'list_building', amount: '1.207', per: 'new_subscriber', account: world.sendgrid.accountId },
        ],
      },
    });
  });

  it('costs of no campaign stay of none; a row that only a closed month had is restated to nothing', async () => {
    const settings = { costs: { shared: 'unallocated', rules: [planShare] } };
    expect((await run.transform({ settings })).failures).toEqual([]);
    const found = await differencesOf(run, loose, { sources: both, settings });
    const { profit_monthly: months = [], metric_values: values = [], ...others } = found;
    expect(others).toEqual({});
    expect(months.filter((one) => !one.endsWith(': not in the truth'))).toEqual([]);
    expect(values.filter((one) => !/^(?:monthly|restated)_profit .*: not in the truth$/.test(one))).toEqual([]);
    const gone = await run.warehouse.query(
      `select count(*) as rows from marts.profit_monthly
       where total_cost_amount = 0 and revenue_amount = 0 and restated_amount = -closed_profit_amount`,
    );
    expect(Number(gone[0]?.['rows'])).toBeGreaterThanOrEqual(months.length);
  });
});

describe('a planted error turns the comparison red', () => {
  it.each<[string, string, RegExp, string, string]>([
    [
      'only clicks by machines are touches',
      'marts/int_attribution.sqlx',
      /and coalesce\(not event.is_machine, true\)\)/,
      'and event.is_machine)',
      'campaign_performance',
    ],
    [
      'the window is four days short',
      'marts/int_attribution.sqlx',
      /"settings.window_seconds"/,
      '"settings.window_seconds - 345600"',
      'campaign_performance',
    ],
    [
      'the least remainder gets the cent',
      'marts/int_cost_share.sqlx',
      /remainder desc/,
      'remainder',
      'campaign_profit',
    ],
    [
      'a refund counts on the day of the order',
      'core/fct_order.sqlx',
      /coalesce\(refunded_at, ordered_at\)/,
      'ordered_at',
      'profit_monthly',
    ],
  ])('%s', async (_what, file, from, to, mart) => {
    const found = await wrongMarts(run, [{ file, from, to }], loose, { sources: both });
    expect(found.includes('an assertion') ? [mart] : found).toContain(mart);
  });
});

describe('a closed month', () => {
  it('keeps what it showed when it was first published, and tells what changed since', async () => {
    const [shared] = world.costs.filter((cost) => cost.campaignId === null);
    if (shared === undefined) throw new Error('the world has no shared cost');
    // The books of the company grow while it is watched.
    const costs = [...world.costs];
    const books = await startInProcess({ world: { ...world, costs } });
    try {
      await syncAll(books);
      await books.transform();
      expect(await restated(books)).toEqual(['0.000000000', '0.000000000']);
      costs.push({ ...shared, id: 'late', amount: '100.01', currency: 'EUR', incurredOn: '2026-01-20' });
      await books.moveTo(world.now + 60);
      await books.sync('books');
      await books.transform();
      expect(await restated(books)).toEqual(['-100.010000000', '-100.010000000']);
      // Another run over the same data tells the same.
      await books.transform();
      expect(await restated(books)).toEqual(['-100.010000000', '-100.010000000']);
      // What closed in euros is not compared with dollars, and is not closed again in them.
      expect((await books.transform({ currency: 'USD' })).failures).toEqual([]);
      expect(await restated(books)).toEqual([null, null]);
      await books.transform();
      expect(await restated(books)).toEqual(['-100.010000000', '-100.010000000']);
    } finally {
      await books.stop();
    }
  });
});

/** What January 2026 and all closed months were restated by. */
async function restated(from: InProcess): Promise<readonly unknown[]> {
  const [row = {}] = await from.warehouse.query(
    `select sum(case when month = date '2026-01-01' then restated_amount end) as january, sum(restated_amount) as total
     from marts.profit_monthly`,
  );
  return [row['january'], row['total']];
}
