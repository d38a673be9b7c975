/**
 * The places where DuckDB and BigQuery differ. GoogleSQL is the model language; a model calls a function of this module wherever
 * the same text would mean something else, or nothing, on the other engine. The engine is a compile variable, so that one
 * folder gives two graphs. In DuckDB a timestamp is TIMESTAMP (no zone) holding UTC; in BigQuery TIMESTAMP.
 *
 * Traps that no function can close: order by needs `nulls first|last` where NULLs can occur; greatest, least and concat treat
 * NULL differently (use || and coalesce); a regular expression is RE2 on both.
 */
const { engine, time_zone: timeZone, currency } = dataform.projectConfig.vars;

if (engine !== 'duckdb' && engine !== 'bigquery') {
  throw new Error(`compile variable engine is "${engine}": use duckdb or bigquery`);
}
const duck = engine === 'duckdb';

/** Text as an SQL string literal. In GoogleSQL a backslash escapes, in DuckDB it does not. */
const literal = (text) => `'${(duck ? text : text.replace(/\\/g, '\\\\')).replace(/'/g, duck ? "''" : "\\'")}'`;

// --- types
const stringType = () => (duck ? 'varchar' : 'string');
const intType = () => (duck ? 'bigint' : 'int64');
const doubleType = () => (duck ? 'double' : 'float64');
/** Money: 38 digits, 9 of them after the point. */
const decimalType = () => (duck ? 'decimal(38, 9)' : 'numeric');
/** Exchange rates: more places than money, because 1 IDR is 0.000056 EUR. */
const rateType = () => (duck ? 'decimal(38, 12)' : 'bignumeric');
const boolType = () => (duck ? 'boolean' : 'bool');
const timestampType = () => 'timestamp';
const dateType = () => 'date';
/** A typed NULL: a column that another source or issue fills. */
const nullAs = (type) => `cast(null as ${type})`;

// --- numbers
/** a / b as a double; NULL when b is 0 or NULL. The only division of the project. */
const safeDivide = (a, b) =>
  duck
    ? `(cast(${a} as double) / nullif(cast(${b} as double), 0))`
    : `safe_divide(cast(${a} as float64), cast(${b} as float64))`;
const money = (x) => `cast(${x} as ${decimalType()})`;
/** a / b of whole numbers not below zero, the rest dropped. */
const wholeDivide = (a, b) => (duck ? `(${a} // ${b})` : `div(${a}, ${b})`);
/** Product of two exact decimals, rounded half away from zero to 9 places. */
const multiplyMoney = (a, b) =>
  duck
    ? `cast(round(${a} * ${b}, 9) as decimal(38, 9))`
    : `cast(round(cast(${a} as bignumeric) * cast(${b} as bignumeric), 9) as numeric)`;
/** Sum of whole numbers as a whole number: DuckDB's sum is a HUGEINT, which drivers give back as something else. */
const sumInt = (x) => (duck ? `cast(sum(${x}) as bigint)` : `sum(${x})`);
/**
 * Aggregate: the value below which `tenths` tenths of whole numbers lie, between two of them in proportion (as percentile_cont
 * does, which BigQuery has for windows only); to a tenth.
 */
const quantile = (x, tenths) => {
  if (duck) return `round(quantile_cont(${x}, ${tenths / 10}), 1)`;
  const rank = `(count(${x}) - 1) * ${tenths}`;
  const at = (place) => `array_agg(${x} ignore nulls order by ${x})[safe_offset(div(${place}, 10))]`;
  return `round(${at(rank)} + ${safeDivide(`((${at(`${rank} + 9`)} - ${at(rank)}) * mod(${rank}, 10))`, 10)}, 1)`;
};
const anyTrue = (x) => (duck ? `bool_or(${x})` : `logical_or(${x})`);
const allTrue = (x) => (duck ? `bool_and(${x})` : `logical_and(${x})`);

// --- JSON: `path` is dotted, without `$.`; a name with a hyphen is quoted
const jsonPath = (path) => {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$/.test(path))
    throw new Error(`not a plain JSON path: ${path}`);
  const names = path.split('.').map((name) => (name.includes('-') ? `"${name}"` : name));
  return `'$.${names.join('.')}'`;
};
/** A scalar as text; an empty text is NULL, because sources write '' for "none". */
const text = (json, path) =>
  duck ? `nullif(${json} ->> ${jsonPath(path)}, '')` : `nullif(json_value(${json}, ${jsonPath(path)}), '')`;
