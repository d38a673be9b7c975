import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { day } from '../../src/demo/instant.ts';
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

  it('costs of no campaign stay of none', async () => {
    await agrees({ costs: { shared: 'unallocated', rules: [planShare] } });
  });
});

describe('a planted error turns the comparison red', () => {
  it.each<[string, string, RegExp, string, string]>([
    [
      'clicks by machines are touches',
      'marts/int_attribution.sqlx',
      /and coalesce\(not event.is_machine, true\)\)/,
      ')',
      'campaign_performance',
    ],
    [
      'the first click counts',
      'marts/int_attribution.sqlx',
      /else ranked.rank_from_last = 1/,
      'else ranked.rank_from_first = 1',
      'campaign_performance',
    ],
    [
      'the window is a day short',
      'marts/int_attribution.sqlx',
      /"settings.window_seconds"/,
      '"settings.window_seconds - 86400"',
      'campaign_performance',
    ],
    [
      'UTM is not looked at',
      'marts/int_attribution.sqlx',
      /lower\(outcomes.utm_campaign\) = lower/,
      "'no' || lower(outcomes.utm_campaign) = lower",
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
    [
      'a cost counts in the month after',
      'marts/profit_monthly.sqlx',
      /\$\{dialect.month\("cost_date"\)\} as month/,
      '${dialect.month("cost_date + 31")} as month',
      'profit_monthly',
    ],
  ])('%s', async (_what, file, from, to, mart) => {
    const found = await wrongMarts(run, [{ file, from, to }], loose, { sources: both });
    expect(found.includes('an assertion') ? [mart] : found).toContain(mart);
  });
});

describe('a closed month', () => {
  it(
    'keeps what it showed, and tells what changed since',
    async () => {
      await run.transform();
      const before = await monthsOf(run, '2026-01-01');
      expect(before.length).toBeGreaterThan(0);
      expect(before.every((row) => row['is_closed'] === true && Number(row['restated_amount']) === 0)).toBe(true);
      // A cost of January is booked in July.
      const late = { ...(world.costs.find((cost) => cost.campaignId === null) as (typeof world.costs)[number]) };
      const changed = {
        ...loose,
        costs: [...world.costs, { ...late, id: 'late', amount: '100.01', currency: 'EUR', incurredOn: '2026-01-20' }],
      };
      const again = await startInProcess({ world: changed, sources: both });
      try {
        await syncAll(again);
        await again.transform();
        expect((await monthsOf(again, '2026-01-01')).map((row) => Number(row['restated_amount']))).toEqual(
          before.map(() => 0),
        );
      } finally {
        await again.stop();
      }
    },
    day,
  );
});

async function monthsOf(from: InProcess, month: string) {
  return await from.warehouse.query(
    `select * from marts.profit_monthly where month = date '${month}' order by source, account_id`,
  );
}
