/** Raw tables of a Mailchimp account, written by SQL as a sync would have left them; then what half a percent more brings. */
import { parseArgs } from 'node:util';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { rowHash } from '../src/warehouse/duckdb/merge.ts';
import { rawTableName } from '../src/warehouse/table-name.ts';
import { openWarehouse, warehousePath } from './marts-warehouse.ts';

const { values } = parseArgs({
  options: { folder: { type: 'string' }, scale: { type: 'string', default: '1' }, more: { type: 'boolean' } },
});
const folder = values.folder ?? '';
const isMore = values.more === true;

const campaigns = 300;
/** 6 million sends at scale 1, which make about 10 million events. */
const recipients = Math.round(20_000 * Number(values.scale));
const members = recipients * 12;
const loadedAt = isMore ? '2026-06-02 06:00:00' : '2026-06-01 06:00:00';

/** A draw from 0 to 9,999 that depends on a person and campaign, or on a person. */
const draw = (salt: number, of = 'pair'): string => `(hash(${of} * 64 + ${salt}) % 10000)`;
const json = (fields: Readonly<Record<string, string>>): string =>
  `json_object(${Object.entries(fields)
    .map(([name, value]) => `'${name}', ${value}`)
    .join(', ')})`;
const iso = (at: string): string => `strftime(${at}, '%Y-%m-%dT%H:%M:%S+00:00')`;
const sentAt = `(timestamp '2023-08-01 08:00:00' + to_hours(cast(campaign * 82 as bigint)))`;
const link = (number: string): string =>
  `'https://shop.example/p/' || ${number} || '?utm_source=newsletter&utm_campaign=c' || campaign`;

const listId = `case when campaign % 3 = 0 then 'l2' else 'l1' end`;
/** The k-th recipient of a campaign, of the members of its list: every third is on l2. */
const memberOf = (k: string): string => {
  const draws = `${k} * 7919 + campaign * 104729`;
  return `case when campaign % 3 = 0 then (${draws}) % ${members / 3} * 3
      else (${draws}) % ${(members / 3) * 2} + (${draws}) % ${(members / 3) * 2} // 2 + 1 end`;
};

/** Person and campaign of everything that is sent: campaign 301 is the one that comes later. */
const pairs = (which: string): string => `(select campaign, pair, member, md5('m' || member) as member_id,
    sha256('p' || member) as person, 'c' || campaign as campaign_id, ${listId} as list_id,
    ${sentAt} as sent_at, ${draw(1, 'member')} as keenness, ${draw(2)} as luck,
    case when campaign % 20 = 7 then case when ${draw(3)} < 2000 then 'a' when ${draw(3)} < 4000 then 'b' else 'winner' end end as variant
  from (select campaign, campaign * 10000000 + k as pair, ${memberOf('k')} as member
    from range(${isMore ? campaigns + 1 : 1}, ${isMore ? campaigns + 2 : campaigns + 1}) as c(campaign), range(${recipients}) as r(k)
    where ${which}) as drawn)`;

/** Opens of a first reading: about half of the recipients, some twice, each a while after the send. */
const opens = `(select *, sent_at + to_seconds(cast(pow(${draw(4)} / 10000.0, 4) * 400000 + nth * 5000 + 60 as bigint)) as seen,
    ${draw(5)} < 3000 as is_proxy
  from ${pairs('true')} as p, range(2) as n(nth)
  where keenness < 6000 and luck < 6500 and (nth = 0 or luck < 1600))`;

/** Late opens: four of five on the newest campaigns. */
const lateOpens = `(select p.*, 7 as nth, timestamp '2026-06-01 08:00:00' + to_seconds(cast(${draw(9)} * 8 as bigint)) as seen, ${draw(5)} < 3000 as is_proxy
  from (select campaign, campaign * 10000000 + k as pair, ${memberOf('k')} as member,
      md5('m' || member) as member_id, sha256('p' || member) as person, 'c' || campaign as campaign_id,
      ${listId} as list_id
    from (select case when i % 5 = 0 then 1 + (i * 31) % ${campaigns} else ${campaigns} - (i // 5) % 20 end as campaign, (i * 13) % ${recipients} as k
      from range(${Math.round(recipients)}) as r(i)) as late) as p
  qualify row_number() over (partition by pair) = 1)`;

