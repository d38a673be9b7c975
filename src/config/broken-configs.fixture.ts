import type { ConfigCode } from './problems.ts';

/** Stands before the character that the problem must point at. */
export const placeMark = '▶';

type Broken = {
  readonly name: string;
  readonly text: string;
  readonly code: ConfigCode;
  readonly suggestion?: string;
};

const company = 'company: { name: Acme, time_zone: Europe/Berlin, currency: EUR }\n';
const key = 'credentials: { api_key: "${env:MAILCHIMP_API_KEY}" }';
const source = (rest: string): string =>
  `${company}sources:\n  - id: shop\n    type: mailchimp\n    ${key}\n    ${rest}\n`;
const campaign = (rest: string): string => `${company}campaigns:\n  - { ${rest} }\n`;
const fileSource = (rest: string): string =>
  `${company}sources:\n  - id: books\n    type: file\n    files:\n      - path: a.csv\n${rest}\n`;
const field = (rest: string): string =>
  fileSource(
    `        map:\n          - entity: orders\n            fields: { amount: total, currency_code: { const: EUR }, ordered_at: at${rest} }`,
  );

const costs = (rest: string): string => `${company}costs: { ${rest} }\n`;
const alerts = (rest: string): string => `${company}alerts: { ${rest} }\n`;

