import type { Row } from '../contracts/sync.ts';
import type { Incident } from './incident.ts';

/** Every field has a value of its own, so that one in the place of another is seen. */
export const incident: Incident = {
  id: 'i1',
  rule: 'domain_complaint_rate',
  metric: 'complaint_rate',
  scope: 'campaign',
  scopeId: 'c1',
  scopeName: 'Spring',
  accountId: 'shop',
  severity: 'critical',
  text: 'Complaint rate of campaign Spring is 0.42 %',
  advice: 'Test the mail before you send it.',
  value: 0.0042,
  threshold: 0.003,
  baseline: 0.001,
  method: 'threshold',
  day: '2026-06-28',
  firstSeen: '2026-06-20',
  lastSeen: '2026-06-29',
  closed: null,
  days: 3,
};

/** The same as its row. */
export const incidentRow: Row = {
  incident_id: 'i1',
  rule: 'domain_complaint_rate',
  metric: 'complaint_rate',
  scope: 'campaign',
  scope_id: 'c1',
  scope_name: 'Spring',
  source: 'mailchimp',
  account_id: 'shop',
  severity: 'critical',
  text: 'Complaint rate of campaign Spring is 0.42 %',
  advice: 'Test the mail before you send it.',
  value: '0.0042',
  threshold_value: '0.003',
  baseline_value: '0.001',
  method: 'threshold',
  day: '2026-06-28',
  first_seen_date: '2026-06-20',
  last_seen_date: '2026-06-29',
  closed_date: null,
  day_count: 3,
};
