import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Decimal } from 'decimal.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../../src/contracts/sync.ts';
import { awaitNoProcesses, cleanEnv, type Ended, root, startNode } from '../e2e/processes.ts';
import { withPublished, withWarehouse } from '../e2e/tables.ts';
import { newcombe, pooledZ, probabilityBest } from '../truth/statistics.ts';

// A real test of 2008 through the real command: to the unit what its author published, and to the cent what follows from it.

const shared = path.resolve(root, process.env['MAILMART_SHARED'] ?? '../shared', 'data/hillstrom.csv.gz');
const holdOut = 'No E-Mail';
const mailed = ['Mens E-Mail', 'Womens E-Mail'] as const;

/** As examples/hillstrom/costs.csv has them, by variant: what was spent, the goods of its orders included. */
const costs: Readonly<Record<string, string>> = {
  'Mens E-Mail': '17484.50',
  'Womens E-Mail': '13484.83',
  [holdOut]: '7649.58',
};

type Group = { recipients: number; visits: number; purchasers: number; revenue: Decimal; squares: Decimal };

/** The published file, counted with nothing but its commas. */
function countFile(): Readonly<Record<string, Group>> {
  const groups: Record<string, Group> = {};
  const lines = gunzipSync(readFileSync(shared)).toString('utf8').trim().split(/\r?\n/);
  for (const line of lines.slice(1)) {
    const [segment = '', visit = '', conversion = '', spend = ''] = line.split(',').slice(-4);
    const zero = { recipients: 0, visits: 0, purchasers: 0, revenue: new Decimal(0), squares: new Decimal(0) };
    const group = (groups[segment] ??= zero);
    group.recipients += 1;
    group.visits += Number(visit);
    group.purchasers += Number(conversion);
    group.revenue = group.revenue.plus(spend);
    group.squares = group.squares.plus(new Decimal(spend).pow(2));
  }
  return groups;
}

