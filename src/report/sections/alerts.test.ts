import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import { texts, withPublished, type Published } from '../context.fixture.ts';
import type { Language } from '../messages/index.ts';
import { readPeriod } from '../period.ts';
import { alertSection } from './alerts.ts';

const columns: readonly Column[] = [
  ...texts('source', 'account_id', 'incident_id', 'rule', 'metric', 'scope', 'scope_id', 'severity', 'method'),
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
  ...texts('source', 'account_id', 'campaign_id', 'name'),
  { name: 'send_date', type: 'date' },
];
const lists: readonly Column[] = [
  ...texts('source', 'account_id', 'list_id', 'list_name'),
  { name: 'day', type: 'date' },
];
const checks: readonly Column[] = texts('source', 'account_id', 'campaign_id', 'name');

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
/** A day on which something is wrong. */
const open = (more: Row): Row => day({ day: '2026-06-24', is_past_threshold: true, severity: 'info', ...more });

const campaign = (id: string, name: string, sent: string): Row => ({
  source: 'mailchimp',
  account_id: 'shop',
  campaign_id: id,
  name,
  send_date: sent,
});

type Named = { readonly lists?: readonly Row[]; readonly checks?: readonly Row[] };

/** The section as text, of these alerts. */
async function shown(alerts: readonly Row[], language: Language = 'en', named: Named = {}): Promise<string> {
  const sent = [campaign('c1', 'Spring', '2026-06-24'), campaign('c2', 'Summer', '2026-06-27')];
  const tables: readonly Published[] = [
    { name: 'marts.alerts', columns, rows: alerts },
    { name: 'marts.campaign_performance', columns: campaigns, rows: sent },
    ...(named.lists === undefined ? [] : [{ name: 'marts.audience_growth_daily', columns: lists, rows: named.lists }]),
    ...(named.checks === undefined ? [] : [{ name: 'marts.spam_checks', columns: checks, rows: named.checks }]),
  ];
  return await withPublished(
    tables,
    async (context) => (await alertSection({ ...context, period: await readPeriod(context.reader) })).markup,
    language,
  );
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
    open({
      scope: 'domain',
      scope_id: 'unknown',
      value: 0.01,
    }),
  ];
  expect(await shown(rows)).toContain('>domain not known<');
  expect(await shown(rows, 'vi')).toContain('>không rõ tên miền<');
});

test('an alert about a list, or a campaign that is only planned, has its name', async () => {
  const rows = [
    open({
      scope: 'list',
      scope_id: 'l1',
      metric: 'active_audience',
      value: 0.2,
    }),
    open({
      scope_id: 'planned',
      incident_id: 'i2',
      metric: 'spam_score',
      value: 5,
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