/** Clicks of those who opened: one or two links; scanners follow all five within seconds. */
const clicks = `(select *, at_first + to_seconds(cast(case when is_scanner then nth else nth * 40 end as bigint)) as seen
  from (select *, ${draw(6)} < 150 as is_scanner, sent_at + to_seconds(cast(pow(${draw(4)} / 10000.0, 4) * 400000 + 120 as bigint)) as at_first
    from ${pairs('true')} as p
    where keenness < 6000 and luck < 6500) as readers, range(5) as n(nth)
  where is_scanner or nth < case when ${draw(7)} < 1200 then 1 when ${draw(7)} < 1900 then 2 else 0 end)`;

const bounces = `(select *, case when ${draw(8)} < 40 then 'hard' else 'soft' end as type, sent_at + to_seconds(30) as seen
  from ${pairs('true')} as p where ${draw(8)} < 120)`;

type Table = {
  readonly record: string;
  readonly key: string;
  readonly from: string;
  readonly item?: string;
  readonly person?: string;
  readonly date?: string;
};

const address = (member: string): string =>
  `'reader' || ${member} || '@' || case ${member} % 4 when 0 then 'gmail.com' when 1 then 'example.com' when 2 then 'web.example' else 'firm.example' end`;
const ofCampaign = {
  campaign_id: 'campaign_id',
  list_id: 'list_id',
  email_id: 'member_id',
  email_address: address('member'),
};
const activity = (action: string, from: string, url: string, type: string): string =>
  `select campaign_id, list_id, member_id, member, person, '${action}' as action, seen, ${url} as url, ${type} as type from ${from} as e`;

const allOpens = isMore
  ? `(select campaign_id, list_id, member_id, member, person, seen, is_proxy from ${opens} as o union all
     select campaign_id, list_id, member_id, member, person, seen, is_proxy from ${lateOpens} as o)`
  : opens;

const campaignRows = `(select campaign, 'c' || campaign as campaign_id, ${listId} as list_id, ${sentAt} as sent_at
  from range(${isMore ? campaigns + 1 : 1}, ${isMore ? campaigns + 2 : campaigns + 1}) as c(campaign))`;

