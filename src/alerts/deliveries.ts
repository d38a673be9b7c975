import type { Clock } from '../contracts/clock.ts';
import type { Row } from '../contracts/sync.ts';
import { deliveriesName as table, deliveryColumns as columns } from '../warehouse/alert-deliveries.ts';
import type { Warehouse } from '../warehouse/port.ts';
import type { AlertEvent } from './message.ts';
import { incidentOf, type Incident } from './incident.ts';

/** `sending` is written before, `sent` after: what is still `sending` later was cut by a crash and may have arrived. */
type Delivery = {
  readonly incident: Incident;
  readonly channel: string;
  readonly event: AlertEvent;
  readonly state: 'sending' | 'sent' | 'failed';
};

/** The part of a warehouse that deliveries are kept in. */
export type DeliveryStore = Pick<Warehouse, 'tables' | 'query' | 'replaceTable' | 'quote'>;

/** What was told to whom, in the warehouse: it outlives workers and machines. */
export class Deliveries {
  readonly #warehouse: DeliveryStore;
  readonly #clock: Clock;
  readonly #rows: Map<string, Row>;
  readonly #known: Map<string, Delivery>;

  private constructor(warehouse: DeliveryStore, clock: Clock, rows: readonly Row[]) {
    this.#warehouse = warehouse;
    this.#clock = clock;
    this.#rows = new Map(
      rows.map((row) => [keyOf(`${row['incident_id']}`, `${row['channel']}`, `${row['event']}`), row]),
    );
    this.#known = new Map([...this.#rows].map(([key, row]) => [key, deliveryOf(row)]));
  }

  static async open(warehouse: DeliveryStore, clock: Clock): Promise<Deliveries> {
    const present = (await warehouse.tables()).has(table);
    const rows = present ? await warehouse.query(`select * from ${warehouse.quote(table)}`) : [];
    return new Deliveries(warehouse, clock, rows);
  }

  all(): readonly Delivery[] {
    return [...this.#known.values()];
  }

  get(incidentId: string, channel: string, event: AlertEvent): Delivery | undefined {
    return this.#known.get(keyOf(incidentId, channel, event));
  }

  /** Durable when it returns. */
  async note(delivery: Delivery): Promise<void> {
    const { incident, channel, event, state } = delivery;
    const key = keyOf(incident.id, channel, event);
    this.#known.set(key, delivery);
    this.#rows.set(key, {
      incident_id: incident.id,
      channel,
      event,
      state,
      changed_at: this.#clock.now(),
      incident: JSON.stringify(incident),
    });
    await this.#warehouse.replaceTable(table, columns, [...this.#rows.values()]);
  }
}

const keyOf = (incidentId: string, channel: string, event: string): string =>
  JSON.stringify([incidentId, channel, event]);

function deliveryOf(row: Row): Delivery {
  const text = row['incident'];
  const told = (typeof text === 'string' ? JSON.parse(text) : text) as Incident | null;
  const incident = told ?? { ...incidentOf({}), id: `${row['incident_id']}` };
  return {
    // Those that were told before scopes had names have none.
    incident: { ...incident, scopeName: incident.scopeName ?? incident.scopeId },
    channel: `${row['channel']}`,
    event: row['event'] === 'closed' ? 'closed' : 'opened',
    state: row['state'] === 'sent' ? 'sent' : row['state'] === 'sending' ? 'sending' : 'failed',
  };
}
