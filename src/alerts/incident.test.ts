import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Row } from '../contracts/sync.ts';
import { openPublished, publishTo } from '../warehouse/duckdb/index.ts';
import type { AlertOverrides } from '../transform/metric-alerts.ts';
import type { Column } from '../warehouse/port.ts';
import { backTest } from './back-test.ts';
import { incidentOf, incidentsQuery } from './incident.ts';
import { incident, incidentRow } from './incident.fixture.ts';

const columns: readonly Column[] = [
  { name: 'incident_id', type: 'string' },
  { name: 'rule', type: 'string' },
  { name: 'scope', type: 'string' },
  { name: 'scope_id', type: 'string' },
  { name: 'day', type: 'date' },
  { name: 'value', type: 'double' },
  { name: 'is_past_threshold', type: 'bool' },
  { name: 'severity', type: 'string' },
  { name: 'first_seen_date', type: 'date' },
  { name: 'last_seen_date', type: 'date' },
];

const day = (scopeId: string, date: string, value: number, isPast: boolean, severity: string, more: Row = {}): Row => ({
  incident_id: 'i1',
  rule: 'complaint_rate',
  scope: 'campaign',
  scope_id: scopeId,
  day: date,
  value,
  is_past_threshold: isPast,
  severity,
  first_seen_date: '2026-06-20',
  last_seen_date: '2026-06-24',
  ...more,
});

it('an incident is told as on its last bad day, not as on the good ones on which it recovers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-incident-'));
  try {
    const file = join(folder, 'published.duckdb');
    const rows = async function* () {
      yield day('c1', '2026-06-20', 0.005, true, 'critical');
      yield day('c2', '2026-06-24', 0.0076, true, 'warning');
      // Of two on one day the one that a series has last.
      yield day('c1b', '2026-06-24', 0.0099, true, 'info');
      yield day('c3', '2026-06-27', 0, false, 'critical');
      // One that began later is told later, whatever its rule.
      const later = { incident_id: 'i0', rule: 'bounce_rate', first_seen_date: '2026-06-21' };
      yield day('c2', '2026-06-21', 0.8, true, 'warning', later);
    };
    await publishTo(file)([{ name: 'marts.alerts', columns, rows: rows() }], {
      runId: 'r1',
      publishedAt: '2026-06-30T12:00:00.000Z',
    });
    const reader = await openPublished(file);
    try {
      const found = await reader.query(incidentsQuery('marts.alerts'));
      const incidents = found.rows.map((row) =>
        incidentOf(Object.fromEntries(found.columns.map(({ name }, index) => [name, row[index] as Row[string]]))),
      );
      expect(incidents).toMatchObject([
        // Tables of before scopes had names.
        {
          scopeId: 'c2',
          scopeName: 'c2',
          value: 0.0076,
          severity: 'warning',
          day: '2026-06-24',
          lastSeen: '2026-06-24',
          days: 3,
        },
        { id: 'i0', firstSeen: '2026-06-21', days: 1 },
      ]);
    } finally {
      reader.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('an incident has every field of its row, and what the row does not have is not 0', () => {
  const row: Row = { ...incidentRow, closed_date: '2026-07-02', method: 'a test' };
  const all = { ...incident, closed: '2026-07-02', method: 'a test' };
  expect(incidentOf(row)).toEqual(all);
  const none = { account_id: null, threshold_value: null, baseline_value: null, closed_date: null };
  expect(incidentOf({ ...row, ...none, severity: 'of another version' })).toEqual({
    ...all,
    accountId: null,
    threshold: null,
    baseline: null,
    closed: null,
    severity: 'warning',
  });
});

/** As watchedValuesQuery gives it. */
const watched = (scopeId: string, date: string, rate: number, more: Row = {}): Row => ({
  source: 'mailchimp',
  account_id: 'shop',
  metric: 'complaint_rate',
  scope: 'campaign',
  scope_id: scopeId,
  scope_name: `Mail ${scopeId}`,
  day: date,
  period: 'lifetime',
  window_text: null,
  value: rate,
  numerator: rate * 10_000,
  denominator: 10_000,
  currency_code: null,
  low_value: null,
  high_value: null,
  as_of_date: '2026-06-30',
  ...more,
});

it('the back-test tells the same day', () => {
  const found = backTest([watched('c1', '2026-06-10', 0.0076), watched('c2', '2026-06-14', 0)], {});
  expect(found.filter(({ rule }) => rule === 'complaint_rate')).toMatchObject([
    { scopeId: 'c1', scopeName: 'Mail c1', value: 0.0076, day: '2026-06-10', closed: null, days: 1 },
  ]);
});

it('the back-test looks at what a rule watches and at nothing else, and tells the oldest first', () => {
  const left = (index: number, rate: number): Row =>
    watched(`u${index}`, `2026-05-${10 + index}`, rate, { metric: 'unsubscribe_rate' });
  const values = [
    watched('c1', '2026-06-20', 0.8, { metric: 'bounce_rate' }),
    watched('c1', '2026-06-14', 0.02),
    watched('c2', '2026-06-16', 0.02, { period: 'day' }),
    watched('shop', '2026-06-01', 0.02, { scope: 'account' }),
    watched('shop', '2026-06-01', 0.1, {
      metric: 'active_audience',
      scope: 'account',
      period: 'window',
      window_text: '30 days',
    }),
    ...Array.from({ length: 10 }, (_, index) => left(index, 0.002)),
    left(15, 0.02),
  ];
  const rulesOf = (overrides: AlertOverrides) =>
    backTest(values, overrides).map(({ rule, scopeId }) => [rule, scopeId]);
  expect(rulesOf({})).toEqual([
    ['unsubscribes', 'u15'],
    ['complaint_rate', 'c1'],
    ['bounce_rate', 'c1'],
  ]);
  expect(rulesOf({ unsubscribes: { on: false }, complaint_rate: { threshold: 0.03 } })).toEqual([
    ['bounce_rate', 'c1'],
  ]);
});