const int = (json, path) => `cast(${text(json, path)} as ${intType()})`;
/** Exact: cast from the number's text, never through a double. */
const decimal = (json, path) => `cast(${text(json, path)} as ${decimalType()})`;
const rate = (json, path) => `cast(${text(json, path)} as ${rateType()})`;
const bool = (json, path) => `cast(${text(json, path)} as ${boolType()})`;
const date = (json, path) => `cast(${text(json, path)} as date)`;
/** ISO-8601 text → UTC instant. Text without a zone is UTC on both engines, whatever the session's zone is. */
const parseTimestamp = (x) =>
  duck
    ? // The cast drops an offset, which of UTC is right, and is many times faster than the way by a time zone.
      `case when suffix(${x}, '+00:00') or suffix(${x}, 'Z') or regexp_matches(${x}, '^\\d{4}-\\d\\d-\\d\\d([T ][0-9:.]+)?$') then cast(${x} as timestamp) ` +
      `else timezone('UTC', cast(${x} as timestamptz)) end`
    : `cast(${x} as timestamp)`;
/** Whether a text is an instant, so that `parseTimestamp` of it fails nothing. */
const isTimestamp = (x) =>
  duck ? `try_cast(${x} as timestamptz) is not null` : `safe_cast(${x} as timestamp) is not null`;
const timestamp = (json, path) => parseTimestamp(text(json, path));
/**
 * Whole seconds since 1970 → UTC instant. By way of a double, which holds them exactly: the emulator of BigQuery that the tests
 * run on writes long numbers of a JSON value as 1.7e+09.
 */
const epochTimestamp = (json, path) =>
  duck
    ? `make_timestamp(${int(json, path)} * 1000000)`
    : `timestamp_seconds(cast(cast(${text(json, path)} as float64) as int64))`;
/**
 * FROM item: rows of a raw table with scalars of `record` taken out at once, for `field`. Of the streams that hold events: each
 * path by itself would have DuckDB parse the whole record again.
 */
const withFields = (rawTable, names) => {
  const types = names.map((name) => `"${name}":"VARCHAR"`).join(',');
  return duck ? `(select *, json_transform(record, '{${types}}') as fields from ${rawTable})` : rawTable;
};
/** A field of `withFields` as text; an empty text is NULL. */
const field = (name) => (duck ? `nullif(fields.${name}, '')` : text('record', name));
/** A part of a JSON value, as JSON. */
const jsonQuery = (json, path) =>
  duck ? `json_extract(${json}, ${jsonPath(path)})` : `json_query(${json}, ${jsonPath(path)})`;
/** FROM item: one row per element of a JSON array, column `alias` (JSON), `alias_index` from 0. To be cross joined. */
const jsonEach = (json, path, alias) =>
  duck
    ? `(select unnest(items) as ${alias}, cast(generate_subscripts(items, 1) - 1 as bigint) as ${alias}_index ` +
      `from (select cast(json_extract(${json}, ${jsonPath(path)}) as json[]) as items)) as ${alias}_items`
    : `unnest(json_query_array(${json}, ${jsonPath(path)})) as ${alias} with offset as ${alias}_index`;
/** Text of element `index` (an SQL expression, from 0) of a JSON array of scalars. */
const elementText = (json, path, index) =>
  duck
    ? `nullif(json_extract_string(json_extract(${json}, ${jsonPath(path)}), cast(${index} as bigint)), '')`
    : `nullif(json_value_array(${json}, ${jsonPath(path)})[safe_offset(${index})], '')`;

// --- time
/** From 1 January 1900, a Monday. */
const daysTo1970 = 25_567;
const companyTimeZone = () => literal(timeZone);
const companyCurrency = () => literal(currency);
/** Date of an instant in the reporting time zone. Both engines use the IANA data, with its transitions. */
const localDate = (x) =>
  duck
    ? `cast(timezone(${companyTimeZone()}, make_timestamptz(epoch_us(${x}))) as date)`
    : `date(${x}, ${companyTimeZone()})`;
/** Whether there is a time zone (IANA) of that name. */
const isTimeZone = (zone) =>
  duck
    ? `${zone} in (select name from pg_timezone_names())`
    : `safe.datetime(timestamp '2000-01-01 00:00:00+00', ${zone}) is not null`;
/** Minutes that the clocks of a zone, which there is, are ahead of UTC at an instant. */
const minutesAhead = (x, zone) =>
  duck
    ? `date_diff('minute', ${x}, timezone(${zone}, timezone('UTC', ${x})))`
    : `datetime_diff(safe.datetime(${x}, ${zone}), datetime(${x}), minute)`;
/** Number of the minute that an instant is in, since Monday, 1 January 1900: of days, hours and weeks the same by `wholeDivide`. */
const minuteNumber = (x) =>
  duck
    ? `((epoch_us(${x}) + ${daysTo1970} * 86400000000) // 60000000)`
    : `div(unix_seconds(${x}) + ${daysTo1970} * 86400, 60)`;
