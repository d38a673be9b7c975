import { expect, test } from 'vitest';
import { always, contextOf } from '../context.fixture.ts';
import type { Kpi } from './kpi.ts';
import { withOpenAlerts } from './open-alerts.ts';

const card = (key: string, days?: number): Kpi =>
  ({ key, source: { filter: days === undefined ? null : `scope = all, window_days = ${days}` } }) as unknown as Kpi;

const rows = [
  { rule: 'unsubscribes', metric: 'unsubscribe_rate', open: 1 },
  { rule: 'active_audience', metric: 'active_audience', open: 2 },
];

test('an alert is told on the card of what it watches and of its rule, and of several windows on the one it is about', async () => {
  const context = contextOf('en', { reader: always(rows), period: { to: '2026-06-30', asOf: '2026-06-30' } });
  const kpis = [
    card('unsubscribes'),
    card('unsubscribe_rate'),
    card('open_rate'),
    card('active_audience', 30),
    card('active_audience', 90),
  ];
  expect((await withOpenAlerts(context, kpis)).map(({ openAlerts }) => openAlerts)).toEqual([1, 1, 0, 0, 2]);
});
