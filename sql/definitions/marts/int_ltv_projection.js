/** Written by the step src/transform/steps/ltv-projection.ts, which reads int_ltv_history. */
declare({
  schema: 'core',
  name: 'int_ltv_projection',
  description:
    'One row per subscriber who bought, and one per day of first sight for those who never did: orders to be expected in the ' +
    'next 365 days. Written by the step ltv-projection from int_ltv_history; inside BigQuery’s own Dataform it keeps its last values.',
  columns: {
    subscriber_id: 'Person; NULL: all who were first seen on the day and never bought',
    first_seen_date: 'Day of the first sight',
    expected_orders: 'Orders to be expected of one person',
    expected_amount: 'What they will come to, less refunds, in the reporting currency',
    expected_low_amount: 'Lower bound of one person’s amount, 95 %',
    expected_high_amount: 'Upper bound',
    reason: 'Why there is no projection; NULL when there is one',
    method: 'How it was computed',
  },
});

/** Written by the step src/transform/steps/ltv-backtest.ts, which reads int_ltv_history. */
declare({
  schema: 'core',
  name: 'int_ltv_backtest',
  description:
    'One row per number of held-out months: what the projection would have foretold of them, beside what came. Written by the ' +
    'step ltv-backtest from int_ltv_history; inside BigQuery’s own Dataform it keeps its last values.',
  columns: {
    held_out_months: 'How many of the last whole months were foretold from what was before them',
    from_date: 'First day foretold',
    until_date: 'Last day foretold',
    people_count: 'People known before',
    buyer_count: 'Of those, people who had bought before',
    predicted_orders: 'Days with an order, foretold',
    actual_order_count: 'Days with an order, in fact',
    predicted_amount: 'Orders less refunds, foretold',
    predicted_low_amount: 'Lower bound, 95 %',
    predicted_high_amount: 'Upper bound',
    actual_amount: 'Orders less refunds, in fact',
    error_rate: '(foretold − fact) / fact',
    is_covered: 'Whether the fact is within the bounds',
    covered_buyer_count: 'Of the people who had bought before: whose own amount is within their own bounds',
    coverage_rate: 'Of the people who had bought before: whose own amount is within their own bounds; 0.95 is right',
    reason: 'Why nothing could be foretold; NULL when it could',
    method: 'How it was computed',
  },
});
