import type { Column } from './port.ts';

/** What each closed month showed when it was first published: written by the transform, carried over by `mailmart migrate`. */
export const closedMonthsName = 'ops.closed_months';
export const closedColumns: readonly Column[] = [
  { name: 'month', type: 'date' },
  { name: 'source', type: 'string' },
  { name: 'account_id', type: 'string' },
  { name: 'profit_amount', type: 'decimal' },
  /** NULL in months that a version without this column kept: it is not known. */
  { name: 'currency_code', type: 'string' },
];
