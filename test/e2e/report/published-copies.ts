import { copyFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

/** Names that try to become markup, a script, a formula, or to turn the text around. */
export const hostileNames: readonly string[] = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(2)</script>',
  '=HYPERLINK("http://evil.example","click")',
  '\u202Etxt.exe\u202E sale \u2066',
  "' onmouseover='alert(3)' x='",
  '</style><style>*{display:none}</style>',
  '<!-- &#x3C;b&#x3E; {{constructor.constructor("alert(4)")()}} ${alert(5)}',
  'javascript:alert(6)',
  '\u2028</script>\u2029\u0000\u0007 Z\u0300\u0301\u0302\u0303algo 👩‍👩‍👧‍👦',
];

/** Statements, made for the marts that are there. */
export type Changes = (marts: readonly string[]) => readonly string[];

/** A copy of the published file, changed by statements: what a source might have named its things. */
export async function changedCopy(from: string, to: string, changes: Changes): Promise<void> {
  copyFileSync(from, to);
  const instance = await DuckDBInstance.create(to);
  const connection = await instance.connect();
  try {
    const found = await connection.runAndReadAll(
      "select table_name from information_schema.tables where table_schema = 'marts' order by 1",
    );
    for (const statement of changes(found.getRows().map(([name]) => String(name)))) await connection.run(statement);
    await connection.run('checkpoint');
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const quoted = (text: string): string => {
  const parts = [...text].map((character) =>
    character === '\u0000' ? 'chr(0)' : `'${character.replaceAll("'", "''")}'`,
  );
  return parts.join(' || ');
};

/** Hostile names in every text that people at the source can choose. */
export function hostileStatements(marts: readonly string[]): readonly string[] {
  const list = `list_value(${hostileNames.map((name) => `(${quoted(name)})`).join(', ')})`;
  const pick = (key: string): string => `${list}[1 + cast(hash(${key}) % ${hostileNames.length} as bigint)]`;
  return [
    `update marts.campaign_performance set name = ${pick('campaign_id')}, subject = ${pick(`campaign_id || 's'`)}`,
    `update marts.campaign_profit set name = ${pick('campaign_id')}`,
    `update marts.ab_test_results set label = ${pick('variant')},
      verdict = case when verdict like '% wins over %' then ${pick('variant')} || ' wins over ' || ${pick(`variant || 'x'`)} else verdict end`,
    `update marts.link_performance set url = ${pick('link_id')}, utm_content = ${pick('link_id')}`,
    `update marts.reconciliation set reason = ${pick('campaign_id')}, is_within_tolerance = false
      where gap_value <> 0 and hash(campaign_id) % 2 = 0`,
    `update status.streams set missing = to_json([${pick('stream')}]), verdict_kind = 'incomplete' where stream = 'members'`,
    `insert into status.quarantine select source, account_id, stream, ${pick('stream')}, ${pick(`stream || 'r'`)}, 3, 2,
      finished_at, finished_at, run_id, 'page 1 record 1' from status.streams where stream in ('members', 'orders')`,
    `update marts.subject_lines set subject = ${pick('subject')} || subject`,
    `update marts.view_time set name = ${pick('campaign_id')}`,
    `update marts.spam_checks set tool = ${pick('tool')} || tool, name = ${pick('campaign_id')}`,
    `update marts.audience_growth_daily set list_id = ${pick('list_id')} || list_id, list_name = ${pick(`list_id || 'n'`)}`,
    // Marts that another source may not have.
    ...(marts.includes('client_share') ? [`update marts.client_share set client = ${pick('client')} || client`] : []),
  ];
}

/** One campaign of a source that knows who was mailed and what they bought, but neither opens nor clicks. */
export const withoutEngagement: Changes = () => [
  `delete from marts.campaign_performance where (source, account_id, campaign_id) <>
    (select (source, account_id, campaign_id) from marts.campaign_performance order by order_count desc, campaign_id limit 1)`,
  `delete from marts.campaign_profit where campaign_id not in (select campaign_id from marts.campaign_performance)`,
  `update marts.campaign_performance set total_open_count = null, unique_open_count = null, human_open_count = null,
    human_unique_open_count = null, machine_open_count = null, unknown_open_count = null, open_rate = null,
    open_rate_reported = null, click_to_open_rate = null, click_to_open_rate_reported = null, opens_per_opener = null,
    opens_per_opener_reported = null, revenue_per_open_amount = null, human_unique_click_count = null, click_rate = null,
    conversion_rate = null, unavailable_reason = 'open_rate: source has no per-recipient opens; ' ||
      'click_rate: source has no per-recipient clicks; conversion_rate: source has no per-recipient clicks'`,
  'delete from marts.active_audience_daily',
  'delete from marts.audience_growth_daily',
  'delete from marts.ab_test_results',
  'delete from marts.link_performance',
  'delete from marts.reconciliation',
  'delete from marts.view_time',
  'delete from marts.reply_performance',
];

/** The campaigns of years, with all that hangs on them. */
export const manyCampaigns: Changes = (marts) =>
  [
    'campaign_performance',
    'campaign_profit',
    'ab_test_results',
    'link_performance',
    'reconciliation',
    'view_time',
    'reply_performance',
    'spam_checks',
  ]
    .filter((mart) => marts.includes(mart))
    .map((mart) => {
      const keys = mart === 'ab_test_results' ? ['campaign_id', 'test_id'] : ['campaign_id'];
      const renamed = keys.map((key) => `${key} || '-' || copies.n as ${key}`).join(', ');
      return `insert into marts.${mart} select old.* replace (${renamed}) from marts.${mart} as old, range(1, 60) as copies(n)
        where campaign_id is not null`;
    });

export const emptied: Changes = (marts) => marts.map((table) => `delete from marts.${table}`);
export const dropped: Changes = () => ['drop schema marts cascade', 'drop schema status cascade'];
