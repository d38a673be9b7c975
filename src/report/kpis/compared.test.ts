import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import { addDays } from '../calendar.ts';
import { texts, withPublished, type Published } from '../context.fixture.ts';
import { metricOf, type Context } from '../context.ts';
import type { Period } from '../period.ts';
import { activeKpis, growthKpis } from './audience-kpis.ts';
import { campaignKpis, measureOf } from './campaign-sums.ts';
import { datedKpi } from './dated-kpis.ts';

// A card's number is added up a second time from the page (test/e2e); here, what stands beside it: the days before, a year
// ago, what is usual, the months.

const period: Period = {
  days: 90,
  from: '2026-04-02',
  to: '2026-06-30',
  previousFrom: '2026-01-02',
  previousTo: '2026-04-01',
  earlier: 4,
  asOf: '2026-06-30',
  firstSend: '2025-04-02',
  lastSend: '2026-06-30',
  isPast: false,
};

const typed = (type: Column['type'], names: string): readonly Column[] =>
  names.split(' ').map((name) => ({ name, type }));
const refreshed = { refreshed_at: '2026-06-30T12:00:00.000Z' };
const refreshedColumn = typed('timestamp', 'refreshed_at');

/** `[account, campaign, day, delivered and sent, openers, what it brought, goal]`; no rate without a delivery. */
const sends: readonly (readonly [string, string, string, number, number, string | null, string?])[] = [
  ['shop', 'a', '2026-06-30', 100, 40, '10.10', 'lead_generation'],
  ['shop', 'b', '2026-04-02', 300, 30, '1.00'],
  // Another account's campaign of the same id, which reached nobody: 0 of 0 is not unknown.
  ['blog', 'a', '2026-05-06', 0, 0, '0.20'],
  ['shop', 'previous, last day', '2026-04-01', 200, 100, '2', 'lead_generation'],
  ['shop', 'previous, first day', '2026-01-02', 600, 60, '-5'],
  ['shop', 'before', '2026-01-01', 50, 50, '7'],
  // 52 weeks before the period's last day, and a day nearer.
  ['shop', 'a year ago, last day', '2025-07-01', 10, 9, '3'],
  ['shop', 'too late', '2025-07-02', 10, 1, '100'],
  ['shop', 'a year ago, first day', '2025-04-03', 30, 3, '4'],
  ['shop', 'too early', '2025-04-02', 30, 30, '1000'],
  ['shop', 'after', '2026-07-01', 1000, 1000, '10000', 'lead_generation'],
];
const of = (account: string, campaign: string, send: string): Row => ({
  source: 'esp',
  account_id: account,
  campaign_id: campaign,
  send_date: send,
  ...refreshed,
});
const campaigns: readonly Published[] = [
  {
    name: 'marts.campaign_performance',
    columns: [
      ...texts('source', 'account_id', 'campaign_id', 'goal', 'unavailable_reason'),
      ...typed('date', 'send_date'),
      ...typed('int', 'sent_count delivered_count human_unique_open_count'),
      ...typed('double', 'open_rate'),
      ...refreshedColumn,
    ],
    rows: [
      ...sends.map(([account, campaign, send, delivered, openers, , goal = null]) => ({
        ...of(account, campaign, send),
        goal,
        unavailable_reason: null,
        sent_count: delivered,
        delivered_count: delivered,
        human_unique_open_count: openers,
        open_rate: delivered === 0 ? null : openers / delivered,
      })),
      {
        ...of('shop', 'unknown', '2026-05-05'),
        goal: null,
        unavailable_reason: 'open_rate: no open could be told from a machine',
        sent_count: 100,
        delivered_count: 100,
        human_unique_open_count: 5,
        open_rate: null,
      },
    ],
  },
  {
    name: 'marts.campaign_profit',
    columns: [
      ...texts('source', 'account_id', 'campaign_id', 'unavailable_reason'),
      ...typed('decimal', 'profit_amount'),
      ...refreshedColumn,
    ],
    rows: sends.map(([account, campaign, send, , , profit]) => ({
      ...of(account, campaign, send),
      profit_amount: profit,
      unavailable_reason: null,
    })),
  },
];

