import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import { openPublished, publishTo } from '../../warehouse/duckdb/index.ts';
import type { Column } from '../../warehouse/port.ts';
import type { Context } from '../context.ts';
import { createFormat } from '../format.ts';
import { languages } from '../messages/index.ts';
import { readPeriod } from '../period.ts';
import { createReader } from '../reader.ts';
import { alertSection } from './alerts.ts';

const text = (...names: readonly string[]): readonly Column[] => names.map((name) => ({ name, type: 'string' }));
const columns: readonly Column[] = [
  ...text('source', 'account_id', 'incident_id', 'rule', 'metric', 'scope', 'scope_id', 'severity', 'method'),
  { name: 'day', type: 'date' },
  { name: 'value', type: 'double' },
  { name: 'threshold_value', type: 'double' },
  { name: 'baseline_value', type: 'double' },
  { name: 'is_past_threshold', type: 'bool' },
  { name: 'first_seen_date', type: 'date' },
  { name: 'last_seen_date', type: 'date' },
  { name: 'closed_date', type: 'date' },
];
const campaigns: readonly Column[] = [
  ...text('source', 'account_id', 'campaign_id', 'name'),
  { name: 'send_date', type: 'date' },
];
const lists: readonly Column[] = [
  ...text('source', 'account_id', 'list_id', 'list_name'),
  { name: 'day', type: 'date' },
];
const checks: readonly Column[] = text('source', 'account_id', 'campaign_id', 'name');

const day = (more: Row): Row => ({
  source: 'mailchimp',
  account_id: 'shop',
  incident_id: 'i1',
  rule: 'complaint_rate',
  metric: 'complaint_rate',
  scope: 'campaign',
  threshold_value: 0.003,
  baseline_value: null,
  method: 'threshold',
  first_seen_date: '2026-06-24',
  last_seen_date: '2026-06-24',
  closed_date: null,
  ...more,
});
const campaign = (id: string, name: string, sent: string): Row => ({
  source: 'mailchimp',
  account_id: 'shop',
  campaign_id: id,
  name,
  send_date: sent,
});

type Named = { readonly lists?: readonly Row[]; readonly checks?: readonly Row[] };

/** The section as text, of these alerts. */
async function shown(alerts: readonly Row[], language: 'en' | 'vi' = 'en', named: Named = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-alerts-'));
  const all = async function* (rows: readonly Row[]) {
    yield* rows;
  };
  try {
    const file = join(folder, 'published.duckdb');
    const sent = [campaign('c1', 'Spring', '2026-06-24'), campaign('c2', 'Summer', '2026-06-27')];
    await publishTo(file)(
      [
        { name: 'marts.alerts', columns, rows: all(alerts) },
        { name: 'marts.campaign_performance', columns: campaigns, rows: all(sent) },
        ...(named.lists === undefined
          ? []
          : [{ name: 'marts.audience_growth_daily', columns: lists, rows: all(named.lists) }]),
        ...(named.checks === undefined
          ? []
          : [{ name: 'marts.spam_checks', columns: checks, rows: all(named.checks) }]),
      ],
      { runId: 'r1', publishedAt: '2026-06-30T12:00:00.000Z' },
    );
    const published = await openPublished(file);
    try {
      const reader = await createReader(published);
      const messages = languages[language];
      const context: Context = {
        reader,
        messages,
        format: createFormat(messages.locale, 'Europe/Berlin', 'EUR'),
        catalog: loadMetricCatalog(),
        period: await readPeriod(reader),
        company: { name: 'Acme', time_zone: 'Europe/Berlin', currency: 'EUR' },
      };
      return (await alertSection(context)).markup;
    } finally {
      published.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('an alert shows the number, the place and the severity of its last bad day', async () => {
  const html = await shown([
    day({ scope_id: 'c1', day: '2026-06-24', value: 0.0076, is_past_threshold: true, severity: 'warning' }),
    day({ scope_id: 'c2', day: '2026-06-27', value: 0, is_past_threshold: false, severity: 'critical' }),
  ]);
  expect(html).toContain('0.760%');
  expect(html).toContain('class="severity warning"');
  expect(html).toContain('Spring');
  expect(html).not.toMatch(/class="severity critical"|Summer/);
});

test('mails whose domain is not known have words for it', async () => {
  const rows = [
    day({
      scope: 'domain',
      scope_id: 'unknown',
      day: '2026-06-24',
      value: 0.01,
      is_past_threshold: true,
      severity: 'info',
    }),
  ];
  expect(await shown(rows)).toContain('>domain not known<');
  expect(await shown(rows, 'vi')).toContain('>không rõ tên miền<');
});

test('an alert about a list, or a campaign that is only planned, has its name', async () => {
  const rows = [
    day({
      scope: 'list',
      scope_id: 'l1',
      metric: 'active_audience',
      day: '2026-06-24',
      value: 0.2,
      is_past_threshold: true,
      severity: 'info',
    }),
    day({
      scope_id: 'planned',
      incident_id: 'i2',
      metric: 'spam_score',
      day: '2026-06-24',
      value: 5,
      is_past_threshold: true,
      severity: 'info',
    }),
  ];
  const names: Named = {
    lists: [{ source: 'mailchimp', account_id: 'shop', list_id: 'l1', list_name: 'Newsletter', day: '2026-06-24' }],
    checks: [{ source: 'mailchimp', account_id: 'shop', campaign_id: 'planned', name: 'Sale of July' }],
  };
  const html = await shown(rows, 'en', names);
  expect(html).toMatch(/data-value="l1"[^>]*><bdi>Newsletter</);
  expect(html).toMatch(/data-value="planned"[^>]*><bdi>Sale of July</);
});