/** The instant at which such a minute begins. */
const minuteStart = (minute) =>
  duck
    ? `make_timestamp((${minute}) * 60000000 - ${daysTo1970} * 86400000000)`
    : `timestamp_seconds((${minute}) * 60 - ${daysTo1970} * 86400)`;
/** Microseconds of an instant since 1970. */
const microseconds = (x) => (duck ? `epoch_us(${x})` : `unix_micros(${x})`);
/** First day of the month of a date. */
const month = (x) => (duck ? `cast(date_trunc('month', ${x}) as date)` : `date_trunc(${x}, month)`);
const dateAdd = (x, days) => (duck ? `(${x} + cast(${days} as integer))` : `date_add(${x}, interval ${days} day)`);
const dateSub = (x, days) => (duck ? `(${x} - cast(${days} as integer))` : `date_sub(${x}, interval ${days} day)`);
/** Whole days from one date to another. */
const dateDiffDays = (from, to) => (duck ? `date_diff('day', ${from}, ${to})` : `date_diff(${to}, ${from}, day)`);
/** Months from one first day of a month to another. */
const dateDiffMonths = (from, to) => (duck ? `date_diff('month', ${from}, ${to})` : `date_diff(${to}, ${from}, month)`);
/** FROM item: every day of a closed range, column `day`; empty when a bound is NULL. May refer to tables before it. */
const dateSeries = (from, to) =>
  duck
    ? `(select cast(unnest(generate_series(cast(${from} as timestamp), cast(${to} as timestamp), interval 1 day)) ` +
      `as date) as day) as days`
    : `unnest(generate_date_array(${from}, ${to})) as day`;
/** FROM item: whole numbers of a closed range, column `number`. */
const numbers = (from, to) =>
  duck
    ? `(select unnest(generate_series(${from}, ${to})) as number) as numbers`
    : `unnest(generate_array(${from}, ${to})) as number`;
/** Seconds from one instant to another, fractions cut off. */
const secondsBetween = (from, to) =>
  duck ? `date_sub('second', ${from}, ${to})` : `timestamp_diff(${to}, ${from}, second)`;
const addSeconds = (x, seconds) =>
  duck ? `(${x} + to_seconds(cast(${seconds} as bigint)))` : `timestamp_add(${x}, interval ${seconds} second)`;

// --- text
const regexpContains = (x, pattern) =>
  duck ? `regexp_matches(${x}, ${pattern})` : `regexp_contains(${x}, ${pattern})`;
/** The pattern's one group in a text, NULL when there is none. `pattern` is plain text, not SQL. */
const regexpExtract = (x, pattern) =>
  duck
    ? `nullif(regexp_extract(${x}, ${literal(pattern)}, 1), '')`
    : `nullif(regexp_extract(${x}, ${literal(pattern)}), '')`;
/** A text with every part that the pattern (plain text) matches replaced by another text. */
const regexpReplace = (x, pattern, by) =>
  `regexp_replace(${x}, ${literal(pattern)}, ${literal(by)}${duck ? ", 'g'" : ''})`;
/** A text without every part that the pattern (plain text) matches. */
const regexpRemove = (x, pattern) => regexpReplace(x, pattern, '');
/** Domain of an e-mail address, lower case; NULL when it is none, say a hash. */
const domainOf = (address) => {
  if (!duck) return regexpExtract(`normalize(lower(trim(${address})))`, '@([^@\\s]+)$');
  // The same by the last part alone: of ten million addresses the pattern takes longer than reading them.
  const domain = `nfc_normalize(lower(rtrim(split_part(${address}, '@', -1))))`;
  return `case when contains(${address}, '@') and regexp_full_match(${domain}, '\\S+') then ${domain} end`;
};
/** A text without what it begins with. Not substr: the emulator of BigQuery cuts a text with long characters short. */
const withoutPrefix = (x, prefix) => `regexp_replace(${x}, ${literal(`^${prefix}`)}, '')`;
/** A query parameter's text as a person wrote it: `Fr%C3%BChling+25` is `Frühling 25`. What is no valid escape stays as it is. */
const urlDecode = (x) => {
  const spaced = `replace(${x}, '+', ' ')`;
  return duck
    ? `coalesce(try(url_decode(${spaced})), ${x})`
    : `case when ${x} <> '' then (select if(strpos(decoded, '\ufffd') > 0, ${x}, decoded) from (select ` +
        `safe_convert_bytes_to_string(from_hex(string_agg(if(regexp_contains(piece, r'^%[0-9a-fA-F]{2}$'), ` +
        `substr(piece, 2), to_hex(cast(piece as bytes))), '' order by place))) as decoded from ` +
        `unnest(regexp_extract_all(${spaced}, r'%[0-9a-fA-F]{2}|[^%]+|%')) as piece with offset as place) ` +
        `as whole) else ${x} end`;
};
/** md5, hexadecimal, of the parts' texts; NULL counts as empty. The separator is a control character that no part holds. */
const hashId = (parts) => {
  const joined = parts.map((part) => `coalesce(cast(${part} as ${stringType()}), '')`).join(' || chr(31) || ');
  return duck ? `md5(${joined})` : `to_hex(md5(${joined}))`;
};

