import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import { addDays } from '../calendar.ts';
import { joined, texts, withPublished } from '../context.fixture.ts';
import type { Context } from '../context.ts';
import { growthKpis } from '../kpis/audience-kpis.ts';
import type { Period } from '../period.ts';
import { kpiName } from './kpi-cards.ts';
import { growthFigures } from './audience.ts';

const counts =
  'opening_count new_count returned_count unsubscribed_count cleaned_count deleted_count net_count closing_count'.split(
    ' ',
  );
const columns: readonly Column[] = [
  ...texts('source', 'account_id', 'list_id', 'list_name'),
  { name: 'day', type: 'date' },
  ...counts.map((name): Column => ({ name, type: 'int' })),
  { name: 'growth_rate', type: 'double' },
  { name: 'refreshed_at', type: 'timestamp' },
];

/** A list that gains one member a day; its first day brings `first`. */
function days(list: string, from: string, to: string, first: number, more: Row = {}): readonly Row[] {
  const rows: Row[] = [];
  for (let [day, size] = [from, 0]; day <= to; day = addDays(day, 1)) {
    const joined = size === 0 ? first : 1;
    rows.push({
      ...Object.fromEntries(counts.map((name) => [name, 0])),
      source: 'mailchimp',
      account_id: 'shop',
      list_id: list,
      list_name: list,
      ...more,
      day,
      opening_count: size,
      new_count: joined,
      net_count: joined,
      closing_count: size + joined,
      growth_rate: null,
      refreshed_at: '2026-06-30T12:00:00.000Z',
    });
    size += joined;
  }
  return rows;
}

const period = {
  days: 90,
  from: '2026-04-02',
  to: '2026-06-30',
  previousFrom: '2026-01-02',
  previousTo: '2026-04-01',
  earlier: 3,
  firstSend: '2025-07-01',
} as unknown as Period;

/** Of an old list and one that another account brought in the period before. */
const seen = async <T>(look: (context: Context) => Promise<T>, more: readonly Row[] = []): Promise<T> => {
  const rows = [
    ...days('old', '2025-06-01', period.to, 1000),
    ...days('brought', '2026-01-05', period.to, 500),
    ...more,
  ];
  return await withPublished([{ name: 'marts.audience_growth_daily', columns, rows }], look, 'en', { period });
};

test('numbers of lists are called memberships: who is on two lists counts twice', async () => {
  const [name, html] = await seen(async (context) => {
    const kpis = await growthKpis(context.reader, context.period);
    const figures = await growthFigures(context);
    return [kpis.map((kpi) => kpiName(context, kpi)), figures.map(({ markup }) => markup).join('')] as const;
  });
  expect(name).toEqual(['Audience growth', 'List memberships']);
  expect(html).toContain('In the period 180 list memberships began or came back and 0 ended: 180 net.');
  expect(html).toContain('list memberships: who is on two lists counts twice.');
  expect(html).not.toContain('Subscribers');
});

test('the first day of a list brings who was on it already: it is no growth, and the text says so', async () => {
  const [growth, html] = await seen(async (context) => {
    const [kpi] = await growthKpis(context.reader, context.period);
    return [kpi, joined(await growthFigures(context))] as const;
  });
  // 90 of the old list and 86 of the other, over what the old one opened with.
  expect(growth?.previous).toBeCloseTo((90 + 86) / (1000 + 214), 9);
  expect(growth?.reasons).toEqual([expect.stringContaining('the first day of a list is left out')]);
  expect(html).toContain(
    'The first day of each list, which brings everyone who was on it already, is in the table only.',
  );
});

test('lists have the names that people know, the marts’, even when a name holds markup or one list has two accounts', async () => {
  const list = (id: string, account: string, name: string, first: number): readonly Row[] =>
    days(id, '2025-07-01', period.to, first, { account_id: account, list_name: name });
  const html = await seen(
    async (context) => joined(await growthFigures(context)),
    [
      ...list('a1', 'shop', 'Newsletter', 9000),
      ...list('a2', 'shop', 'Customers & friends (shop)', 300),
      ...list('a2', 'blog', 'Customers & friends (blog)', 200),
    ],
  );
  expect(html).toContain('The largest list (<bdi>Newsletter</bdi>) has 9,364.');
  const cells = [...html.matchAll(/<td data-value="(\w+)"><bdi>([^<]*)<\/bdi>/g)].map(
    ([, id, name]) => `${id} ${name}`,
  );
  expect(cells).toEqual(
    expect.arrayContaining([
      'a1 Newsletter',
      'a2 Customers &amp; friends (shop)',
      'a2 Customers &amp; friends (blog)',
      'old old',
    ]),
  );
  expect(html).toContain('>Customers &amp; friends (shop)</text>');
  expect(html).toContain('>Customers &amp; friends (blog)</text>');
});
