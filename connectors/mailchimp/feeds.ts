import type { Feeds } from '../../src/contracts/facts.ts';

/** What Mailchimp's API tells core (version 3.0, verified 2026-11-23). */
export const feeds: Feeds = {
  sent: 'yes',
  delivered: 'yes',
  bounce: 'yes',
  open: { yes: 'at most 1,000 a recipient and campaign; reconciliation names the gap' },
  machine_open: { yes: 'mail proxies only: the flag is_proxy_open' },
  device: { no: 'no open has a user agent; list_clients is a share of a list as it is now' },
  click: { yes: 'at most 1,000 a recipient and campaign; reconciliation names the gap' },
  machine_click: { yes: 'our own rule: every tracked link within 10 s; the API has no flag' },
  link: 'yes',
  unsubscribe: 'yes',
  complaint: 'yes',
  reply: { no: 'reports have none' },
  forward: { aggregate: 'a report counts forwards and names nobody' },
  list_member: { yes: 'of leaving without a campaign only the time of the last change is known' },
  variant: { yes: 'two-way splits by recipient; multivariate campaigns by the totals of their sub-reports only' },
  order: { yes: 'with a connected shop; the amount of a partial refund is not in the API and counts 0' },
  conversion: { yes: 'orders only; forms, calls and visits come from files' },
  cost: { no: 'the API names no cost; costs come from files' },
  other_revenue: { no: 'the API knows orders only; other revenue comes from files' },
  recipient_domain: 'yes',
  view_time: { no: 'the API has no time of reading' },
  spam_test: { no: 'the API scores no campaign' },
  seed_placement: { no: 'the API tests no placement' },
  domain_reputation: { no: 'the API rates no domain' },
};
