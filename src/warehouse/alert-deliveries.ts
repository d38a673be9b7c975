import type { Column } from './port.ts';

/** Which incident was told to which channel: written when alerts are sent, carried over by `mailmart migrate`. */
export const deliveriesName = 'ops.alert_deliveries';
export const deliveryColumns: readonly Column[] = [
  { name: 'incident_id', type: 'string' },
  { name: 'channel', type: 'string' },
  { name: 'event', type: 'string' },
  { name: 'state', type: 'string' },
  { name: 'changed_at', type: 'timestamp' },
  { name: 'incident', type: 'json' },
];