const tables: Readonly<Record<string, Table>> = {
  ...(!isMore && {
    lists: {
      record: json({ id: `'l' || i`, name: `'List ' || i`, date_created: `'2020-01-01T00:00:00+00:00'` }),
      key: `'l' || i`,
      from: 'range(1, 3) as r(i)',
    },
    members: {
      record: json({
        id: `md5('m' || member)`,
        list_id: `case when member % 3 = 0 then 'l2' else 'l1' end`,
        status: `case when ${draw(10, 'member')} < 8600 then 'subscribed' when ${draw(10, 'member')} < 9600 then 'unsubscribed' else 'cleaned' end`,
        timestamp_signup: iso(`timestamp '2022-01-01' + to_minutes(cast(${draw(11, 'member')} * 200 as bigint))`),
        timestamp_opt: iso(`timestamp '2022-01-01' + to_minutes(cast(${draw(11, 'member')} * 200 as bigint))`),
        last_changed: `'2026-05-01T00:00:00+00:00'`,
        email_client: `'Gmail'`,
        language: `'de'`,
        source: `'form'`,
        location: `json_object('country_code', 'DE', 'timezone', 'Europe/Berlin')`,
      }),
      key: `md5('m' || member)`,
      person: `sha256('p' || member)`,
      from: `range(${members}) as r(member)`,
    },
  }),
  campaigns: {
    record: json({
      id: 'campaign_id',
      type: `case when campaign % 20 = 7 then 'absplit' else 'regular' end`,
      status: `'sent'`,
      send_time: iso('sent_at'),
      recipients: `json_object('list_id', list_id)`,
      settings: `json_object('title', 'Campaign ' || campaign, 'subject_line', 'Subject ' || campaign, 'from_name', 'Shop')`,
      tracking: `json_object('opens', true, 'html_clicks', true)`,
    }),
    key: 'campaign_id',
    from: campaignRows,
  },
  reports: {
    record: json({ id: 'campaign_id', list_id: 'list_id', send_time: iso('sent_at'), emails_sent: String(recipients) }),
    key: 'campaign_id',
    from: campaignRows,
  },
  click_details: {
    record: json({
      campaign_id: 'campaign_id',
      id: `md5(campaign_id || i)`,
      url: link('i'),
      total_clicks: '0',
      unique_clicks: '0',
    }),
    key: `campaign_id || '","' || i`,
    item: 'campaign_id',
    from: `${campaignRows} as c, range(5) as r(i)`,
  },
  sent_to: {
    record: json({
      ...ofCampaign,
      status: `case when ${draw(8)} < 40 then 'hard' when ${draw(8)} < 120 then 'soft' else 'sent' end`,
      absplit_group: `coalesce(variant, '')`,
      open_count: '0',
    }),
    key: `campaign_id || '","' || member_id`,
    item: 'campaign_id',
    person: 'person',
    from: pairs('true'),
  },
  email_activity: {
    record: json({
      ...ofCampaign,
      action: 'action',
      timestamp: iso('seen'),
      url: 'url',
      ip: `'198.51.100.7'`,
      type: 'type',
      ordinal: '0',
    }),
    key: `concat_ws('","', campaign_id, member_id, action, ${iso('seen')}, url, '198.51.100.7', 0)`,
    item: 'campaign_id',
    person: 'person',
    date: 'cast(seen as date)',
    from: `(${[
      activity('open', allOpens, `''`, `''`),
      activity('click', clicks, link('nth'), `''`),
      activity('bounce', bounces, `''`, 'type'),
    ].join(' union all ')})`,
  },
  open_details: {
    record: json({ ...ofCampaign, timestamp: iso('seen'), is_proxy_open: 'is_proxy', ordinal: '0' }),
    key: `concat_ws('","', campaign_id, member_id, ${iso('seen')}, is_proxy, 0)`,
    item: 'campaign_id',
    person: 'person',
    date: 'cast(seen as date)',
    from: allOpens,
  },
  unsubscribes: {
    record: json({ ...ofCampaign, timestamp: iso('sent_at + to_hours(5)'), reason: `'None given'` }),
    key: `campaign_id || '","' || member_id`,
    item: 'campaign_id',
    person: 'person',
    from: `(select * from ${pairs('true')} as p where ${draw(12)} < 15)`,
  },
  orders: {
    record: json({
      store_id: `'s1'`,
      id: `'o' || pair`,
      campaign_id: 'campaign_id',
      financial_status: `case when ${draw(14)} < 400 then 'refunded' else 'paid' end`,
      processed_at_foreign: iso(`sent_at + to_hours(cast(2 + ${draw(15)} // 200 as bigint))`),
      order_total: `(1000 + ${draw(16)}) / 100.0`,
      currency_code: `'EUR'`,
    }),
    key: `'s1","o' || pair`,
    person: 'person',
    from: `(select * from ${pairs('true')} as p where keenness < 6000 and ${draw(13)} < 160)`,
  },
};

async function insert(connection: DuckDBConnection, stream: string, table: Table, number: number): Promise<number> {
  const name = rawTableName('mailchimp', stream);
  const inserted = await connection.run(`insert into warehouse.raw.${name}
    select 'shop', '["' || ${table.key} || '"]', ${table.person ?? 'null'}, null, timestamp '${loadedAt}',
      timestamp '${loadedAt}' + to_milliseconds(${number}), 'bench', ${table.item ?? `''`}, null,
      md5(cast(hash(${table.key}) as varchar)), ${table.date ?? 'null'}, ${table.record}
    from ${table.from}`);
  await connection.run(`insert into warehouse.ops.load_ledger
    select (select coalesce(max(number), 0) + 1 from warehouse.ops.load_ledger), 'mailchimp', 'shop', '${stream}',
      'bench-${loadedAt}', 'all', 'raw.${name}', 0, ${inserted.rowsChanged}, 0, 0, 0, 0, 0, 0, true,
      count(*), cast(bit_xor(${rowHash('r')}) as varchar), '[]', max(_loaded_at)
    from warehouse.raw.${name} as r`);
  return inserted.rowsChanged;
}

const warehouse = await openWarehouse(folder, '4GB');
for (const stream of Object.keys(tables))
  await warehouse.ensureRawTable({ source: 'mailchimp', stream, partitioned: false });
await warehouse.close();
const instance = await DuckDBInstance.create(':memory:', {
  memory_limit: '6GB',
  preserve_insertion_order: 'false',
  temp_directory: `${folder}/spill`,
});
const connection = await instance.connect();
await connection.run(`attach '${warehousePath(folder)}' as warehouse (row_group_size 40960, storage_version 'v1.4.0')`);
const rows: Record<string, number> = {};
for (const [number, [stream, table]] of Object.entries(tables).entries())
  rows[stream] = await insert(connection, stream, table, number);
connection.closeSync();
instance.closeSync();
console.log(JSON.stringify({ rows }));
