/** What only the marts need: exact division of money, reasons, and column descriptions from the metric catalog. */
const dialect = require('./dialect');
const catalog = require('./metrics.yaml').asJson;

/**
 * (a / b) rounded half away from zero to 9 places, exactly; NULL when b is 0 or NULL. For displayed ratios of money only.
 * `a` is money, `b` a whole number or money. DuckDB would divide as doubles, so it divides billionths as whole numbers.
 */
const divideMoney = (a, b, { by = 'count' } = {}) => {
  if (dialect.engine !== 'duckdb') return `round(cast(${a} as numeric) / nullif(cast(${b} as numeric), 0), 9)`;
  const billionths = `cast(cast(${a} as decimal(38, 9)) * 1000000000 as hugeint)`;
  const divisor =
    by === 'count' ? `nullif(cast(${b} as hugeint), 0)` : `nullif(cast(cast(${b} as decimal(38, 9)) * 1000000000 as hugeint), 0)`;
  const scaled = by === 'count' ? billionths : `${billionths} * 1000000000`;
  return (
    `cast(cast((case when (${scaled} < 0) <> (${divisor} < 0) then -1 else 1 end) ` +
    `* ((2 * abs(${scaled}) + abs(${divisor})) // (2 * abs(${divisor}))) as decimal(38, 0)) * 0.000000001 as decimal(38, 9))`
  );
};

/**
 * `column: reason` texts of the conditions that hold, joined by `; `; NULL when none does.
 * Each part is [columns, condition, SQL text expression of the reason].
 */
const reasons = (parts) => {
  const one = ([column, condition, text]) =>
    `coalesce(case when ${condition} then '; ${column}: ' || ${text} end, '')`;
  return `nullif(substr(${parts.flatMap(expand).map(one).join('\n        || ')}, 3), '')`;
};
const expand = ([columns, condition, text]) => [columns].flat().map((column) => [column, condition, text]);

const metricText = (metric) =>
  `${metric.name}. ${metric.question}` +
  (metric.denominator ? ` ${metric.numerator} / ${metric.denominator}, NULL when the denominator is 0.` : '') +
  ` ${metric.bias}.`;

/** Description of every column, in the mart's order: the metric's where the column is one, else the catalog's `columns`. */
const columns = (mart, names) =>
  Object.fromEntries(
    names.map((name) => {
      const metric = catalog.metrics.find((each) => each.mart === mart && each.column === name);
      const text = metric ? metricText(metric) : catalog.columns[name];
      if (!text) throw new Error(`includes/metrics.yaml describes no column ${name} of ${mart}: add it`);
      return [name, text];
    }),
  );

module.exports = { divideMoney, reasons, columns };
