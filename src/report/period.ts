import { addDays, daysBetween } from './calendar.ts';
import type { Reader } from './reader.ts';
import { textOf } from './reader.ts';

/** The days that the cards sum up; periods of the same length before it are what they are compared with. */
export type Period = {
  readonly days: number;
  readonly from: string;
  readonly to: string;
  readonly previousFrom: string;
  readonly previousTo: string;
  /** Whole periods before this one that lie after the first send. */
  readonly earlier: number;
  /** Date up to which the marts go; null when nothing was published. */
  readonly asOf: string | null;
  readonly firstSend: string | null;
  readonly lastSend: string | null;
  /** True when the last campaign lies before the period that ends today, so that an older one is shown. */
  readonly isPast: boolean;
};

const length = 90;

/** The 90 days to the as-of date or, when no campaign was sent in them, the 90 days to the newest send. */
export async function readPeriod(reader: Reader): Promise<Period> {
  const asOfRow = await reader.first(['status.data_as_of'], 'select as_of_date from status.data_as_of');
  const sends = await reader.first(
    ['marts.campaign_performance'],
    'select min(send_date) as first_send, max(send_date) as last_send from marts.campaign_performance',
  );
  const firstSend = textOf(sends?.['first_send']);
  const lastSend = textOf(sends?.['last_send']);
  const asOf = textOf(asOfRow?.['as_of_date']) ?? lastSend;
  const end = asOf ?? '1970-01-01';
  const isPast = lastSend !== null && daysBetween(lastSend, end) >= length;
  const to = isPast ? lastSend : end;
  const from = addDays(to, 1 - length);
  return {
    days: length,
    from,
    to,
    previousFrom: addDays(from, -length),
    previousTo: addDays(from, -1),
    earlier: firstSend === null ? 0 : Math.max(0, Math.floor(daysBetween(firstSend, from) / length)),
    asOf,
    firstSend,
    lastSend,
    isPast,
  };
}
