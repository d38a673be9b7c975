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

declare({
  schema: 'ops',
  name: 'money_settings',
  description: 'One row: `attribution:` and `costs:` of mailmart.yaml, defaults filled in',
  columns: {
    attribution_model: 'last_click, last_touch, first_touch or linear',
    window_seconds: 'How long after a touch an outcome still belongs to it',
    include_tax: 'Whether taxes count as revenue',
    include_shipping: 'Whether shipping counts as revenue',
    other_revenue_split: 'sends, active or none: whose lifetime value other revenue is part of',
    shared_costs: 'by_sends or unallocated: what becomes of costs that name no campaign',
    cost_of_goods_rate: 'Share of an order that its goods cost where it states none; NULL: unknown',
    close_after_days: 'Days after its end that a month is closed',
  },
});

declare({
  schema: 'ops',
  name: 'cost_rules',
  description: 'Costs that follow from what was sent, from mailmart.yaml',
  columns: {
    position: 'Place of the rule in the file, from 0',
    kind: 'esp_fee, staff, creative, list_building, tools or other',
    amount: 'What one unit, or one hour, costs, in currency_code',
    per: 'month, campaign, send, subscriber or new_subscriber',
    hours: 'Hours of one unit; 1 when the rule states none',
    currency_code: 'ISO 4217 code of amount',
    account_id: 'Source that it is about; NULL: all',
    match: 'Regular expression (RE2) on the campaign’s name; NULL: all',
    from_date: 'First day; NULL: the month of the first mail',
    until_date: 'Last day; NULL: until today',
  },
});

declare({
  schema: 'ops',
  name: 'closed_months',
  description: 'What each closed month of profit_monthly showed when it was first published; never changed',
  columns: {
    month: 'First day of the month',
    source: 'As in profit_monthly',
    account_id: 'As in profit_monthly',
    profit_amount: 'Profit as first published',
    currency_code: 'ISO 4217 code of profit_amount; NULL: kept by a version that did not note it',
  },
});

declare({
  schema: 'ops',
  name: 'alert_rules',
  description:
    'Alert rules that are on, one row per scope: from the metric catalog, thresholds of mailmart.yaml before it',
  columns: {
    rule: 'Key of the metric that the rule belongs to',
    metric: 'Metric whose rows of metric_values are watched',
    kind: 'threshold; rise (a count against its past) or median (a rate against its past)',
    scope: 'Scope of metric_values that is watched',
    period: 'Period of metric_values that is watched',
    window_text: 'Window of metric_values that is watched; NULL where there is one only',
    threshold_value: 'Threshold in the metric’s own unit; NULL for a baseline',
    good_side: 'above: good is at or above the threshold; below: good is below it',
    severity: 'info, warning or critical',
    margin: 'How far on the good side a value is back, as a part of the threshold',
    close_after: 'Periods in a row that have to be back before an incident closes',
    least_count: 'A smaller denominator is not judged',
    settle_days: 'A younger period is not judged',
    name: 'Name of the metric',
    unit: 'rate, ratio, money or count',
    formula: 'Columns that it is made of',
    advice: 'What to do about it',
  },
});
