import { describe, expect, it } from 'vitest';
import { loadMetricCatalog } from '../transform/metric-catalog.ts';
import type { Incident } from './incident.ts';
import { incident } from './incident.fixture.ts';
import { alertMessage, webhookBody, type AlertEvent } from './message.ts';

const said = (more: Partial<Incident>, event: AlertEvent = 'opened', vanished = false) =>
  alertMessage({ ...incident, ...more }, event, 'Acme', vanished);
const window = loadMetricCatalog().metrics.find(({ key }) => key === 'complaint_rate')?.window;
const formula = `Formula: complaint_count / delivered_count (${window})`;
const end = 'Incident i1; all that are open: mailmart alerts';

describe('a message', () => {
  it.each<[string, Partial<Incident>, AlertEvent, boolean, readonly string[]]>([
    [
      'that something began says since when and what to do',
      { firstSeen: '2026-06-28' },
      'opened',
      false,
      [`${incident.text}.`, formula, 'Since: 2026-06-28', `What to do: ${incident.advice}`],
    ],
    [
      'of what goes on says how often, and names a test',
      { method: 'a test' },
      'opened',
      false,
      [
        `${incident.text}.`,
        formula,
        'Since: 2026-06-20, 3 times; the last is told here',
        'Test: a test',
        `What to do: ${incident.advice}`,
      ],
    ],
    [
      'of what was over before it was told says so',
      { closed: '2026-07-02' },
      'opened',
      false,
      [
        `${incident.text}.`,
        formula,
        'Since: 2026-06-20, 3 times; the last is told here',
        'It is over since 2026-07-02.',
        `What to do: ${incident.advice}`,
      ],
    ],
    [
      'that it is over says from when to when it was',
      { closed: '2026-07-02' },
      'closed',
      false,
      ['Over since 2026-07-02; it began on 2026-06-20 and was last seen on 2026-06-29.', `It was: ${incident.text}.`],
    ],
    [
      'that newer data do not show it says that',
      {},
      'closed',
      true,
      ['No longer so: with newer data the incident of 2026-06-20 is gone.', `It was: ${incident.text}.`],
    ],
    [
      'of a metric without a denominator has a formula without one',
      { metric: 'profit', firstSeen: '2026-06-28' },
      'opened',
      false,
      [
        `${incident.text}.`,
        expect.stringMatching(/^Formula: [^/]+ \(.+\)$/),
        'Since: 2026-06-28',
        `What to do: ${incident.advice}`,
      ],
    ],
  ])('%s', (_what, more, event, vanished, lines) => {
    expect(said(more, event, vanished).text.split('\n')).toEqual([...lines, end]);
  });

  it('has company and severity, or that it is over, in its subject, which is no longer than 200 characters', () => {
    expect(said({}).subject).toBe(`[Acme] critical: ${incident.text}`);
    expect(said({}, 'closed').subject).toBe(`[Acme] over: ${incident.text}`);
    const long = said({ text: '😀'.repeat(300) }).subject;
    expect([...long]).toHaveLength(200);
    expect(long.isWellFormed()).toBe(true);
  });

  it('has a key of its incident and event alone', () => {
    const keys = [said({}), said({}, 'closed'), said({ id: 'i2' })].map(({ key }) => key);
    expect(new Set(keys).size).toBe(3);
    expect(said({ text: 'Another', day: '2026-06-29' }).key).toBe(keys[0]);
  });

  it('goes to a webhook with every field of the incident', () => {
    const message = said({ closed: '2026-07-02', method: 'a test' });
    expect(webhookBody(message)).toEqual({
      version: 1,
      idempotency_key: message.key,
      event: 'opened',
      incident_id: 'i1',
      rule: 'domain_complaint_rate',
      metric: 'complaint_rate',
      scope: 'campaign',
      scope_id: 'c1',
      scope_name: 'Spring',
      account_id: 'shop',
      severity: 'critical',
      day: '2026-06-28',
      value: 0.0042,
      threshold_value: 0.003,
      baseline_value: 0.001,
      method: 'a test',
      first_seen_date: '2026-06-20',
      last_seen_date: '2026-06-29',
      closed_date: '2026-07-02',
      formula: 'complaint_count / delivered_count',
      subject: message.subject,
      text: message.text,
    });
  });
});
