/** What columns that occur in many models mean, said once. `of(names, more)` gives a model's `columns`. */
const shared = {
  source: 'Connector that the row comes from, e.g. mailchimp',
  account_id: 'Id of the source in mailmart.yaml',
  campaign_id: 'Id of the campaign at its source',
  list_id: 'Id of the list (audience) at its source',
  member_id: 'Id of the recipient at its source',
  subscriber_id: 'Person: HMAC of the normalised address, equal over all sources; NULL when the source names no person',
  variant: 'Group of an A/B test that the recipient was in; NULL when there was no test',
  url: 'Address of the link',
  recipient_domain: 'Domain of the recipient’s address, lower case; NULL where the record has no address',
  bounce_reason:
    'Why it bounced: unknown_user, mailbox_full, blocked, content, dns, timeout or other; NULL for other events and ' +
    'where the source gives no reason',
  user_agent: 'What the program that opened or clicked calls itself; NULL where the source gives none',
  loaded_at: 'When the raw row last changed here, UTC',
  is_deleted: 'Whether the source no longer shows the row',
  deleted_at: 'When the row was first missing at the source, UTC; NULL while it is there',
  event_id: 'Id of the event: a hash of every field that identifies it',
  event_at: 'When it happened, UTC',
  event_date: 'Date of event_at in the reporting time zone',
  campaign_account_id: 'Id of the source whose campaign it is attributed to',
  amount: 'Amount in the reporting currency; NULL when there is no exchange rate',
  currency_code: 'Reporting currency (ISO 4217), that of the amounts without original_',
  original_amount: 'Amount as the source states it',
  original_currency_code: 'Currency of the original_ amounts (ISO 4217)',
  fx_missing: 'Whether no exchange rate was known on or before the day, so that the amounts are NULL',
};

const of = (names, more = {}) => {
  const known = names.map((name) => {
    if (!(name in shared)) throw new Error(`columns.of: no shared description of ${name}`);
    return [name, shared[name]];
  });
  return { ...Object.fromEntries(known), ...more };
};

module.exports = { of, shared };
