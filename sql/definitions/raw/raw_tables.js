const columns = {
  _account_id: 'Id of the source in mailmart.yaml',
  _primary_key: 'JSON array of the key fields, as text',
  _person_key:
    'HMAC-SHA256 of the normalised address under the secret salt, hexadecimal; NULL where the stream has no person',
  _cursor_at: 'Value of the stream’s cursor, UTC',
  _extracted_at: 'When the record was read from the source, UTC',
  _loaded_at: 'When the row last changed here, UTC; strictly increasing with commit order',
  _run_id: 'Run that wrote the row',
  _item: 'Work item of the stream (a campaign, a list); empty for the whole stream',
  _deleted_at: 'When the record was first missing from a whole read; NULL while it is there',
  _record_hash: 'Hash of the record: equal means unchanged',
  _partition_date: 'Date that never changes for a key; NULL where the stream is not partitioned',
  record: 'The record as the source sent it',
};

Object.entries(raw_streams).forEach(([source, streams]) =>
  streams.forEach((stream) =>
    declare({
      schema: 'raw',
      name: `${source}__${stream}`,
      description: `Records of the stream ${stream} of ${source}, one row per account and primary key`,
      columns,
    }),
  ),
);
