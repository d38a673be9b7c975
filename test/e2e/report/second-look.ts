import type { Published } from '../../../src/warehouse/duckdb/index.ts';
import type { Card } from './in-page.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Columns that name a row, by mart. */
const keys: Readonly<Record<string, readonly string[]>> = {
  campaign_performance: ['source', 'account_id', 'campaign_id'],
  campaign_profit: ['source', 'account_id', 'campaign_id'],
  active_audience_daily: ['day', 'scope', 'scope_id', 'window_days'],
  audience_growth_daily: ['source', 'account_id', 'day', 'list_id'],
  ab_test_results: ['source', 'account_id', 'test_id', 'variant', 'metric'],
  link_performance: ['source', 'account_id', 'campaign_id', 'link_id'],
  reconciliation: ['source', 'account_id', 'campaign_id', 'measure'],
};

export const martNames: readonly string[] = Object.keys(keys);

export async function rowsOf(published: Published, sql: string): Promise<readonly Fields[]> {
  const { columns, rows } = await published.query(sql, { maxRows: 1_000_000 });
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
}

/** Rows of a mart by their key, as the report writes keys. */
export async function martRows(published: Published, mart: string): Promise<ReadonlyMap<string, Fields>> {
  const rows = await rowsOf(published, `select * from marts.${mart}`);
  return new Map(
    rows.map((row) => [
      (keys[mart] ?? []).map((name) => encodeURIComponent(String(row[name] ?? '').toWellFormed())).join('/'),
      row,
    ]),
  );
}

/** Whether the text is the number, rounded to the digits that it shows; percent when it says so. */
export function shows(text: string, value: number): boolean {
  const digits = /\d[\d,]*(?:\.(\d+))?/.exec(text);
  if (digits === null) return false;
  const sign = /^[^\d]*-/.test(text) ? -1 : 1;
  const shown = sign * Number(digits[0].replaceAll(',', ''));
  const scaled = text.includes('%') ? value * 100 : value;
  if (text.startsWith('<')) return Math.abs(scaled) < shown;
  return Math.abs(shown - scaled) <= 0.5 * 10 ** -(digits[1]?.length ?? 0) + 1e-9;
}

/** A second way to a card's number: the marts' rows, added up here. */
export async function ratioOfSums(published: Published, card: Card): Promise<number | null> {
  const { mart = '', column = '', numerator = '', denominator, date, from, to, filter } = card;
  const goal = /^goal = (\w+)$/.exec(filter ?? '')?.[1];
  const isDated = date === 'day';
  const rows = await rowsOf(
    published,
    isDated
      ? `select * from marts.${mart} where day between '${from}' and '${to}'`
      : `select * from (select * from marts.campaign_performance
            where send_date between '${from}' and '${to}' and ${goal === undefined ? 'true' : `goal = '${goal}'`}) as p
          ${await others(published, mart)}`,
  );
  let [above, below, known] = [0, 0, 0];
  for (const row of rows) {
    const top = evaluate(row, numerator);
    const bottom = denominator === undefined ? 1 : evaluate(row, denominator);
    if (top === null || bottom === null || (denominator !== undefined && row[column] === null && bottom !== 0))
      continue;
    above += top;
    below += bottom;
    known += 1;
  }
  if (known === 0) return null;
  if (denominator === undefined) return above;
  return below === 0 ? null : above / below;
}

/** The other marts with rows of campaigns, where there are any; links have several rows a campaign, so only on demand. */
async function others(published: Published, mart: string): Promise<string> {
  const found = await rowsOf(
    published,
    `select table_name from information_schema.tables where table_schema = 'marts' and table_name in
      ('campaign_profit', 'view_time', 'reply_performance'${mart === 'link_performance' ? ", 'link_performance'" : ''})`,
  );
  return found
    .map(({ table_name: name }) => {
      const own = name === mart ? '' : ', unavailable_reason';
      return `left join (select * exclude (refreshed_at${own}) from marts.${String(name)}) as ${String(name)}
        using (source, account_id, campaign_id)`;
    })
    .join(' ');
}

function evaluate(row: Fields, expression: string): number | null {
  let total = 0;
  let sign = 1;
  for (const token of expression.split(' ')) {
    if (token === '+' || token === '-') sign = token === '+' ? 1 : -1;
    else {
      const value = row[token.replace(/^.*\./, '')] ?? null;
      if (value === null) return null;
      total += sign * Number(value);
    }
  }
  return total;
}
