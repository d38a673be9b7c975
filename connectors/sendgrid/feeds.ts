import type { Feeds } from '../../src/contracts/facts.ts';

/** What SendGrid's API and webhook tell core (v3, verified 2026-11-23). */
export const feeds: Feeds = {
  sent: { yes: 'by webhook since it is on, by logs for 30 days before; older campaigns by their totals only' },
  delivered: { yes: 'by webhook since it is on, by logs for 30 days before; older campaigns by their totals only' },
  bounce: { yes: 'bounce is hard, blocked is soft; a delayed bounce has no message id and is matched by address' },
  open: { yes: 'by webhook since it is on; older campaigns by their totals, machines included' },
  machine_open: { yes: 'the flag sg_machine_open of single events, or the user agent; totals do not tell' },
  device: { yes: 'the user agent of single opens; totals are of the account' },
  click: { yes: 'by webhook since it is on; older campaigns by their totals' },
  machine_click: { yes: 'our own rules: every link within 10 s, or the user agent; the API has no flag' },
  link: { yes: 'the url of single clicks; older campaigns by the totals of their links' },
  unsubscribe: { yes: 'by webhook since it is on; suppression lists name the address, not the campaign' },
  complaint: { yes: 'by webhook since it is on; suppression lists name the address, not the campaign' },
  reply: { no: 'only Inbound Parse has replies, and ties none to a campaign' },
  forward: { no: 'the API has none' },
  list_member: { yes: 'by contact export; a contact has no status: it follows from the suppressions of the address' },
  variant: { yes: 'the template version of single events; older campaigns by their totals' },
  order: { no: 'the API knows no orders; they come from files' },
  conversion: { no: 'the API knows none; they come from files' },
  cost: { no: 'the API names no cost; costs come from files' },
  other_revenue: { no: 'the API knows none; it comes from files' },
};
