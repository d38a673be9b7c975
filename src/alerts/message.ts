import { createHash } from 'node:crypto';
import { loadMetricCatalog } from '../transform/metric-catalog.ts';
import type { Incident } from './incident.ts';

export type AlertEvent = 'opened' | 'closed';

/** What goes out: the same content to every channel. */
export type AlertMessage = {
  /** Equal for every try to tell the same: receivers drop what they have already. */
  readonly key: string;
  readonly event: AlertEvent;
  readonly incident: Incident;
  readonly subject: string;
  readonly text: string;
  /** How the number is made. */
  readonly formula: string;
};

/** A message about an incident. `vanished`: newer data do not show it any more. */
export function alertMessage(incident: Incident, event: AlertEvent, company: string, vanished = false): AlertMessage {
  const metric = loadMetricCatalog().metrics.find(({ key }) => key === incident.metric);
  const formula =
    metric === undefined ? '' : metric.denominator ? `${metric.numerator} / ${metric.denominator}` : metric.numerator;
  const lines =
    event === 'opened'
      ? [
          `${incident.text}.`,
          `Formula: ${formula}${metric === undefined ? '' : ` (${metric.window})`}`,
          incident.firstSeen === incident.day
            ? `Since: ${incident.firstSeen}`
            : `Since: ${incident.firstSeen}, ${incident.days} times; the last is told here`,
          ...(incident.method === 'threshold' ? [] : [`Test: ${incident.method}`]),
          ...(incident.closed === null ? [] : [`It is over since ${incident.closed}.`]),
          `What to do: ${incident.advice}`,
        ]
      : [
          vanished
            ? `No longer so: with newer data the incident of ${incident.firstSeen} is gone.`
            : `Over since ${incident.closed ?? incident.day}; it began on ${incident.firstSeen} and was last seen on ${incident.lastSeen}.`,
          `It was: ${incident.text}.`,
        ];
  return {
    key: messageKey(incident.id, event),
    event,
    incident,
    // By whole characters: half of one is none.
    subject: [...`[${company}] ${event === 'opened' ? incident.severity : 'over'}: ${incident.text}`]
      .slice(0, 200)
      .join(''),
    text: [...lines, `Incident ${incident.id}; all that are open: mailmart alerts`].join('\n'),
    formula,
  };
}

/** Of an incident and an event, not of a channel or a try. */
const messageKey = (incidentId: string, event: AlertEvent): string =>
  createHash('sha256').update(`${incidentId} ${event}`).digest('hex').slice(0, 32);

/** The body of a webhook. */
export const webhookBody = ({ key, event, incident, subject, text, formula }: AlertMessage): object => ({
  version: 1,
  idempotency_key: key,
  event,
  incident_id: incident.id,
  rule: incident.rule,
  metric: incident.metric,
  scope: incident.scope,
  scope_id: incident.scopeId,
  scope_name: incident.scopeName,
  account_id: incident.accountId,
  severity: incident.severity,
  day: incident.day,
  value: incident.value,
  threshold_value: incident.threshold,
  baseline_value: incident.baseline,
  method: incident.method,
  first_seen_date: incident.firstSeen,
  last_seen_date: incident.lastSeen,
  closed_date: incident.closed,
  formula,
  subject,
  text,
});
