import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Row } from '../contracts/sync.ts';
import { openPublished, publishTo } from '../warehouse/duckdb/index.ts';
import type { Column } from '../warehouse/port.ts';
import { backTest } from './back-test.ts';
import { incidentOf, incidentsQuery } from './incident.ts';

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

const day = (scopeId: string, date: string, value: number, isPast: boolean, severity: string): Row => ({
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
});

it('an incident is told as on its last bad day, not as on the good ones on which it recovers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-incident-'));
  try {
    const file = join(folder, 'published.duckdb');
    const rows = async function* () {
      yield day('c1', '2026-06-20', 0.005, true, 'critical');
      yield day('c2', '2026-06-24', 0.0076, true, 'warning');
      yield day('c3', '2026-06-27', 0, false, 'critical');
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
          days: 2,
        },
      ]);
    } finally {
      reader.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('the back-test tells the same day', () => {
  const value = (scopeId: string, date: string, rate: number): Row => ({
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
  });
  const found = backTest([value('c1', '2026-06-10', 0.0076), value('c2', '2026-06-14', 0)], {});
  expect(found.filter(({ rule }) => rule === 'complaint_rate')).toMatchObject([
    { scopeId: 'c1', scopeName: 'Mail c1', value: 0.0076, day: '2026-06-10', closed: null, days: 1 },
  ]);
});
