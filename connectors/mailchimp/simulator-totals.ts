import { centsOf } from '../../src/demo/money.ts';
import type { Seconds } from '../../src/demo/types.ts';
import { rate } from './simulator-answer.ts';
import type { Mailing, Snapshot } from './simulator-snapshot.ts';

/** What a report counts. Deleted contacts stay in these totals, though no per-person endpoint shows them any more. */
export type Totals = {
  readonly sent: number;
  readonly hard: number;
  readonly soft: number;
  readonly delivered: number;
  readonly opens: number;
  readonly uniqueOpens: number;
  readonly plainOpens: number;
  readonly uniquePlainOpens: number;
  readonly lastOpen: Seconds | null;
  readonly openRate: number;
  readonly clicks: number;
  /** Unique per link and contact, over all links. */
  readonly uniqueClicks: number;
  readonly clickers: number;
  readonly lastClick: Seconds | null;
  readonly clickRate: number;
  readonly orders: number;
  readonly spent: number;
  readonly revenue: number;
};

export function reportTotals(snapshot: Snapshot, mailing: Mailing): Totals {
  return snapshot.memo(`totals ${mailing.id}`, () => countTotals(mailing));
}

/** The same counts over a part of a mailing's recipients. */
export function countTotals(mailing: Mailing): Totals {
  const hard = new Set(mailing.bounces.filter((bounce) => bounce.kind === 'hard').map((bounce) => bounce.member));
  const bounced = new Set(mailing.bounces.map((bounce) => bounce.member));
  const plain = mailing.opens.filter((open) => !open.isProxy);
  const links = mailing.campaign.links.length;
  const delivered = mailing.sends.length - bounced.size;
  const uniqueOpens = new Set(mailing.opens.map((open) => open.member)).size;
  const uniqueClicks = new Set(mailing.clicks.map((click) => click.member * (links + 1) + click.link)).size;
  const live = mailing.orders.filter((order) => order.cancelledAt === null);
  const sum = (amounts: readonly string[]): number => amounts.reduce((cents, amount) => cents + centsOf(amount), 0);
  const spent = sum(live.map((order) => order.total));
  return {
    sent: mailing.sends.length,
    hard: hard.size,
    soft: bounced.size - hard.size,
    delivered,
    opens: mailing.opens.length,
    uniqueOpens,
    plainOpens: plain.length,
    uniquePlainOpens: new Set(plain.map((open) => open.member)).size,
    lastOpen: latest(mailing.opens),
    // Not rounded: readers must take a quotient with all its digits.
    openRate: delivered === 0 ? 0 : uniqueOpens / delivered,
    clicks: mailing.clicks.length,
    uniqueClicks,
    clickers: new Set(mailing.clicks.map((click) => click.member)).size,
    lastClick: latest(mailing.clicks),
    clickRate: rate(uniqueClicks, delivered),
    orders: live.length,
    spent: spent / 100,
    revenue: (spent - sum(live.map((order) => order.tax)) - sum(live.map((order) => order.shipping))) / 100,
  };
}

export function latest(events: readonly { readonly at: Seconds }[]): Seconds | null {
  return events.reduce<Seconds | null>((last, { at }) => (last === null || at > last ? at : last), null);
}
