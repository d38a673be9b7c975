/**
 * Tables beside an incremental model that hold the keys which its latest run computed again, for that run and for the models that
 * follow it. mailmart's runner writes the runs into the texts below; it lets a model follow only when that has done all of before.
 */
const dialect = require('./dialect');

const listed = (columns) => columns.map((column) => `${column}, `).join('');

/**
 * Statement: keys of the query, and those of a run that wrote them but was not recorded as ended (a worker was lost): what it
 * changed, nobody has followed yet.
 */
const note = (table, columns, query) =>
  `create or replace table ${table} as
  select distinct ${listed(columns)}'{this run}' as run from (
    ${query}
    union all
    select ${columns.join(', ')} from ${table} where run <> '{last run}'
  ) as found`;

/** Statement: no keys, of the query's types. */
const none = (table, columns, query) =>
  `create or replace table ${table} as
  select ${listed(columns)}cast('' as ${dialect.stringType()}) as run from (
    ${query}
  ) as none where false`;

module.exports = { note, none };
