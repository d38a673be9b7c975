/**
 * The totals that a source states of a campaign, and of the variants of a test: measure → column (or expression of columns) of
 * its staging table. Measures are the project's words and mean the same for every source; what a source does not state is absent.
 */
const mailchimpNames = [
  'sent',
  'hard_bounces',
  'soft_bounces',
  'syntax_errors',
  'opens_total',
  'unique_opens',
  'proxy_excluded_opens',
  'proxy_excluded_unique_opens',
  'clicks_total',
  'unique_clicks',
  'unique_subscriber_clicks',
  'unsubscribed',
  'abuse_reports',
  'forwards',
  'forwards_opens',
  'orders',
];

const measures = {
  mailchimp: [
    ...mailchimpNames.map((name) => ({ name, column: `${name}_reported`, isMoney: false })),
    // What customers paid in all, comparable with the sum of order amounts here.
    { name: 'revenue', column: 'order_total_reported', isMoney: true },
    { name: 'revenue_less_tax_and_shipping', column: 'revenue_reported', isMoney: true },
  ],
  sendgrid: [
    // A dropped mail was never sent; those to who unsubscribed are in no total, so that they stay in here. Blocks, which are soft bounces, are in no total of a single send, nor are machine opens.
    {
      name: 'sent',
      column: '(requests_reported - bounce_drops_reported - spam_report_drops_reported - invalid_emails_reported)',
    },
    { name: 'delivered', column: 'delivered_reported' },
    { name: 'hard_bounces', column: 'bounces_reported' },
    { name: 'opens_total', column: 'opens_reported' },
    { name: 'unique_opens', column: 'unique_opens_reported' },
    { name: 'clicks_total', column: 'clicks_reported' },
    { name: 'unique_subscriber_clicks', column: 'unique_clicks_reported' },
    { name: 'unsubscribed', column: 'unsubscribes_reported' },
    { name: 'abuse_reports', column: 'spam_reports_reported' },
  ].map((measure) => ({ ...measure, isMoney: false })),
};

const measuresOf = (source) => {
  if (!(source in measures)) throw new Error(`counters: no totals of ${source} are known`);
  return measures[source];
};

/** FROM item: one row per report and measure that it states, from a table (or subquery) with one column a measure. */
const unpivoted = (source, table, keys) =>
  `(${measuresOf(source)
    .map(
      ({ name, column, isMoney }) =>
        `select ${keys.join(', ')}, ${dialect.literal(name)} as measure, ${dialect.money(column)} as value, ` +
        `${isMoney ? 'currency_code' : dialect.nullAs(dialect.stringType())} as currency_code ` +
        `from ${table} where ${column} is not null`,
    )
    .join('\nunion all\n')})`;

module.exports = { unpivoted };
