import { expect, test } from 'vitest';
import { compileGraph } from '../../transform/index.ts';
import { changedTables, narrowed } from './changed.ts';

test(
  'the hint of a model becomes the partitions that changed, and stays what it is where nobody knows them',
  { timeout: 120_000 },
  async () => {
    const graph = await compileGraph({ engine: 'bigquery', timeZone: 'UTC', currency: 'EUR' });
    const action = graph.actions.find(({ name }) => name === 'staging.stg_mailchimp__email_activity');
    const sql = action?.incremental?.query ?? '';
    const table = 'raw.mailchimp__email_activity';
    expect(changedTables(sql)).toEqual([table]);
    expect(changedTables(action?.full.query ?? '')).toEqual([]);
    expect(narrowed(sql, new Map([[table, null]]))).toBe(sql);
    const pruned = narrowed(sql, new Map([[table, { from: '2026-06-01', to: '2026-06-03' }]]));
    expect(pruned).toContain("_partition_date between date '2026-06-01' and date '2026-06-03'");
    const bounds = (text: string): number => text.split('1900-01-01').length;
    expect(bounds(pruned)).toBe(bounds(sql) - 1);
    expect(() => narrowed(sql, new Map([[table, { from: "x' or true", to: '' }]]))).toThrow('not a date');
  },
);