/** 64 bits for some columns, within one query: rows that differ in it differ. */
const hash64 = (columns) =>
  duck ? `hash(${columns.join(', ')})` : `farm_fingerprint(to_json_string(struct(${columns.join(', ')})))`;

/**
 * A person as a whole number, to group and sort by: 60 bits of the id, or of its hash, the same each time; below zero who is named
 * nowhere and has only a recipient's id. Another one on the other engine: no mart may show it.
 */
const personNumber = (subscriber, recipient) => {
  const number = (x) =>
    duck
      ? `coalesce(case when strlen(${x}) = 64 then try_cast('0x' || left(${x}, 15) as bigint) end, ` +
        `cast(md5_number_lower(${x}) >> 4 as bigint))`
      : `abs(mod(farm_fingerprint(${x}), 1000000000000000000))`;
  if (recipient === undefined) return number(subscriber);
  return `case when ${subscriber} is not null then ${number(subscriber)} else -1 - ${number(recipient)} end`;
};

/**
 * Condition that holds for every row and names the partitions: BigQuery refuses a query of a table with
 * require_partition_filter that has no predicate on its partition column alone. No event is older than 1900.
 */
const everyPartition = (column) => (duck ? 'true' : `(${column} >= date '1900-01-01' or ${column} is null)`);

/**
 * The same for an incremental model that reads a raw table. mailmart's runner puts the partitions that loads have changed since the
 * model last ran in its place, as constants, because nothing else prunes; elsewhere it lets every partition through.
 */
const changedPartitions = (column, rawTable) =>
  duck ? 'true' : `/* changed: ${rawTable} */ ${everyPartition(column)} /* end of changed */`;

/** Newest loaded_at of an incremental model's own rows: where it goes on from. `partition`: its partition column, if it has one. */
const newest = (self, partition) =>
  `(select coalesce(max(loaded_at), timestamp '1970-01-01 00:00:00') from ${self}${partition === undefined ? '' : ` where ${everyPartition(partition)}`})`;

/**
 * Condition of an assertion that lets every row through. After an incremental run, mailmart's runner puts the other condition in
 * its place, when the rows of before have passed: it names the rows that the run has changed. Apostrophes are written as ’ there:
 * the emulator of BigQuery takes them for the ends of texts, in comments too.
 */
const changedOnly = (condition) => `/* all rows */ true /* changed rows: ${condition.replaceAll("'", '’')} */`;

/**
 * Condition: the key of a row is in a table. What BigQuery deletes by cannot be correlated, and several columns make no key of
 * its "in": there they are one text.
 */
const keyIn = (alias, columns, table) => {
  const of = (name) => columns.map((column) => `${name}.${column}`);
  return duck
    ? `(${of(alias).join(', ')}) in (select ${of('keys').join(', ')} from ${table} as keys)`
    : `${hashId(of(alias))} in (select ${hashId(of('keys'))} from ${table} as keys)`;
};

/** A table beside the model itself (`self()`), owned by it: work tables of incremental models. */
const beside = (self, suffix) => {
  const at = self.lastIndexOf('`');
  return `${self.slice(0, at)}__${suffix}${self.slice(at)}`;
};

module.exports = {
  engine,
  literal,
  stringType,
  intType,
  doubleType,
  decimalType,
  rateType,
  boolType,
  timestampType,
  dateType,
  nullAs,
  safeDivide,
  wholeDivide,
  money,
  multiplyMoney,
  sumInt,
  quantile,
  anyTrue,
  allTrue,
  text,
  int,
  decimal,
  rate,
  bool,
  date,
  timestamp,
  parseTimestamp,
  isTimestamp,
  epochTimestamp,
  withFields,
  field,
  jsonQuery,
  jsonEach,
  elementText,
  companyTimeZone,
  companyCurrency,
  localDate,
  isTimeZone,
  minutesAhead,
  minuteNumber,
  minuteStart,
  microseconds,
  month,
  dateAdd,
  dateSub,
  dateDiffDays,
  dateDiffMonths,
  dateSeries,
  numbers,
  secondsBetween,
  addSeconds,
  regexpContains,
  regexpExtract,
  regexpReplace,
  regexpRemove,
  domainOf,
  withoutPrefix,
  urlDecode,
  hashId,
  hash64,
  personNumber,
  everyPartition,
  changedPartitions,
  newest,
  changedOnly,
  keyIn,
  beside,
};
