import type { Feeds } from '../../src/contracts/facts.ts';

/** Whatever the files hold: `yes` where an entity or one of its fields takes it. */
export const feeds: Feeds = {
  sent: 'yes',
  delivered: { yes: 'events of deliveries, where the files have them; else sent without bounced' },
  bounce: { yes: 'a bounce without a type counts as soft' },
  open: 'yes',
  machine_open: { yes: 'the field is_machine; without it the open is unknown' },
  device: { no: 'events have no field for it' },
  click: 'yes',
  machine_click: { yes: 'the field is_machine; without it the click is unknown' },
  link: { yes: 'clicks with a url' },
  unsubscribe: 'yes',
  complaint: 'yes',
  reply: { yes: 'warm ones where the file states the class' },
  forward: 'yes',
  list_member: { no: 'there is no entity for the members of a list' },
  variant: 'yes',
  order: 'yes',
  conversion: 'yes',
  cost: 'yes',
  other_revenue: 'yes',
  recipient_domain: { yes: 'where the file names the e-mail address' },
  view_time: 'yes',
  spam_test: 'yes',
  seed_placement: 'yes',
  domain_reputation: 'yes',
};
