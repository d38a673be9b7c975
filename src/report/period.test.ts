import { expect, test } from 'vitest';
import { always } from './context.fixture.ts';
import { readPeriod } from './period.ts';

const period = (asOf: string, first: string, last: string) =>
  readPeriod({
    ...always([]),
    first: ([table]) =>
      Promise.resolve(table === 'status.data_as_of' ? { as_of_date: asOf } : { first_send: first, last_send: last }),
  });

test('the period is the 90 days to the as-of date, those compared with it are the 90 before', async () => {
  expect(await period('2026-06-30', '2026-01-02', '2026-06-01')).toMatchObject({
    days: 90,
    from: '2026-04-02',
    to: '2026-06-30',
    previousFrom: '2026-01-02',
    previousTo: '2026-04-01',
    isPast: false,
  });
});

test('a period before counts when all of it lies after the first send', async () => {
  const earlier = async (first: string) => (await period('2026-06-30', first, '2026-06-01')).earlier;
  expect([await earlier('2026-01-03'), await earlier('2026-01-02'), await earlier('2025-10-04')]).toEqual([0, 1, 2]);
});

test('without a send in the 90 days it ends with the last one', async () => {
  expect(await period('2026-06-30', '2025-01-01', '2026-04-02')).toMatchObject({ to: '2026-06-30', isPast: false });
  expect(await period('2026-06-30', '2025-01-01', '2026-04-01')).toMatchObject({
    from: '2026-01-02',
    to: '2026-04-01',
    isPast: true,
  });
});
