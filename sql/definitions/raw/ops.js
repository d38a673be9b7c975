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
  name: 'alert_rules',
  description: 'Alert rules that are on, one row per scope: from the metric catalog, thresholds of mailmart.yaml before it',
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