const look = async <T>(tables: readonly Published[], see: (context: Context) => Promise<T>): Promise<T> =>
  await withPublished(tables, see, 'en', { period });

test('a campaign’s card: the days before, 52 weeks before, the median campaign, the months', async () => {
  const { kpis } = await look(campaigns, async (context) => {
    const openRate = measureOf(metricOf(context, 'open_rate'), 'campaign_performance');
    return await campaignKpis(
      context.reader,
      [
        openRate,
        { ...openRate, key: 'sent', column: 'sent_count', numerator: 'sent_count', denominator: null, unit: 'count' },
        { ...measureOf(metricOf(context, 'profit'), 'campaign_profit'), key: 'profit' },
      ],
      period,
    );
  });
  const [openRate, sent, profit] = kpis;
  expect(openRate).toMatchObject({
    value: 70 / 400,
    numerator: 70,
    denominator: 400,
    previous: 160 / 800,
    lastYear: 12 / 40,
    // Of .1 .1 .1 .1 .4 .5 .9 1 1: without the one after the period, whose day has not come.
    median: 0.4,
    leftOut: 1,
    rows: 4,
    reasons: ['no open could be told from a machine'],
    trendFrom: '2025-04-01',
    trendTo: '2026-06-01',
  });
  expect(openRate?.trend).toEqual(
    [33 / 60, null, null, 10 / 20, ...Array(5).fill(null), 110 / 650, null, null].concat([130 / 500, null, 0.4]),
  );
  // The median of whole periods: 800, 50, none, 20.
  expect(sent).toMatchObject({ value: 500, previous: 800, lastYear: 40, median: 50, leftOut: 0, denominator: null });
  expect(profit).toMatchObject({
    value: '11.300000000',
    previous: '-3.000000000',
    lastYear: '7.000000000',
    leftOut: 1,
  });
});

test('more was given back than came in: a loss of that is no margin of 200 %, and counts in the sums', async () => {
  const amounts = 'profit_amount revenue_amount refund_amount conversion_value_amount';
  const books = [
    ['a', '-20', '100', '110', null],
    ['b', '60', '60', '0', 1],
  ] as const;
  const margin = async (count: number) =>
    await look(
      [
        campaigns[0]!,
        {
          name: 'marts.campaign_profit',
          columns: [
            ...texts('source', 'account_id', 'campaign_id', 'unavailable_reason'),
            ...typed('decimal', amounts),
            ...typed('double', 'profit_margin_rate'),
            ...refreshedColumn,
          ],
          rows: books.slice(0, count).map(([id, profit, revenue, refund, rate]) => ({
            ...of('shop', id, '2026-06-30'),
            profit_amount: profit,
            revenue_amount: revenue,
            refund_amount: refund,
            conversion_value_amount: '0',
            profit_margin_rate: rate,
            unavailable_reason: null,
          })),
        },
      ],
      async (context) =>
        (await campaignKpis(context.reader, [measureOf(metricOf(context, 'profit_margin'), 'campaign_profit')], period))
          .kpis[0],
    );
  expect(await margin(1)).toMatchObject({ value: null, numerator: '-20.000000000', denominator: '-10.000000000' });
  expect(await margin(2)).toMatchObject({ value: 40 / 50 });
});

