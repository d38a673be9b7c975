import type { Feeds } from '../../src/contracts/facts.ts';

/** Whatever the files hold: `yes` where an entity or one of its fields takes it. */
export const feeds: Feeds = {
  sent: 'yes',
  delivered: { yes: 'events of deliveries, where the files have them; else sent without bounced' },
  bounce: { yes: 'a bounce without a type counts as soft' },
  open: 'yes',
  machine_open: { yes: 'the field is_machine or the user agent; with neither the open is unknown' },
  device: { yes: 'the field user_agent' },
  click: 'yes',
  machine_click: { yes: 'the field is_machine or the user agent; with neither the click is unknown' },
  link: { yes: 'clicks with a url' },
  unsubscribe: 'yes',
  complaint: 'yes',
  reply: { yes: 'without a class: nothing tells a warm one from an out-of-office' },
  forward: 'yes',
  list_member: { no: 'there is no entity for the members of a list' },
  variant: 'yes',
  order: 'yes',
  conversion: 'yes',
  cost: 'yes',
  other_revenue: 'yes',
};
