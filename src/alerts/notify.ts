import { durationMs } from '../../connectors/_kit/duration.ts';
import { redact } from '../../connectors/_kit/redact.ts';
import type { Notified } from '../../activities/index.ts';
import type { Clock } from '../contracts/clock.ts';
import { severities } from '../transform/metric-alerts.ts';
import type { Channel } from './channels.ts';
import { Deliveries, type DeliveryStore } from './deliveries.ts';
import { incidentOf, incidentsQuery, type Incident } from './incident.ts';
import { alertMessage, type AlertEvent } from './message.ts';

type NotifyOptions = {
  readonly warehouse: DeliveryStore;
  readonly clock: Clock;
  readonly company: string;
  readonly channels: readonly Channel[];
  /** An incident that was last seen longer ago is not told any more. ISO 8601 duration. */
  readonly since: string;
  readonly signal: AbortSignal;
};

type Due = {
  readonly channel: Channel;
  readonly incident: Incident;
  readonly event: AlertEvent;
  readonly vanished: boolean;
};

/**
 * Tells every incident once to every channel when it opens and once when it is over; what is still open is not repeated. What
 * was sent is kept in the warehouse, so that a retry, a crash and a new worker tell nothing twice. Between sending and noting
 * there is a moment in which a crash cannot know: then it is sent again under the same key (webhook: Idempotency-Key, e-mail:
 * Message-ID; a file is looked at first), so a receiver can drop it.
 */
export async function notify(options: NotifyOptions): Promise<Notified> {
  const { warehouse, channels, signal, company } = options;
  if (channels.length === 0) return { opened: 0, closed: 0, failed: [] };
  const deliveries = await Deliveries.open(warehouse, options.clock);
  const rows = await warehouse.query(incidentsQuery(warehouse.quote('marts.alerts')));
  const due = dueMessages(rows.map(incidentOf), deliveries, options);
  const sent = { opened: 0, closed: 0 };
  const failed = new Map<string, string>();
  for (const { channel, incident, event, vanished } of due) {
    signal.throwIfAborted();
    // One that does not answer now is not asked for each incident.
    if (failed.has(channel.id)) continue;
    await deliveries.note({ incident, channel: channel.id, event, state: 'sending' });
    try {
      await channel.send(alertMessage(incident, event, company, vanished), signal);
    } catch (error) {
      signal.throwIfAborted();
      failed.set(channel.id, redact(error instanceof Error ? error.message : String(error)));
      await deliveries.note({ incident, channel: channel.id, event, state: 'failed' });
      continue;
    }
    await deliveries.note({ incident, channel: channel.id, event, state: 'sent' });
    sent[event] += 1;
  }
  return { ...sent, failed: [...failed].map(([channel, message]) => ({ channel, message })) };
}

function dueMessages(incidents: readonly Incident[], deliveries: Deliveries, options: NotifyOptions): readonly Due[] {
  const oldest = new Date(Date.parse(options.clock.now()) - durationMs(options.since)).toISOString().slice(0, 10);
  const byId = new Map(incidents.map((incident) => [incident.id, incident]));
  return options.channels.flatMap((channel) => {
    const isTold = (id: string, event: AlertEvent): boolean => deliveries.get(id, channel.id, event)?.state === 'sent';
    const isSevere = ({ severity }: Incident): boolean =>
      severities.indexOf(severity) >= severities.indexOf(channel.severity);
    const opened = incidents
      .filter((incident) => !isTold(incident.id, 'opened') && incident.lastSeen >= oldest && isSevere(incident))
      .map((incident): Due => ({ channel, incident, event: 'opened', vanished: false }));
    const closed = deliveries
      .all()
      .filter((one) => one.channel === channel.id && one.event === 'opened' && one.state === 'sent')
      .flatMap(({ incident: told }): readonly Due[] => {
        const now = byId.get(told.id);
        const isOver = now === undefined || now.closed !== null;
        // Told as over in the same message that told it.
        if (!isOver || told.closed !== null || isTold(told.id, 'closed')) return [];
        return [{ channel, incident: now ?? told, event: 'closed', vanished: now === undefined }];
      });
    return [...opened, ...closed];
  });
}
