/** Totals that a campaign report states: measure → column of stg_mailchimp__reports and stg_mailchimp__sub_reports. */
const names = [
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

const measures = [
  ...names.map((name) => ({ name, column: `${name}_reported`, isMoney: false })),
  // What customers paid in all, comparable with the sum of order amounts here.
  { name: 'revenue', column: 'order_total_reported', isMoney: true },
  { name: 'revenue_less_tax_and_shipping', column: 'revenue_reported', isMoney: true },
];

/** FROM item: one row per report and measure that it states, from a table with one column a measure. */
const unpivoted = (table, keys) =>
  `(${measures
    .map(
      ({ name, column, isMoney }) =>
        `select ${keys.join(', ')}, ${dialect.literal(name)} as measure, ${dialect.money(column)} as value, ` +
        `${isMoney ? 'currency_code' : dialect.nullAs(dialect.stringType())} as currency_code ` +
        `from ${table} where ${column} is not null`,
    )
    .join('\nunion all\n')})`;

module.exports = { measures, unpivoted };
