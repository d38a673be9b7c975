import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import { withPublished } from '../context.fixture.ts';
import type { Language } from '../messages/index.ts';
import { cohortFigures } from './ltv-cohorts.ts';

const money = (name: string): Column => ({ name, type: 'decimal' });
const columns: readonly Column[] = [
  { name: 'signup_month', type: 'date' },
  { name: 'months_since', type: 'int' },
  { name: 'is_complete', type: 'bool' },
  { name: 'subscriber_count', type: 'int' },
  { name: 'retained_count', type: 'int' },
  money('cumulative_revenue_amount'),
  money('cumulative_profit_amount'),
  money('cumulative_revenue_per_subscriber_amount'),
];

/** A month's sign-ups, and what each of them had brought by the end of each month since. */
const cohort = (month: string, people: number, brought: readonly number[]): readonly Row[] =>
  brought.map((value, since) => ({
    signup_month: month,
    months_since: since,
    is_complete: true,
    subscriber_count: people,
    retained_count: people / 2,
    cumulative_revenue_amount: `${value * people}`,
    cumulative_profit_amount: `${(value * people) / 2}`,
    cumulative_revenue_per_subscriber_amount: `${value}`,
  }));

const figures = async (rows: readonly Row[], language: Language = 'en'): Promise<readonly string[]> =>
  await withPublished(
    [{ name: 'marts.ltv_cohorts', columns, rows }],
    async (context) => (await cohortFigures(context)).map(({ markup }) => markup),
    language,
  );

const curve = async (rows: readonly Row[], language: Language = 'en'): Promise<string> =>
  (await figures(rows, language))[0] ?? '';

/** The older ones brought less: a line of all that reached a month would fall where the better ones end. */
const old = cohort('2026-01-01', 20, [1, 2, 3, 4]);
const large = cohort('2026-02-01', 100, [10, 20, 30]);
const young = cohort('2026-04-01', 100, [40]);

const column = (html: string, name: string): readonly (string | undefined)[] => {
  const [head = '', body = ''] = html.split('<tbody>');
  const place = [...head.matchAll(/data-column="(\w+)"/g)].findIndex(([, found]) => found === name);
  return [...body.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)][place]?.[1]?.trim(),
  );
};

test('the value of a sign-up is followed over the same people, as far as a quarter of all have come', async () => {
  const html = await curve([...old, ...large, ...young]);
  expect(column(html, 'months_since')).toEqual(['0', '1', '2']);
  expect(column(html, 'subscriber_count')).toEqual(['120', '120', '120']);
  expect(column(html, 'revenue_per_person_amount')).toEqual(['€8.50', '€17.00', '€25.50']);
  expect(html).toContain(
    'Of the 120 people who signed up at least 2 months ago, one brought €8.50 in the first month and €25.50 up to month 2 on average; 50.0% still read or bought in that month.',
  );
});

test('the same is said in Vietnamese', async () => {
  const html = await curve([...old, ...large, ...young], 'vi');
  expect(html).toMatch(/Trong 120 người đăng ký từ ít nhất 2 tháng trước, mỗi người trung bình mang về 8,50/);
});

test.each<[Language, string]>([
  ['en', 'the month is not over'],
  ['vi', 'tháng chưa kết thúc'],
])('in %s a month of a cohort that is not over is marked', async (language, note) => {
  const [, grid = ''] = await figures(
    cohort('2026-05-01', 30, [10, 12]).map((row, since) => ({ ...row, is_complete: since === 0 })),
    language,
  );
  const cells = [...grid.matchAll(/<td class="n" data-key[^>]*>(.*?)<\/td>/gs)].map(([, text]) => text?.trim());
  expect(cells.map((text) => text?.endsWith('<sup>*</sup>'))).toEqual([false, true]);
  expect(grid).toContain(`* ${note}`);
});
