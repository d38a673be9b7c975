import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import { texts, withPublished } from '../context.fixture.ts';
import type { Language } from '../messages/index.ts';
import { readPeriod } from '../period.ts';
import { alertSection } from './alerts.ts';

const columns: readonly Column[] = [
  ...texts(
    'source',
    'account_id',
    'incident_id',
    'rule',
    'metric',
    'scope',
    'scope_id',
    'scope_name',
    'severity',
    'method',
  ),
  { name: 'day', type: 'date' },
  { name: 'value', type: 'double' },
  { name: 'threshold_value', type: 'double' },
  { name: 'baseline_value', type: 'double' },
  { name: 'is_past_threshold', type: 'bool' },
  { name: 'first_seen_date', type: 'date' },
  { name: 'last_seen_date', type: 'date' },
  { name: 'closed_date', type: 'date' },
];
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

/** The section as text, of these alerts. */
async function shown(alerts: readonly Row[], language: Language = 'en'): Promise<string> {
  const sent = ['2026-06-24', '2026-06-27'].map((date) => ({ send_date: date }));
  return await withPublished(
    [
      { name: 'marts.alerts', columns, rows: alerts },
      { name: 'marts.campaign_performance', columns: [{ name: 'send_date', type: 'date' }], rows: sent },
    ],
    async (context) => (await alertSection({ ...context, period: await readPeriod(context.reader) })).markup,
    language,
  );
}

test('an alert shows the number, the place and the severity of its last bad day', async () => {
  const [spring, summer] = [
    { scope_id: 'c1', scope_name: 'Spring' },
    { scope_id: 'c2', scope_name: 'Summer' },
  ];
  const html = await shown([
    day({ ...spring, day: '2026-06-24', value: 0.0076, is_past_threshold: true, severity: 'warning' }),
    day({ ...summer, day: '2026-06-27', value: 0, is_past_threshold: false, severity: 'critical' }),
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
      scope_name: 'unknown',
      value: 0.01,
    }),
  ];
  expect(await shown(rows)).toContain('>domain not known<');
  expect(await shown(rows, 'vi')).toContain('>không rõ tên miền<');
});

test('an alert has the name of its scope, whatever is in that name', async () => {
  const html = await shown([
    open({ scope: 'list', scope_id: 'l1', scope_name: 'Newsletter', metric: 'active_audience', value: 0.2 }),
    open({ scope_id: 'c9', scope_name: 'Sale <b>of</b> "July"', incident_id: 'i2', metric: 'spam_score', value: 5 }),
    open({ scope: 'all', scope_id: 'all', scope_name: 'all', incident_id: 'i3', metric: 'monthly_profit', value: -5 }),
  ]);
  expect(html).toMatch(/data-value="l1"[^>]*><bdi>Newsletter</);
  expect(html).toMatch(/data-value="c9"[^>]*><bdi>Sale &lt;b&gt;of&lt;\/b&gt; (?:"|&quot;|&#34;)July/);
  expect(html).toMatch(/data-value="all"[^>]*>whole company</);
});