/** One mistake each: where it is, what it is called and what was meant. */
export const brokenConfigs: readonly Broken[] = [
  {
    name: 'report and its short form in one file',
    text: `${company}report: { path: report/index.html, email_path: ▶report/index.html }\n`,
    code: 'CONFIG_VALUE',
  },
  // Alerts
  {
    name: 'alert channel without its address',
    text: alerts('channels: [▶{ id: team, type: slack }]'),
    code: 'CONFIG_VALUE',
  },
  {
    name: 'alert address written out',
    text: alerts('channels: [{ id: team, type: slack, url: ▶"https://hooks.slack.com/services/x" }]'),
    code: 'CONFIG_SECRET_PLAIN',
  },
  {
    name: 'key that says nothing to a channel',
    text: alerts('channels: [{ id: team, type: log, path: ▶a.jsonl }]'),
    code: 'CONFIG_VALUE',
  },
  {
    name: 'unknown type of channel',
    text: alerts('channels: [{ id: team, type: ▶slak, url: "${env:HOOK}" }]'),
    code: 'CONFIG_VALUE',
    suggestion: 'slack',
  },
  {
    name: 'alert rule that does not exist',
    text: alerts('rules: { complaint_rates: ▶{ on: false } }'),
    code: 'CONFIG_VALUE',
    suggestion: 'complaint_rate',
  },
  {
    name: 'threshold of a baseline',
    text: alerts('rules: { unsubscribes: ▶{ threshold: 1 } }'),
    code: 'CONFIG_VALUE',
  },
  {
    name: 'threshold of a rate in percent',
    text: alerts('rules: { active_audience: { threshold: ▶20 } }'),
    code: 'CONFIG_VALUE',
    suggestion: '0.2',
  },
  {
    name: 'threshold of a rate below nothing',
    text: alerts('rules: { bounce_rate: { threshold: ▶-0.1 } }'),
    code: 'CONFIG_VALUE',
  },
  {
    name: 'recipient that is no address',
    text: alerts('channels: [{ id: m, type: email, server: "${env:SMTP}", from: a@example.com, to: [▶team] }]'),
    code: 'CONFIG_VALUE',
  },
  // Costs
  {
    name: 'cost rule that ends before it begins',
    text: costs('rules: [{ kind: tools, amount: 9, per: month, from: 2025-12-01, until: ▶2025-11-30 }]'),
    code: 'CONFIG_VALUE',
  },
  {
    name: 'campaigns chosen by a cost that is not of campaigns',
    text: costs('rules: [{ kind: tools, amount: 9, per: month, match: ▶^A }]'),
    code: 'CONFIG_VALUE',
  },
  {
    name: 'goods that cost more than they bring',
    text: costs('cost_of_goods_rate: ▶35'),
    code: 'CONFIG_VALUE',
  },
  // The text itself
  { name: 'empty file', text: '▶', code: 'CONFIG_EMPTY' },
  { name: 'only a comment', text: '▶# nothing\n', code: 'CONFIG_EMPTY' },
  { name: 'tab as indentation', text: 'company:\n▶\tname: Acme\n', code: 'CONFIG_TAB' },
  {
    name: 'bracket not closed',
    text: 'company: { name: Acme, time_zone: UTC, currency: EUR\n▶sources: []\n',
    code: 'CONFIG_SYNTAX',
  },
  {
    name: 'key twice',
    text: `${company}▶company: { name: Other, time_zone: UTC, currency: EUR }\n`,
    code: 'CONFIG_DUPLICATE_KEY',
  },
  { name: 'tag', text: `${company}report: { path: ▶!!js/function "x" }\n`, code: 'CONFIG_TAG' },
  { name: 'second document', text: `${company}▶---\n${company}`, code: 'CONFIG_DOCUMENTS' },
  { name: 'alias of nothing', text: `${company}report: { path: ▶*nothing }\n`, code: 'CONFIG_ALIAS' },
  { name: 'alias in itself', text: `${company}sources: &all\n  - ▶*all\n`, code: 'CONFIG_ALIAS' },
  { name: 'a list instead of keys', text: '▶- company\n', code: 'CONFIG_TYPE' },

  // Receiver
  { name: 'port as text', text: `${company}receive: { port: ▶http }\n`, code: 'CONFIG_TYPE' },
  { name: 'port too high', text: `${company}receive: { port: ▶87870 }\n`, code: 'CONFIG_VALUE' },
  { name: 'host with a scheme', text: `${company}receive: { host: ▶"http://localhost" }\n`, code: 'CONFIG_VALUE' },
  {
    name: 'public address with a path',
    text: `${company}receive: { public_url: ▶https://hooks.example.com/hooks }\n`,
    code: 'CONFIG_VALUE',
    suggestion: 'https://hooks.example.com',
  },
  { name: 'body without a unit', text: `${company}receive: { max_body: ▶"10" }\n`, code: 'CONFIG_VALUE' },
  { name: 'body too long', text: `${company}receive: { max_body: ▶1 GB }\n`, code: 'CONFIG_VALUE' },
  {
    name: 'posts that are gone before the next run',
    text: `${company}receive: { keep: ▶PT23H59M }\n`,
    code: 'CONFIG_VALUE',
  },
  {
    name: 'key of the receiver misspelt',
    text: `${company}receive: { ▶max_disc: 20 GB }\n`,
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'max_disk',
  },

  // Keys
  {
    name: 'misspelt section',
    text: `${company}▶warehous: { engine: duckdb }\n`,
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'warehouse',
  },
  {
    name: 'section of another tool',
    text: `${company}▶connectors: []\n`,
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'sources',
  },
  { name: 'unlike any key', text: `${company}▶xyzzy: 1\n`, code: 'CONFIG_UNKNOWN_KEY' },
  {
    name: 'camel case',
    text: 'company: { name: Acme, ▶timeZone: UTC, currency: EUR }\n',
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'time_zone',
  },
  {
    name: 'other word for a key',
    text: 'company: { name: Acme, ▶tz: UTC, currency: EUR }\n',
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'time_zone',
  },
  { name: 'company missing', text: '▶sources: []\n', code: 'CONFIG_MISSING_KEY' },
  { name: 'currency missing', text: '▶company: { name: Acme, time_zone: UTC }\n', code: 'CONFIG_MISSING_KEY' },
  {
    name: 'key of a source misspelt',
    text: source('▶mutable_windw: P35D'),
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'mutable_window',
  },
  {
    name: 'key of a source in other words',
    text: source('▶since: 2025-01-01'),
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'start_date',
  },
  {
    name: 'key of the connector misspelt',
    text: source('▶base_ur: https://us1.api.mailchimp.com/3.0'),
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'base_url',
  },
  {
    name: 'key one level too high',
    text: `${company}sources:\n  - id: shop\n    type: mailchimp\n    ▶api_key: "\${env:K}"\n`,
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'credentials.api_key',
  },
  {
    name: 'key that only mailmart sets',
    text: `${company}sources:\n  - id: b\n    type: file\n    ▶project_dir: /tmp\n    files: [{ path: a.csv, map: [{ entity: campaigns, fields: { campaign_id: id } }] }]\n`,
    code: 'CONFIG_UNKNOWN_KEY',
  },

  // Types and values
  {
    name: 'number for text',
    text: 'company: { name: ▶12, time_zone: UTC, currency: EUR }\n',
    code: 'CONFIG_TYPE',
    suggestion: '"12"',
  },
  { name: 'nothing for text', text: 'company:\n  ▶name:\n  time_zone: UTC\n  currency: EUR\n', code: 'CONFIG_TYPE' },
  { name: 'text for a block', text: 'company: ▶Acme\n', code: 'CONFIG_TYPE' },
  { name: 'block for a list', text: `${company}sources: ▶{ id: shop }\n`, code: 'CONFIG_TYPE' },
  { name: 'yes for true', text: `${company}temporal: { encryption: ▶yes }\n`, code: 'CONFIG_TYPE', suggestion: 'true' },
  { name: 'empty name', text: 'company: { name: ▶"", time_zone: UTC, currency: EUR }\n', code: 'CONFIG_VALUE' },
  {
    name: 'zone misspelt',
    text: 'company: { name: A, time_zone: ▶Europe/Berln, currency: EUR }\n',
    code: 'CONFIG_VALUE',
    suggestion: 'Europe/Berlin',
  },
  {
    name: 'zone by its city',
    text: 'company: { name: A, time_zone: ▶Berlin, currency: EUR }\n',
    code: 'CONFIG_VALUE',
    suggestion: 'Europe/Berlin',
  },
  {
    name: 'zone in small letters',
    text: 'company: { name: A, time_zone: ▶europe/berlin, currency: EUR }\n',
    code: 'CONFIG_VALUE',
    suggestion: 'Europe/Berlin',
  },
  {
    name: 'zone as an abbreviation, which is Bangladesh to other programs',
    text: 'company: { name: A, time_zone: ▶BST, currency: EUR }\n',
    code: 'CONFIG_VALUE',
    suggestion: 'Europe/London',
  },
  {
    name: 'zone as an abbreviation without summer',
    text: 'company: { name: A, time_zone: ▶EST, currency: EUR }\n',
    code: 'CONFIG_VALUE',
    suggestion: 'America/New_York',
  },
  {
    name: 'zone as an offset',
    text: 'company: { name: A, time_zone: ▶"+02:00", currency: EUR }\n',
    code: 'CONFIG_VALUE',
  },
  {
    name: 'currency in words',
    text: 'company: { name: A, time_zone: UTC, currency: ▶euro }\n',
    code: 'CONFIG_VALUE',
    suggestion: 'EUR',
  },
  {
    name: 'currency in small letters',
    text: 'company: { name: A, time_zone: UTC, currency: ▶usd }\n',
    code: 'CONFIG_VALUE',
    suggestion: 'USD',
  },
  {
    name: 'currency sign',
    text: 'company: { name: A, time_zone: UTC, currency: ▶€ }\n',
    code: 'CONFIG_VALUE',
    suggestion: 'EUR',
  },
  {
    name: 'engine misspelt',
    text: `${company}warehouse: { engine: ▶duckdbb }\n`,
    code: 'CONFIG_VALUE',
    suggestion: 'duckdb',
  },
  { name: 'file named like a schema', text: `${company}warehouse: { path: ▶data/raw.duckdb }\n`, code: 'CONFIG_VALUE' },
  { name: 'memory without unit', text: `${company}warehouse: { memory_limit: ▶"2" }\n`, code: 'CONFIG_VALUE' },

  // Sources
  {
    name: 'type misspelt',
    text: `${company}sources:\n  - { id: shop, type: ▶mailchmp }\n`,
    code: 'CONFIG_SOURCE_TYPE',
    suggestion: 'mailchimp',
  },
  { name: 'type missing', text: `${company}sources:\n  - ▶{ id: shop }\n`, code: 'CONFIG_MISSING_KEY' },
  {
    name: 'type in other words',
    text: `${company}sources:\n  - { id: shop, ▶kind: mailchimp }\n`,
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'type',
  },
  {
    name: 'id with capitals and blanks',
    text: `${company}sources:\n  - id: ▶Shop Newsletter\n    type: mailchimp\n    ${key}\n`,
    code: 'CONFIG_VALUE',
    suggestion: 'shop-newsletter',
  },
  {
    name: 'id twice',
    text: `${source('streams: all')}  - id: ▶shop\n    type: mailchimp\n    ${key}\n`,
    code: 'CONFIG_SOURCE_ID',
    suggestion: 'shop-2',
  },
  { name: 'source is text', text: `${company}sources:\n  - ▶mailchimp\n`, code: 'CONFIG_TYPE' },
  {
    name: 'credentials missing',
    text: `${company}sources:\n  - ▶id: shop\n    type: mailchimp\n`,
    code: 'CONFIG_MISSING_KEY',
  },
  {
    name: 'stream misspelt',
    text: source('streams: [campaigns, ▶email_activty]'),
    code: 'CONFIG_STREAM',
    suggestion: 'email_activity',
  },
  {
    name: 'stream by half its name',
    text: source('streams: [▶activity]'),
    code: 'CONFIG_STREAM',
    suggestion: 'email_activity',
  },
  { name: 'day before month', text: source('start_date: ▶31.12.2025'), code: 'CONFIG_VALUE', suggestion: '2025-12-31' },
  { name: 'day that is not in the calendar', text: source('start_date: ▶2025-02-30'), code: 'CONFIG_VALUE' },
  { name: 'duration in words', text: source('mutable_window: ▶35 days'), code: 'CONFIG_VALUE', suggestion: 'P35D' },
  { name: 'duration of a month', text: source('mutable_window: ▶P1M'), code: 'CONFIG_VALUE' },
  { name: 'address that is none', text: source('base_url: ▶us1'), code: 'CONFIG_VALUE' },
  { name: 'address without TLS', text: source('base_url: ▶http://us1.api.mailchimp.com/3.0'), code: 'CONFIG_VALUE' },

  // Secrets
  {
    name: 'key in the file',
    text: `${company}sources:\n  - id: shop\n    type: mailchimp\n    credentials: { api_key: ▶abc123-us1 }\n`,
    code: 'CONFIG_SECRET_PLAIN',
  },
  {
    name: 'key as a number',
    text: `${company}sources:\n  - id: shop\n    type: mailchimp\n    credentials: { api_key: ▶12345 }\n`,
    code: 'CONFIG_SECRET_PLAIN',
  },
  {
    name: 'reference in the form of a shell',
    text: `${company}sources:\n  - id: shop\n    type: mailchimp\n    credentials: { api_key: ▶"\${MAILCHIMP_API_KEY}" }\n`,
    code: 'CONFIG_REFERENCE_FORM',
    suggestion: '${env:MAILCHIMP_API_KEY}',
  },
  {
    name: 'reference with a blank',
    text: `${company}sources:\n  - id: shop\n    type: mailchimp\n    credentials: { api_key: ▶"\${env: KEY}" }\n`,
    code: 'CONFIG_REFERENCE_FORM',
    suggestion: '${env:KEY}',
  },
  {
    name: 'reference with text before it',
    text: `${company}sources:\n  - id: shop\n    type: mailchimp\n    credentials: { api_key: ▶"Bearer \${env:KEY}" }\n`,
    code: 'CONFIG_REFERENCE_FORM',
  },
  {
    name: 'reference where no secret is',
    text: `${company}report: { path: ▶"\${env:REPORT}" }\n`,
    code: 'CONFIG_REFERENCE_PLACE',
  },
  { name: 'salt in the file', text: `${company}privacy: { salt: ▶pepper }\n`, code: 'CONFIG_SECRET_PLAIN' },

  // Campaign rules
  {
    name: 'goal misspelt',
    text: campaign('match: "^A", goal: ▶customer_aquisition'),
    code: 'CONFIG_VALUE',
    suggestion: 'customer_acquisition',
  },
  { name: 'goal unknown', text: campaign('match: "^A", goal: ▶fun'), code: 'CONFIG_VALUE' },
  { name: 'pattern not closed', text: campaign('match: ▶"^(A", goal: lead_generation'), code: 'CONFIG_VALUE' },
  { name: 'pattern with look-ahead', text: campaign('match: ▶"^(?=A)", goal: lead_generation'), code: 'CONFIG_VALUE' },
  {
    name: 'decimal comma',
    text: campaign('match: A, goal: lead_generation, conversion_value: ▶"12,50"'),
    code: 'CONFIG_VALUE',
    suggestion: '12.50',
  },
  {
    name: 'amount with its currency',
    text: campaign('match: A, goal: lead_generation, conversion_value: ▶"1.234,50 EUR"'),
    code: 'CONFIG_VALUE',
    suggestion: '1234.50',
  },
  {
    name: 'negative amount',
    text: campaign('match: A, goal: lead_generation, conversion_value: ▶-5'),
    code: 'CONFIG_VALUE',
    suggestion: '5',
  },
  {
    name: 'ten places',
    text: campaign('match: A, goal: lead_generation, conversion_value: ▶0.1234567891'),
    code: 'CONFIG_VALUE',
  },
  {
    name: 'pattern in other words',
    text: campaign('▶regex: A, goal: lead_generation'),
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'match',
  },

  // Schedule and Temporal
  { name: 'cron with four fields', text: `${company}schedule: { cron: ▶"0 6 * *" }\n`, code: 'CONFIG_VALUE' },
  { name: 'cron out of range', text: `${company}schedule: { cron: ▶"0 25 * * *" }\n`, code: 'CONFIG_VALUE' },
  { name: 'schedule twice', text: `${company}schedule: ▶{ cron: "0 6 * * *", every: PT6H }\n`, code: 'CONFIG_VALUE' },
  { name: 'schedule that says nothing', text: `${company}schedule: ▶{ time_zone: UTC }\n`, code: 'CONFIG_VALUE' },
  {
    name: 'interval in words',
    text: `${company}schedule: { every: ▶6 hours }\n`,
    code: 'CONFIG_VALUE',
    suggestion: 'PT6H',
  },
  {
    name: 'server address with a scheme',
    text: `${company}temporal: { address: ▶"http://localhost:7233" }\n`,
    code: 'CONFIG_VALUE',
    suggestion: 'localhost:7233',
  },

  // BigQuery
  {
    name: 'BigQuery without a project',
    text: `${company}warehouse: ▶{ engine: bigquery }\n`,
    code: 'CONFIG_VALUE',
  },
  {
    name: 'BigQuery with a file',
    text: `${company}warehouse: { engine: bigquery, project: acme-mail, path: ▶x.duckdb }\n`,
    code: 'CONFIG_VALUE',
  },
  {
    name: 'a project for DuckDB',
    text: `${company}warehouse: { engine: duckdb, project: ▶acme-mail }\n`,
    code: 'CONFIG_VALUE',
  },
  {
    name: 'bytes without a unit',
    text: `${company}warehouse: { engine: bigquery, project: acme-mail, max_bytes_per_run: ▶"1000" }\n`,
    code: 'CONFIG_VALUE',
  },

  // Landing
  {
    name: 'landing in a bucket, tables in DuckDB',
    text: `${company}landing: { path: ▶gs://acme/mailmart }\n`,
    code: 'CONFIG_VALUE',
  },
  {
    name: 'landing in a whole bucket',
    text: `${company}landing: { path: ▶gs://acme }\n`,
    code: 'CONFIG_VALUE',
    suggestion: 'gs://acme/mailmart',
  },
  { name: 'landing in no bucket', text: `${company}landing: { path: ▶gs://Acme/mailmart }\n`, code: 'CONFIG_VALUE' },
  {
    name: 'landing outside its bucket',
    text: `${company}landing: { path: ▶gs://acme/a/../b }\n`,
    code: 'CONFIG_VALUE',
  },
  {
    name: 'landing with a misspelt scheme',
    text: `${company}landing: { path: ▶gcs://acme/mailmart }\n`,
    code: 'CONFIG_VALUE',
    suggestion: 'gs://acme/mailmart',
  },
  {
    name: 'landing in the bucket of another cloud',
    text: `${company}landing: { path: ▶s3://acme/mailmart }\n`,
    code: 'CONFIG_VALUE',
  },

  // Files
  {
    name: 'entity in the singular',
    text: fileSource('        map: [{ entity: ▶order, fields: {} }]'),
    code: 'CONFIG_VALUE',
    suggestion: 'orders',
  },
  {
    name: 'format misspelt',
    text: fileSource('        format: ▶cvs\n        map: [{ entity: campaigns, fields: { campaign_id: id } }]'),
    code: 'CONFIG_VALUE',
    suggestion: 'csv',
  },
  {
    name: 'field misspelt',
    text: field(', stats: s').replace('stats: s', 'stats: ▶s'),
    code: 'CONFIG_VALUE',
    suggestion: 'status',
  },
  { name: 'column as a number', text: field(', status: ▶3'), code: 'CONFIG_TYPE', suggestion: '"3"' },
  {
    name: 'key of a field misspelt',
    text: field(', status: { ▶colum: s }'),
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'column',
  },
  {
    name: 'separator in other words',
    text: fileSource('        ▶separator: ";"\n        map: [{ entity: campaigns, fields: { campaign_id: id } }]'),
    code: 'CONFIG_UNKNOWN_KEY',
    suggestion: 'delimiter',
  },
  {
    name: 'map missing',
    text: `${company}sources:\n  - id: books\n    type: file\n    files:\n      - ▶path: a.csv\n`,
    code: 'CONFIG_MISSING_KEY',
  },
];
