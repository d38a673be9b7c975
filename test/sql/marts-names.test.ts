import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { campaign, happen } from './marts-seeds.ts';
import { MartsWarehouse } from './marts-warehouse.ts';

describe('the name of a scope', () => {
  let marts: MartsWarehouse;
  beforeEach(async () => {
    marts = await MartsWarehouse.open('2026-06-30');
  });
  afterEach(() => marts.close());

  const list = (id: string, name: string | null, account = 'shop') =>
    marts.seed('core.dim_list', [{ source: 'esp', account_id: account, list_id: id, name }]);
  const named = (id: string, name: string) =>
    marts.seed('core.dim_campaign_name', [{ source: 'esp', account_id: 'shop', campaign_id: id, name }]);
  const build = async (): Promise<void> => {
    await marts.build();
    expect(await marts.failedAssertions()).toEqual([]);
  };
  const names = async (scope: string): Promise<Readonly<Record<string, unknown>>> => {
    const rows = await marts.query(
      `select account_id || '/' || scope_id as id, name from core.int_scope_name where scope = '${scope}' order by id`,
    );
    return Object.fromEntries(rows.map(({ id, name }) => [String(id), name]));
  };

  test('is that of its list, with account or id behind it where several lists have it', async () => {
    await list('a1', 'Newsletter');
    await list('a2', 'Customers');
    await list('a3', 'Customers', 'blog');
    await list('a4', 'Offers');
    await list('a5', 'Offers');
    await list('a6', ' ');
    await list('a7', null, 'blog');
    // Of a list that is gone the campaigns tell the id alone.
    await campaign(marts, 'c1', { list_id: 'a7' });
    await campaign(marts, 'c2', { list_id: 'gone' });
    await build();
    expect(await names('list')).toEqual({
      'blog/a3': 'Customers (blog)',
      'blog/a7': 'a7 (blog)',
      'shop/a1': 'Newsletter',
      'shop/a2': 'Customers (shop)',
      'shop/a4': 'Offers (shop/a4)',
      'shop/a5': 'Offers (shop/a5)',
      'shop/a6': 'a6',
      'shop/a7': 'a7 (shop)',
      'shop/gone': 'gone',
    });
  });

  test('holds no address, and what only looks like one stays', async () => {
    await named('c1', 'For anna@example.com, again');
    await named('c2', 'https://shop.example/?to=bob%40example.com');
    await named('c3', 'Sale @ home, 20% off');
    await list('l1', 'Test (anna.b+x@mail.example.com)');
    await build();
    expect(await names('campaign')).toEqual({
      'shop/c1': 'For [address] again',
      'shop/c2': '[address]',
      'shop/c3': 'Sale @ home, 20% off',
    });
    expect(await names('list')).toEqual({ 'shop/l1': 'Test [address]' });
  });

  test('is beside every value and every value that a rule watches', async () => {
    await campaign(marts, 'c1');
    await campaign(marts, 'c2');
    await named('c1', 'Spring');
    await list('l1', 'Newsletter');
    await happen(marts, 'c1', 'sent', [1, 2], { event_date: '2026-06-20' });
    await happen(marts, 'c2', 'sent', [1, 2], { event_date: '2026-06-20' });
    await build();
    const scopes = [
      ['account', 'shop', 'shop'],
      ['all', 'all', 'all'],
      ['campaign', 'c1', 'Spring'],
      ['campaign', 'c2', 'c2'],
      ['list', 'l1', 'Newsletter'],
    ];
    for (const table of ['marts.metric_values', 'core.int_alert_values']) {
      const rows = await marts.query(
        `select distinct scope, scope_id, scope_name from ${table} where scope <> 'domain' order by all`,
      );
      expect([table, rows.map((row) => Object.values(row))]).toEqual([table, scopes]);
    }
  });
});
