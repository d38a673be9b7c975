/** What as_esp_shows is made of: each vendor's own definition of a metric, from the catalog's `esp` entries. */
const dialect = require('./dialect');
const catalog = require('./metrics.yaml').asJson;

const definitions = catalog.metrics.flatMap((metric) =>
  Object.entries(metric.esp || {})
    .filter(([, { formula }]) => formula)
    .map(([vendor, definition]) => ({ vendor, metric, ...definition })),
);

// Sums and differences in parentheses, as in the dictionary.
const part = (text) => (/ [+-] /.test(text) ? `(${text})` : text);

const textOf = ({ numerator, denominator }) => (denominator ? `${part(numerator)} / ${part(denominator)}` : numerator);

const scaled = (text, scale) => (scale === 100 ? `100 * ${text}` : text);

const computed = ({ formula: { numerator, denominator }, scale }) =>
  scaled(
    denominator
      ? dialect.safeDivide(`(${numerator})`, `(${denominator})`)
      : `cast(${numerator} as ${dialect.doubleType()})`,
    scale,
  );

const caseOf = (type, branches) =>
  branches.length === 0
    ? dialect.nullAs(type)
    : `case definitions.definition_id ${branches.map(([id, then]) => `when ${id} then ${then}`).join('\n')} end`;

/** FROM item: one row a definition. */
const table = () =>
  `(\n${definitions
    .map(
      ({ vendor, metric, name, formula }, id) =>
        `select ${id} as definition_id, ${dialect.literal(vendor)} as vendor, ${dialect.literal(metric.key)} as metric, ` +
        `${dialect.literal(name)} as shown_name, ${dialect.literal(textOf(formula))} as formula`,
    )
    .join('\nunion all\n')}\n)`;

/** The vendor's definition over our columns. */
const shown = () =>
  caseOf(
    dialect.doubleType(),
    definitions.map((definition, id) => [id, computed(definition)]),
  );

/** The number that the vendor states, over its own totals. */
const stated = () =>
  caseOf(
    dialect.doubleType(),
    definitions.flatMap(({ stated: found, scale }, id) => (found ? [[id, computed({ formula: found, scale })]] : [])),
  );

/** Our own metric, where it is a column of campaign_performance. */
const own = () =>
  caseOf(
    dialect.doubleType(),
    definitions.flatMap(({ metric }, id) =>
      metric.mart === 'campaign_performance' ? [[id, `cast(${metric.column} as ${dialect.doubleType()})`]] : [],
    ),
  );

/** Measures that any stated number is made of. */
const measures = [
  ...new Set(
    definitions.flatMap(({ stated: found }) =>
      found ? `${found.numerator} ${found.denominator || ''}`.match(/[a-z_]+/g) : [],
    ),
  ),
].sort();

/** Text of the measures that a definition's stated number is made of, `|sent|opens_total|`. */
const measuresOf = () =>
  caseOf(
    dialect.stringType(),
    definitions.flatMap(({ stated: found }, id) =>
      found
        ? [[id, dialect.literal(`|${`${found.numerator} ${found.denominator || ''}`.match(/[a-z_]+/g).join('|')}|`)]]
        : [],
    ),
  );

module.exports = { table, shown, stated, own, measures, measuresOf };
