/** What only the marts need: exact division of money, reasons, and column descriptions from the metric catalog. */
const dialect = require('./dialect');
const catalog = require('./metrics.yaml').asJson;

/**
 * amount / count, exactly, rounded half away from zero to 9 places; NULL when the count (never negative) is 0 or NULL. For
 * displayed ratios of money only. BigQuery divides NUMERIC that way; DuckDB would divide doubles, so it divides billionths
 * as whole numbers.
 */
const divideMoney = (amount, count) => {
  if (dialect.engine !== 'duckdb') return `cast(${amount} as numeric) / nullif(${count}, 0)`;
  const billionths = `cast(cast(${amount} as decimal(38, 9)) * 1000000000 as hugeint)`;
  const divisor = `nullif(cast(${count} as hugeint), 0)`;
  const rounded = `sign(${billionths}) * ((2 * abs(${billionths}) + ${divisor}) // (2 * ${divisor}))`;
  return `cast(cast(${rounded} as decimal(38, 0)) * 0.000000001 as decimal(38, 9))`;
};

/**
 * `column: reason` texts, joined by `; `; NULL when no condition holds. Each part is [columns, condition, SQL text expression
 * of the reason]; a column is named once, with the first of its reasons whose condition holds.
 */
const reasons = (parts) => {
  const cases = new Map();
  for (const [columns, condition, text] of parts) {
    for (const column of columns) cases.set(column, `${cases.get(column) ?? ''} when ${condition} then ${text}`);
  }
  const texts = [...cases].map(([column, whens]) => `coalesce('; ${column}: ' || case${whens} end, '')`);
  return `nullif(${dialect.withoutPrefix(texts.join('\n        || '), '; ')}, '')`;
};

/**
 * Wilson's score interval at 95 % of `successes` of `trials` (SQL expressions); NULL where there were none, or more successes
 * than trials.
 */
const wilson = (successes, trials) => {
  const z = 1.959963984540054;
  const [x, n] = [successes, trials].map((count) => `cast(${count} as ${dialect.doubleType()})`);
  const share = dialect.safeDivide(successes, trials);
  const centre = `${share} + ${dialect.safeDivide(z * z, `(2 * ${n})`)}`;
  const variance = `${dialect.safeDivide(`(${share} * (1 - ${share}))`, n)} + ${dialect.safeDivide(z * z, `(4 * ${n} * ${n})`)}`;
  const bound = (sign) =>
    dialect.safeDivide(`(${centre} ${sign} ${z} * sqrt(${variance}))`, `(1 + ${dialect.safeDivide(z * z, n)})`);
  const isShare = `${n} > 0 and ${x} >= 0 and ${x} <= ${n}`;
  // At none and at all it is exact, where rounding would leave -1e-19.
  return {
    low: `case when not (${isShare}) then null when ${x} = 0 then 0.0 else ${bound('-')} end`,
    high: `case when not (${isShare}) then null when ${x} = ${n} then 1.0 else ${bound('+')} end`,
  };
};

/** Several reasons of one column as one text: [condition, SQL text expression] parts, joined by `, `. */
const listed = (parts) =>
  dialect.withoutPrefix(
    parts.map(([condition, text]) => `case when ${condition} then ', ' || ${text} else '' end`).join(' || '),
    ', ',
  );

/** Parts for `reasons`: amounts of orders that are incomplete, told by int_campaign_money's (or a like) columns. */
const orderReasons = (table) => {
  const gap = `'no FX rate for ' || ${table}.order_fx_gap`;
  return [
    [['revenue_amount'], `${table}.order_fx_gap is not null`, gap],
    [
      ['refund_amount'],
      `${table}.order_fx_gap is not null or ${table}.unstated_refund_count > 0`,
      listed([
        [`${table}.order_fx_gap is not null`, gap],
        [`${table}.unstated_refund_count > 0`, "'source does not state the amount of partial refunds'"],
      ]),
    ],
  ];
};

/**
 * Aggregate: currencies of the rows that had no exchange rate, as text; NULL when there are none. The other rows stand in as
 * '', which the trimming takes away: the emulator of BigQuery that the tests run on breaks on a list of NULLs alone.
 */
const fxGap = (table) => {
  const code = `case when ${table}.fx_missing then ${table}.original_currency_code else '' end`;
  return `nullif(ltrim(string_agg(distinct ${code}, ', ' order by ${code}), ', '), '')`;
};

/** Query of an assertion: the rows of `table` that break a rule, one row per rule broken. A rule with a NULL in it holds. */
const broken = (table, keys, rules) =>
  Object.entries(rules)
    .map(
      ([rule, condition]) =>
        `select\n    ${dialect.literal(rule)} as rule,\n    ${keys.join(',\n    ')}\nfrom ${table}\nwhere not (${condition})`,
    )
    .join('\nunion all\n');

/** Condition: unavailable_reason says something of the column. */
const explained = (column) => `coalesce('; ' || unavailable_reason like '%; ${column}: %', false)`;

/**
 * Rules for `broken`: a column may be NULL only where its denominator is 0 or NULL (`null`: where there is none), or where the
 * row says why. Parts are [column, denominator].
 */
const nullRules = (parts) =>
  Object.fromEntries(
    parts.map(([column, denominator]) => [
      `${column} is NULL only without ${denominator} or with a reason`,
      `${column} is not null or coalesce(${denominator}, 1) = 0 or ${explained(column)}`,
    ]),
  );

const metricText = (metric) =>
  `${metric.name}. ${metric.question}` +
  (metric.denominator ? ` ${metric.numerator} / ${metric.denominator}, NULL when the denominator is 0.` : '') +
  ` ${metric.bias}.`;

/** Description of every column, in the mart's order: the metric's where the column is one, else the catalog's `columns`. */
const columns = (mart, names) =>
  Object.fromEntries(
    names.map((name) => {
      const metric = catalog.metrics.find((each) => each.mart === mart && each.column === name);
      const text = metric ? metricText(metric) : catalog.columns[`${mart}.${name}`] || catalog.columns[name];
      if (!text) throw new Error(`includes/metrics.yaml describes no column ${name} of ${mart}: add it`);
      return [name, text];
    }),
  );

module.exports = { divideMoney, wilson, reasons, listed, orderReasons, fxGap, broken, explained, nullRules, columns };
