/** Written by the step src/transform/steps/ab-statistics.ts, which reads int_ab_counts. */
declare({
  schema: 'core',
  name: 'int_ab_statistics',
  description:
    'One row per test, variant and metric: what SQL cannot compute. Written by the step ' +
    'ab-statistics from int_ab_counts; inside BigQuery’s own Dataform it keeps its last values.',
  columns: {
    difference_rate: 'Rate − the control’s; NULL on the control',
    difference_low_rate: 'Lower bound, 95 % Newcombe hybrid score interval',
    difference_high_rate: 'Upper bound',
    p_value: 'Two-sided two-proportion z-test, pooled, not corrected for several variants',
    probability_best: 'Probability of the highest true rate, Beta(1 + successes, 1 + failures) posteriors',
    incremental_revenue_low_amount: 'Lower bound of the incremental revenue, 95 %, Welch’s t',
    incremental_revenue_high_amount: 'Upper bound',
    verdict: 'Conclusion in words',
    sample_warning: 'Why not to rely on it; NULL when nothing is to be warned of',
    method: 'How it was computed',
  },
});
