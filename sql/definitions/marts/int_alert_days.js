/** Written by the step src/transform/steps/alerts.ts, which reads int_alert_values. */
declare({
  schema: 'core',
  name: 'int_alert_days',
  description:
    'One row per alert rule, scope and day on which its incident was open: what SQL cannot compute. Written by the step ' +
    'alerts from int_alert_values; inside BigQuery’s own Dataform it keeps its last values.',
  columns: {
    threshold_value: 'What the value had to pass',
    baseline_value: 'What the account’s own past lets expect',
    p_value: 'One-sided, of the test that method names',
    incident_id: 'Equal for all days of one incident',
  },
});