describe.skipIf(!existsSync(shared))('the Hillstrom e-mail test', () => {
  let folder: string;
  let project: string;
  let file: ReturnType<typeof countFile>;
  const groupOf = (variant: string): Group => {
    const group = file[variant];
    if (group === undefined) throw new Error(`the file has no group ${variant}`);
    return group;
  };
  let end: Ended;
  let tests: readonly Row[];
  const row = (metric: string, variant: string): Row => {
    const found = tests.filter((one) => one['metric'] === metric && one['label'] === variant);
    expect(found).toHaveLength(1);
    return found[0] as Row;
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailmart-hillstrom-'));
    project = path.join(folder, 'project');
    file = countFile();
    end = await startNode([path.join(root, 'examples/hillstrom/run.ts'), '--dir', project], {
      cwd: folder,
      env: cleanEnv(),
    }).ended;
    tests = await withPublished(path.join(project, '.mailmart/published.duckdb'), (query) =>
      query('select * from marts.ab_test_results order by metric, label'),
    );
  });
  afterAll(async () => {
    const left = await awaitNoProcesses(folder);
    rmSync(folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
  });

  it('ends complete and prints its two tables', () => {
    expect({ code: end.code, stack: /^ {4}at /m.exec(end.stderr)?.[0] }).toEqual({ code: 0 });
    expect(end.stderr).toMatch(/^Complete in .*, published\.$/m);
    for (const figure of ['30311.690000000', '23038.110000000', '13908.330000000', '53349.800000000']) {
      expect(end.stdout).toContain(figure);
    }
  });

  it('counts to the unit what was published', () => {
    const counted = [...mailed, holdOut].map((variant) => ({
      recipients: row('visit_rate', variant)['recipient_count'],
      visits: row('visit_rate', variant)['success_count'],
      purchasers: row('purchase_rate', variant)['success_count'],
      revenue: row('purchase_rate', variant)['revenue_amount'],
    }));
    expect(counted).toEqual([
      { recipients: 21_307, visits: 3_894, purchasers: 267, revenue: '30311.690000000' },
      { recipients: 21_387, visits: 3_238, purchasers: 189, revenue: '23038.110000000' },
      { recipients: 21_306, visits: 2_262, purchasers: 122, revenue: '13908.330000000' },
    ]);
  });

  it('agrees with the file itself, of which no row is lost', async () => {
    for (const variant of [...mailed, holdOut]) {
      const group = groupOf(variant);
      expect(row('purchase_rate', variant)).toMatchObject({
        recipient_count: group.recipients,
        success_count: group.purchasers,
        revenue_amount: group.revenue.toFixed(9),
      });
    }
    const count = (of: (group: Group) => number): number =>
      Object.values(file).reduce((sum, group) => sum + of(group), 0);
    const rows = await withWarehouse(path.join(project, '.mailmart/warehouse.duckdb'), (query) =>
      query(`select (select count(*) from raw.file__recipients) as recipients,
                    (select count(*) from raw.file__conversions) as conversions,
                    (select count(*) from raw.file__orders) as orders,
                    (select count(*) from ops.quarantine) as quarantined`),
    );
    const numbers = Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, value]) => [name, Number(value)]));
    expect(numbers).toEqual({
      recipients: 64_000,
      conversions: count((group) => group.visits),
      orders: count((group) => group.purchasers),
      quarantined: 0,
    });
    expect(count((group) => group.recipients)).toBe(64_000);
  });

  it('says who was mailed and who was held out', () => {
    const who = (variant: string) => {
      const { is_control: isControl, is_mailed: isMailed } = row('visit_rate', variant);
      return { isControl, isMailed };
    };
    expect(mailed.map(who)).toEqual([
      { isControl: false, isMailed: true },
      { isControl: false, isMailed: true },
    ]);
    expect(who(holdOut)).toEqual({ isControl: true, isMailed: false });
  });

  it.each([
    ['visit_rate', (group: Group) => group.visits],
    ['purchase_rate', (group: Group) => group.purchasers],
  ] as const)('%s: lift, interval, p-value and chance to be best as computed apart', (metric, successes) => {
    const sample = (variant: string) => ({
      successes: successes(groupOf(variant)),
      trials: groupOf(variant).recipients,
    });
    const control = sample(holdOut);
    const best = probabilityBest([...mailed, holdOut].map(sample));
    for (const [index, variant] of mailed.entries()) {
      const own = sample(variant);
      const ours = row(metric, variant);
      const interval = newcombe(own, control);
      const [rate, base] = [own.successes / own.trials, control.successes / control.trials];
      expect(Number(ours['lift_rate'])).toBeCloseTo(rate / base - 1, 12);
      expect(Number(ours['difference_rate'])).toBeCloseTo(rate - base, 12);
      expect(Number(ours['difference_low_rate'])).toBeCloseTo(interval.low, 12);
      expect(Number(ours['difference_high_rate'])).toBeCloseTo(interval.high, 12);
      const p = pooledZ(own, control) ?? Number.NaN;
      expect(Math.abs(Number(ours['p_value']) / p - 1)).toBeLessThan(1e-6);
      expect(Number(ours['probability_best'])).toBeCloseTo(best[index] ?? Number.NaN, 6);
    }
    expect(row(metric, holdOut)).toMatchObject({ lift_rate: null, p_value: null });
  });

  it('money against the hold-out: incremental revenue with its interval, and profit per e-mail', () => {
    const control = groupOf(holdOut);
    for (const variant of mailed) {
      const group = groupOf(variant);
      const ours = row('purchase_rate', variant);
      const share = new Decimal(group.recipients).div(control.recipients);
      const revenue = group.revenue.minus(control.revenue.times(share));
      const profit = revenue.minus(
        new Decimal(costs[variant] ?? 'NaN').minus(new Decimal(costs[holdOut] ?? 'NaN').times(share)),
      );
      const half = welchHalfWidth(group, control).times(group.recipients);
      const near = (column: string, expected: Decimal): void =>
        expect(Number(ours[column]), `${variant} ${column}`).toBeCloseTo(expected.toNumber(), 5);
      near('incremental_revenue_amount', revenue);
      near('incremental_revenue_low_amount', revenue.minus(half));
      near('incremental_revenue_high_amount', revenue.plus(half));
      near('cost_amount', new Decimal(costs[variant] ?? 'NaN'));
      near('incremental_profit_amount', profit);
      near('incremental_profit_per_recipient_amount', profit.div(group.recipients));
    }
    const perEmail = mailed.map((variant) => row('purchase_rate', variant)['incremental_profit_per_recipient_amount']);
    expect(perEmail).toEqual(['0.308262367', '0.152931025']);
  });

  it('campaign_profit: the revenue of the two mailed variants, and their costs alone', async () => {
    const profit = await withPublished(path.join(project, '.mailmart/published.duckdb'), (query) =>
      query('select revenue_amount, total_cost_amount, profit_amount, currency_code from marts.campaign_profit'),
    );
    expect(profit).toEqual([
      {
        revenue_amount: '53349.800000000',
        total_cost_amount: '30969.330000000',
        profit_amount: '22380.470000000',
        currency_code: 'USD',
      },
    ]);
  });
});

/** Half the width of Welch's 95 % interval of the difference of two means; t by its expansion around the normal quantile. */
function welchHalfWidth(a: Group, b: Group): Decimal {
  const error = ({ recipients, revenue, squares }: Group): Decimal =>
    squares
      .minus(revenue.pow(2).div(recipients))
      .div(recipients - 1)
      .div(recipients);
  const [ea, eb] = [error(a), error(b)];
  const freedom = ea
    .plus(eb)
    .pow(2)
    .div(
      ea
        .pow(2)
        .div(a.recipients - 1)
        .plus(eb.pow(2).div(b.recipients - 1)),
    )
    .toNumber();
  const z = 1.959963984540054;
  const t = z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
  return ea.plus(eb).sqrt().times(t);
}