test('the active share: of the period’s last day, the day before it, 52 weeks ago, and the median day', async () => {
  const row = (day: string, active: number, more: Row = {}): Row => ({
    scope: 'all',
    scope_id: 'all',
    day,
    window_days: 90,
    mailed_count: 100,
    active_count: active,
    active_audience_rate: active / 100,
    ...refreshed,
    ...more,
  });
  const rows = [
    row('2025-06-30', 1),
    row('2025-07-01', 2),
    row('2026-04-01', 40),
    row('2026-04-02', 50),
    row('2026-05-31', 30),
    row('2026-06-30', 25),
    row('2026-07-01', 99),
    row('2026-06-30', 10, { window_days: 30 }),
    row('2026-06-30', 77, { scope: 'list', scope_id: 'l1' }),
  ];
  const kpis = await look(
    [
      {
        name: 'marts.active_audience_daily',
        columns: [
          ...texts('scope', 'scope_id'),
          ...typed('date', 'day'),
          ...typed('int', 'window_days mailed_count active_count'),
          ...typed('double', 'active_audience_rate'),
          ...refreshedColumn,
        ],
        rows,
      },
    ],
    ({ reader }) => activeKpis(reader, period),
  );
  const expected = { value: 0.25, numerator: 25, denominator: 100, previous: 0.4, lastYear: 0.02, rows: 1 };
  // Of .01 .02 .25 .3 .4 .5; months end on their last day, and the last one today.
  expect(kpis[1]).toMatchObject({ ...expected, median: 0.275, trend: [0.01, 0.3, 0.25], trendTo: '2026-06-30' });
  expect(kpis.map(({ value }) => value)).toEqual([0.1, 0.25, null]);
});

test('the growth of all lists, over what they opened with; their size at the end of the period', async () => {
  const opened = '2026-01-01';
  const rows = ['l1', 'l2'].flatMap((list, place): readonly Row[] =>
    Array.from({ length: 182 }, (_, at): Row => {
      const net = at === 0 ? 0 : place + 1;
      const opening = 1000 * (place + 1) + (at === 0 ? 0 : (at - 1) * (place + 1));
      return {
        source: 'esp',
        account_id: 'shop',
        list_id: list,
        day: addDays(opened, at),
        net_count: net,
        opening_count: opening,
        closing_count: opening + net,
        ...refreshed,
      };
    }),
  );
  const [growth, size] = await look(
    [
      {
        name: 'marts.audience_growth_daily',
        columns: [
          ...texts('source', 'account_id', 'list_id'),
          ...typed('date', 'day'),
          ...typed('int', 'net_count opening_count closing_count'),
          ...refreshedColumn,
        ],
        rows,
      },
    ],
    ({ reader }) => growthKpis(reader, period),
  );
  // 3 a day on both lists; on 2 April they opened with what 90 days had brought, on 2 January with nothing more.
  expect(growth).toMatchObject({ value: 270 / 3270, numerator: 270, denominator: 3270, previous: 270 / 3000 });
  expect(growth?.trend).toEqual([90 / 3000, 84 / 3090, 93 / 3174, 90 / 3267, 93 / 3357, 90 / 3450]);
  expect(size).toMatchObject({ value: 3540, previous: 3270, trend: [3090, 3174, 3267, 3357, 3450, 3540] });
});

test('a card of dated rows: the days before, the median of whole periods, the months', async () => {
  const marks: readonly (readonly [string, number | null, number])[] = [
    ['2026-06-30', 9, 1],
    ['2026-04-02', 7, 1],
    ['2026-05-05', null, 0],
    ['2026-04-01', 5, 1],
    ['2026-01-02', 6, 1],
    ['2026-01-01', 4, 1],
    ['2026-07-01', 1, 1],
  ];
  const [score, before] = await look(
    [
      {
        name: 'marts.spam_checks',
        columns: [
          ...texts('campaign_id'),
          ...typed('date', 'day'),
          ...typed('double', 'score'),
          ...typed('int', 'scored_count'),
          ...refreshedColumn,
        ],
        rows: marks.map(([day, mark, count]) => ({
          campaign_id: 'c1',
          day,
          score: mark,
          scored_count: count,
          ...refreshed,
        })),
      },
    ],
    async (context) => {
      const metric = metricOf(context, 'spam_score');
      const [from, to] = ['2026-03-18', '2026-06-15'];
      return [
        await datedKpi(context, metric),
        await datedKpi({ ...context, period: { ...period, from, to } }, metric),
      ] as const;
    },
  );
  expect(score).toMatchObject({ value: 8, previous: 5.5, median: 4.75, leftOut: 1, rows: 3, denominator: 2 });
  expect(score?.trend).toEqual([5, null, null, 6, null, 9]);
  // A period that ended in June knows nothing of what came after it.
  expect(before?.trend).toEqual([5, null, null, 6, null, null]);
});
