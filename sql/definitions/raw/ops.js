declare({
  schema: 'ops',
  name: 'campaign_rules',
  description: 'Goals of campaigns, from mailmart.yaml: the later rule wins',
  columns: {
    position: 'Place of the rule in the file, from 0',
    match: 'Regular expression (RE2) on the campaign’s name',
    goal: 'lead_generation, customer_acquisition or customer_marketing',
    conversion_value: 'What one conversion is worth, in currency_code; NULL when the rule states none',
    currency_code: 'ISO 4217 code of conversion_value',
  },
});

declare({
  schema: 'ops',
  name: 'accounts',
  description: 'Configured sources, one row each',
  columns: {
    source: 'Connector name, e.g. mailchimp',
    account_id: 'Id of the source in mailmart.yaml',
    has_per_recipient_events: 'Whether the source tells who opened and clicked; NULL when only its data shows that',
  },
});

declare({
  schema: 'ops',
  name: 'data_as_of',
  description: 'One row: what the models take for today, and how new their inputs are',
  columns: {
    as_of_date: 'Date of the run’s clock in the reporting time zone',
    data_changed_at: 'Latest committed change of any raw table, UTC; NULL before the first load',
  },
});
