/**
 * Keys of the tables that BigQuery reads only by partition. Dataform's own assertions have no predicate on the partition
 * column, so these are written out, one per table.
 */
const eventTables = {
  stg_mailchimp__email_activity: {
    partition: 'partition_date',
    key: ['account_id', 'row_key'],
    nonNull: ['account_id', 'campaign_id', 'member_id', 'action', 'event_at', 'partition_date'],
  },
  stg_mailchimp__open_details: {
    partition: 'partition_date',
    key: ['account_id', 'row_key'],
    nonNull: ['account_id', 'campaign_id', 'member_id', 'opened_at', 'partition_date'],
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
    key: ['event_id'],
    nonNull: ['account_id', 'campaign_id', 'member_id', 'event_id', 'event_type', 'loaded_at'],
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

Object.entries(eventTables).forEach(([name, { partition, key, nonNull }]) => {
  const every = dialect.everyPartition(partition);
  assert(`check_${name}`, (ctx) =>
    [
      `select\n    ${dialect.literal(`repeated key (${key.join(', ')})`)} as rule,\n    count(*) as row_count\n` +
        `from ${ctx.ref(name)}\nwhere ${every}\ngroup by ${key.join(', ')}\nhaving count(*) > 1`,
      ...nonNull.map(
        (column) =>
          `select\n    ${dialect.literal(`broken: ${column} IS NOT NULL`)} as rule,\n    count(*) as row_count\n` +
          `from ${ctx.ref(name)}\nwhere ${every} and ${column} is null\nhaving count(*) > 0`,
      ),
    ].join('\nunion all\n'),
  ).description(`Key and columns without NULL of ${name}`);
});
