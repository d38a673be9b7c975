/**
 * What the marts of readers have rows for: the company, each account, list and campaign. '' stands where a scope has no source or
 * account. Of the first three, the wide ones, people read in several campaigns.
 */
const own = { source: 'source', account: 'account_id' };
const wide = [
  { name: 'all', source: "''", account: "''", id: "'all'", where: 'true' },
  { name: 'account', ...own, id: 'account_id', where: 'true' },
  { name: 'list', ...own, id: 'list_id', where: 'list_id is not null' },
];
const campaign = [{ name: 'campaign', ...own, id: 'campaign_id', where: 'true' }];

/** What `of` makes beside the columns it is given. */
const key = 'source, account_id, scope, scope_id';

/** Query: rows of a table that has source, account, campaign and list, once for every scope that they are in. */
const of = (scopes, table, columns, where = 'true') =>
  scopes
    .map(
      (scope) => `select
        ${scope.source} as source,
        ${scope.account} as account_id,
        '${scope.name}' as scope,
        ${scope.id} as scope_id,
        ${columns.join(',\n        ')}
    from ${table}
    where ${[scope.where, where].filter((condition) => condition !== 'true').join(' and ') || 'true'}`,
    )
    .join('\n    union all\n    ');

module.exports = { wide, campaign, key, of };
