/**
 * What a source can tell, in core's words. A metric says which of these it is made of (`needs` in sql/includes/metrics.yaml),
 * a connector says which it brings (`feeds`), and docs/connectors.md is the one against the other.
 *
 * By fact and not by metric: whether an API names who opened is a property of the API, which one can look up and which
 * test/truth compares with core. Thirty metrics would repeat each reason many times, and every new metric would need an
 * answer from every connector.
 */
export const facts = {
  sent: 'Who was sent which campaign',
  delivered: 'Who got it: stated by the source, or sent without bounced',
  bounce: 'Who did not get it, hard or soft',
  open: 'Who opened, and when',
  machine_open: 'Whether a machine opened',
  device: 'E-mail client and device of an open',
  click: 'Who clicked, and when',
  machine_click: 'Whether a machine clicked',
  link: 'Which link was clicked',
  unsubscribe: 'Who left through which campaign',
  complaint: 'Who called which campaign spam',
  reply: 'Who replied to which campaign, and how',
  forward: 'Who passed a campaign on',
  list_member: 'Who is on which list, since when, and when they left',
  variant: 'Which group of a test got what',
  order: 'Orders with person, campaign, amount and refund',
  conversion: 'What people did because of a campaign: order, form, call, visit',
  cost: 'What a campaign cost',
  other_revenue: 'Revenue that is no order: advertising, affiliates, media',
  recipient_domain: 'Domain of each recipient',
  view_time: 'How long an open lasted',
  spam_test: 'How a spam filter scores a campaign or a domain',
  seed_placement: 'Where copies to test mailboxes arrive',
  domain_reputation: 'What mailbox providers think of a sending domain',
} as const;

export type Fact = keyof typeof facts;

export const factNames = Object.keys(facts) as [Fact, ...Fact[]];

/**
 * How a source tells a fact. `yes`: one by one (per recipient, order, cost); the text is the condition, where there is one.
 * `aggregate`: totals only, say of a campaign. The texts are for people: they stand in docs/connectors.md.
 */
export type Feed = 'yes' | { readonly yes: string } | { readonly aggregate: string } | { readonly no: string };

/** Every fact has its line, so that none is forgotten. */
export type Feeds = Readonly<Record<Fact, Feed>>;

/** How much of a fact a metric takes: `each`, one by one; `total`, totals would do. */
export const depths = ['each', 'total'] as const;

/** That of a source whose records no model reads yet. */
export function feedsNothing(why: string): Feeds {
  return Object.fromEntries(factNames.map((name) => [name, { no: why }])) as Feeds;
}
