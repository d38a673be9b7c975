/**
 * Keys of the tables that are as large as the events. Dataform's own assertions have no predicate on the partition column, and
 * look at all rows each time, so these are written out, one per table. `changed`: what its work table names the rows by that the
 * latest run has made again; of a table that `follows` another, that one's. `isByTime`: its work table says after which loaded_at
 * the latest run began.
 */
const eventTables = {
  stg_mailchimp__sent_to: {
    key: ['account_id', 'campaign_id', 'member_id'],
    nonNull: ['account_id', 'campaign_id', 'member_id', 'status'],
    isByTime: true,
  },
  stg_mailchimp__email_activity: {
    partition: 'partition_date',
    key: ['account_id', 'campaign_id', 'member_id', 'action', 'event_at', 'url', 'ip', 'ordinal'],
    nonNull: ['account_id', 'campaign_id', 'member_id', 'action', 'event_at', 'url', 'ip', 'ordinal', 'partition_date'],
    isByTime: true,
  },
  stg_mailchimp__open_details: {
    partition: 'partition_date',
    key: ['row_id'],
    nonNull: ['account_id', 'campaign_id', 'member_id', 'opened_at', 'partition_date'],
    isByTime: true,
  },
  stg_sendgrid__posted_events: {
    partition: 'partition_date',
    key: ['account_id', 'sg_event_id'],
    nonNull: ['account_id', 'row_key', 'sg_event_id', 'event', 'event_at', 'partition_date'],
  },
  stg_sendgrid__logged_events: {
    partition: 'partition_date',
    key: ['account_id', 'sg_event_id'],
    nonNull: ['account_id', 'row_key', 'sg_event_id', 'event', 'event_at', 'partition_date'],
  },
  int_mailchimp_message_event: {
    partition: 'event_date',
    key: ['account_id', 'campaign_id', 'member_id', 'event_type', 'event_at', 'url', 'bounce_type', 'nth'],
    nonNull: ['account_id', 'campaign_id', 'member_id', 'event_type', 'nth', 'loaded_at'],
    changed: ['account_id', 'campaign_id', 'member_id'],
  },
  int_campaign_recipient: {
    key: ['source', 'account_id', 'campaign_id', 'person_number'],
    nonNull: ['source', 'account_id', 'campaign_id', 'person_number'],
    changed: ['source', 'account_id', 'campaign_id', 'person_number'],
  },
  int_person_month: {
    key: ['person_number', 'month'],
    nonNull: ['person_number', 'month', 'sent_count', 'engagement_count'],
    changed: ['person_number'],
    follows: 'int_campaign_recipient',
  },
  int_engagement_spans: {
    key: ['source', 'account_id', 'list_id', 'is_company', 'person_number', 'from_date'],
    nonNull: ['is_company', 'person_number', 'from_date', 'next_date', 'last_mailed_date', 'last_engaged_date'],
    changed: ['person_number'],
  },
  int_sendgrid_message_event: {
    partition: 'event_date',
    key: ['event_id'],
    nonNull: ['account_id', 'campaign_id', 'member_id', 'event_id', 'event_type', 'event_at', 'loaded_at'],
  },
  int_file_message_event: {
    partition: 'event_date',
    key: ['event_id'],
    nonNull: ['account_id', 'campaign_id', 'member_id', 'event_id', 'event_type', 'loaded_at'],
  },
};

Object.entries(eventTables).forEach(([name, { partition, key, nonNull, changed, follows, isByTime }]) => {
  assert(`check_${name}`, (ctx) => {
    const table = ctx.ref(name);
    const every = partition === undefined ? 'true' : dialect.everyPartition(partition);
    const since = `(select min(loaded_at) from ${dialect.beside(table, 'since')})`;
    const touched = isByTime
      ? dialect.keyIn('checked', key, `(select * from ${table} where ${every} and loaded_at > ${since})`)
      : changed && dialect.keyIn('checked', changed, dialect.beside(ctx.ref(follows || name), 'changed'));
    const rows = `from ${table} as checked\nwhere ${every}${touched ? ` and ${dialect.changedOnly(touched)}` : ''}`;
    const broken = nonNull
      .map((column) => `when ${column} is null then ${dialect.literal(`broken: ${column} IS NOT NULL`)}`)
      .join(' ');
    const isBroken = nonNull.map((column) => `${column} is null`).join(' or ');
    // Keys of a hash that occurs once occur once; whole numbers are quicker to count than long texts. All is read
    // once, and looked into again only where something may be wrong.
    const hash = dialect.hash64(key);
    return `with
suspects as (
    select
        ${hash} as suspected,
        count(*) as row_count,
        count(case when ${isBroken} then 1 end) as broken_count
    ${rows}
    group by suspected
    having row_count > 1 or broken_count > 0
)

select
    ${dialect.literal(`repeated key (${key.join(', ')})`)} as rule,
    count(*) as row_count
${rows}
and ${hash} in (select suspected from suspects where row_count > 1)
group by ${key.join(', ')}
having count(*) > 1
union all
select
    rule,
    count(*) as row_count
from (
    select case ${broken} end as rule
    ${rows}
    and ${hash} in (select suspected from suspects where broken_count > 0)
) as judged
where rule is not null
group by rule`;
  }).description(`Key and columns without NULL of ${name}`);
});
