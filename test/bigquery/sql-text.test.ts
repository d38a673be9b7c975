import { describe, expect, test } from 'vitest';
import { compileGraph, type Action } from '../../src/transform/index.ts';

/** What DuckDB says and GoogleSQL does not; and what GoogleSQL says and the emulator, on which parity is shown, gets wrong. */
const leaks: readonly (readonly [string, RegExp])[] = [
  ['a cast with ::', /::/],
  ['->>', /->>?/],
  ['a type of DuckDB', /\b(?:varchar|bigint|hugeint|double|boolean|timestamptz|json\[\])\b|\bdecimal\s*\(/],
  [
    'a function of DuckDB',
    /\b(?:strftime|strptime|list_\w+|regexp_matches|generate_series|range|generate_subscripts|to_seconds|timezone|url_decode|json_extract(?:_string)?|bool_(?:or|and)|arg_(?:max|min)|epoch(?:_ms)?|any_value_|try_cast|try|struct_pack|date_part|make_date)\s*\(/,
  ],
  ['a date part in quotes', /\bdate_(?:diff|sub|add|trunc)\s*\(\s*'/],
  [
    'a word of DuckDB',
    /\bgroup by (?:all|\d)|\border by all\b|\bilike\b|\bfilter\s*\(|\blateral\b|\/\/|\bisnull\b|\basof\b/,
  ],
  ['double quotes around a name', /"/],
  ['an integer division sign or a bare division', /[^*/]\/(?!\s*nullif)[^*/]/],
  ['something that only an emulator knows', /googlesqlite|sqlite|pragma/],
];
const brokenOnEmulator: readonly (readonly [string, RegExp])[] = [
  ["an apostrophe in a comment, which splits the script's texts", /--[^\n]*'|\/\*(?:(?!\*\/)[\s\S])*'/],
  ['a minus before an expression', /[(,=]\s*-\s*[a-z(]|\b(?:select|then|else)\s+-\s*[a-z(]/],
  ['substr without a length of a text that may hold long characters', /\bsubstr\((?!\s*piece\b)[^,()]*,\s*\d+\s*\)/],
  ['a correlated delete or update', /\b(?:delete|update)\b[\s\S]*\bwhere\b[\s\S]*\bexists\b/],
  ['group by all', /\bgroup by all\b/],
  ['min or max of times in a window', /\b(?:min|max)\([a-z_.]*_at\)\s+over\b/],
];

const textsOf = ({ full, incremental }: Pick<Action, 'full' | 'incremental'>): readonly string[] =>
  [full, ...(incremental === undefined ? [] : [incremental])].flatMap(({ preOps, query, postOps }) => [
    ...preOps,
    query,
    ...postOps,
  ]);

/** SQL without its texts and comments. */
const code = (sql: string): string =>
  sql.replaceAll(/r?'(?:[^'\\\n]|\\.)*'/g, "''").replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, '');
/** SQL without its texts. */
const commented = (sql: string): string => sql.replaceAll(/(--[^\n]*|\/\*[\s\S]*?\*\/)|r?'(?:[^'\\\n]|\\.)*'/g, '$1');

function leaksOf(sql: string): readonly string[] {
  return [
    ...leaks.filter(([, pattern]) => pattern.test(code(sql).toLowerCase())),
    ...brokenOnEmulator.filter(([, pattern]) => pattern.test(commented(sql).toLowerCase())),
  ].map(([name]) => name);
}

describe('compiled GoogleSQL', () => {
  test.each([
    ['Europe/Berlin', 'EUR'],
    ['America/St_Johns', 'USD'],
    ['UTC', 'JPY'],
  ])('has no word that another engine alone knows (%s, %s)', async (timeZone, currency) => {
    const graph = await compileGraph({ engine: 'bigquery', timeZone, currency });
    const found = graph.actions.flatMap((action) =>
      textsOf(action).flatMap((sql) => leaksOf(sql).map((leak) => `${action.name}: ${leak}`)),
    );
    expect(graph.actions.length).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });

  test.each([
    ['select x::date from t'],
    ["select record ->> '$.a' from t"],
    ['select cast(x as varchar) from t'],
    ['select cast(x as double) from t'],
    ['select cast(x as decimal(38, 9)) from t'],
    ["select strftime(x, '%Y') from t"],
    ['select * from unnest(generate_series(1, 3))'],
    ['select list_sort(x) from t'],
    ["select regexp_matches(x, 'a') from t"],
    ["select date_diff('day', a, b) from t"],
    ['select a, count(*) from t group by all'],
    ['select count(*) filter (where a) from t'],
    ['select "a" from t'],
    ['select a / b from t'],
    ["select 1 -- the list's end\n"],
    ['select -sum(a) from t'],
    ['select substr(name, 3) from t'],
    ['select min(t.event_at) over (partition by id) from t'],
    ['delete from t as a where exists (select 1 from u where u.id = a.id)'],
  ])('a planted leak is found: %s', (sql) => {
    expect(leaksOf(`select *\nfrom (${sql})`).length).toBeGreaterThan(0);
  });

  test('every model that reads a partitioned table names its partitions, alone, in every branch', async () => {
    const graph = await compileGraph({ engine: 'bigquery', timeZone: 'UTC', currency: 'EUR' });
    const partitions = [
      ['raw.mailchimp__email_activity', '_partition_date'],
      ['raw.mailchimp__open_details', '_partition_date'],
      ['raw.file__events', '_partition_date'],
      ['staging.stg_mailchimp__email_activity', 'partition_date'],
      ['staging.stg_mailchimp__open_details', 'partition_date'],
      ['raw.sendgrid__events', '_partition_date'],
      ['raw.sendgrid__log_events', '_partition_date'],
      ['staging.stg_sendgrid__posted_events', 'partition_date'],
      ['staging.stg_sendgrid__logged_events', 'partition_date'],
      ['core.int_mailchimp_message_event', 'event_date'],
      ['core.int_sendgrid_message_event', 'event_date'],
      ['core.int_file_message_event', 'event_date'],
    ] as const;
    const wanting: string[] = [];
    for (const [table, column] of partitions) {
      const quoted = `\`${graph.database}.${table}\``;
      const filter = `(${column} >= date '1900-01-01' or ${column} is null)`;
      let readers = 0;
      for (const action of graph.actions) {
        for (const text of textsOf(action)) {
          // What an assertion looks at when it looks at changed rows alone is a text of its own.
          const sql = text.replaceAll(/\/\* changed rows: [^]*? \*\//g, '');
          const places = sql.split(quoted).length - 1;
          if (places === 0) continue;
          readers += 1;
          if (sql.split(filter).length - 1 < places) wanting.push(`${action.name} reads ${table}`);
        }
      }
      if (readers === 0) wanting.push(`nothing reads ${table}`);
    }
    expect(wanting).toEqual([]);
  });
});
