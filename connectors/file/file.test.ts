import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { Settings } from 'luxon';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { ItemState, Slice } from '../../src/contracts/sync.ts';
import type { CheckFinding, CustomStream, PlanContext, ReadContext } from '../_kit/contract.ts';
import { readSlice } from '../_kit/engine.ts';
import type { SliceEvent } from '../_kit/slice-events.ts';
import { parseCondition } from './condition.ts';
import { fileConfig, type FileConfig } from './config.ts';
import { file } from './connector.ts';
import { formatOf } from './readers.ts';
import { readValue } from './values.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mailmart-file-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = '2026-06-01T00:00:00.000Z';

function configOf(files: z.input<typeof fileConfig>['files']): FileConfig {
  return fileConfig.parse({ project_dir: folder, files });
}

type Outcome = {
  readonly records: readonly JsonObject[];
  readonly rejected: readonly {
    readonly position: string;
    readonly path: string;
    readonly reason: string;
    readonly record: string;
  }[];
  readonly state: ReadonlyMap<string, ItemState>;
  /** How many records and rejected rows each page had. */
  readonly pages: readonly { readonly records: number; readonly rejected: number }[];
};

/** Plans and reads one stream, as the engine would. */
async function readStream(
  config: FileConfig,
  name: string,
  state: ReadonlyMap<string, ItemState> = new Map(),
): Promise<Outcome> {
  const stream = file.streams[name] as CustomStream<FileConfig, unknown>;
  const slices = (await stream.plan?.slices({ config, state, now } as PlanContext<FileConfig>, [])) ?? [];
  const records: JsonObject[] = [];
  const rejected: Outcome['rejected'][number][] = [];
  const pages: Outcome['pages'][number][] = [];
  for (const slice of slices) {
    const context = { config, slice, now, signal: new AbortController().signal } as ReadContext<FileConfig>;
    for await (const page of stream.read(context)) {
      records.push(...page.records);
      rejected.push(...(page.rejected ?? []));
      pages.push({ records: page.records.length, rejected: page.rejected?.length ?? 0 });
    }
  }
  return { records, rejected, state: new Map(slices.map((slice) => [slice.item, slice.next])), pages };
}

/** What `check` says of the files. */
function findings(config: FileConfig): Promise<readonly CheckFinding[]> {
  return file.probe({ config, http: undefined as never, signal: new AbortController().signal });
}

/** What reading the first file of the orders comes to, as the kit does it. */
async function eventsOf(config: FileConfig): Promise<readonly SliceEvent[]> {
  const stream = file.streams['orders'] as CustomStream<FileConfig, unknown>;
  const plan = { config, state: new Map(), now } as unknown as PlanContext<FileConfig>;
  const [slice] = (await stream.plan?.slices(plan, [])) ?? [];
  const signal = new AbortController().signal;
  const options = { config, http: undefined as never, slice: slice as Slice, now, salt: 'salt', signal };
  const events: SliceEvent[] = [];
  for await (const event of readSlice(file, 'orders', options)) events.push(event);
  return events;
}

function write(name: string, content: string | Buffer): string {
  writeFileSync(path.join(folder, name), content);
  return name;
}

const orderFields = { amount: 'amount', ordered_at: 'at', currency_code: { const: 'EUR' } };

describe('formats', () => {
  const rows = [
    { id: 'a', amount: '1.10', at: '2026-01-01T00:00:00Z' },
    { id: 'b', amount: '12345678901234.123456789', at: '2026-01-02T00:00:00Z' },
  ];
  const csv = `id,amount,at\n${rows.map((row) => Object.values(row).join(',')).join('\n')}\n`;
  const ndjson = `${rows.map((row) => `{"id":"${row.id}","amount":${row.amount},"at":"${row.at}"}`).join('\n')}\n`;

  it.each([
    ['o.csv', csv],
    ['o.csv.gz', gzipSync(csv)],
    ['o-bom.csv', `\uFEFF${csv.replaceAll('\n', '\r\n')}`],
    ['o.tsv', csv.replaceAll(',', '\t')],
    ['o.ndjson', ndjson],
    ['o.ndjson.gz', Buffer.concat([gzipSync(ndjson.slice(0, 20)), gzipSync(ndjson.slice(20))])],
  ])('%s: every row once, amounts to the last digit', async (name, content) => {
    const config = configOf([
      {
        path: write(name, content),
        map: [{ entity: 'orders', key: ['id'], fields: { ...orderFields, order_id: 'id' } }],
      },
    ]);
    const { records, rejected } = await readStream(config, 'orders');
    expect(rejected).toEqual([]);
    expect(records.map(({ order_id, amount, ordered_at }) => [order_id, amount, ordered_at])).toEqual([
      ['a', '1.10', '2026-01-01T00:00:00.000Z'],
      ['b', '12345678901234.123456789', '2026-01-02T00:00:00.000Z'],
    ]);
  });

  /** Writes a query's rows as `<name>.csv` and `<name>.parquet`. */
  const writeBoth = async (name: string, query: string): Promise<void> => {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    for (const format of ['csv', 'parquet'])
      await connection.run(`COPY (${query}) TO '${path.join(folder, `${name}.${format}`)}' (FORMAT ${format})`);
    connection.closeSync();
  };

  it('o.parquet', async () => {
    await writeBoth(
      'o',
      `SELECT 'a' AS id, 1.10::DECIMAL(12, 2) AS amount, TIMESTAMPTZ '2026-01-01T00:00:00Z' AS "at"`,
    );
    const config = configOf([{ path: 'o.parquet', map: [{ entity: 'orders', key: ['id'], fields: orderFields }] }]);
    const { records, rejected } = await readStream(config, 'orders');
    expect(rejected).toEqual([]);
    expect(records).toMatchObject([{ recipient_id: 'a', amount: '1.10', ordered_at: '2026-01-01T00:00:00.000Z' }]);
  });

  it.each([
    ['DECIMAL(4, 2)', ['19.99', '-0.05', '0']],
    ['DECIMAL(18, 2)', ['1234567890123456.78', '-1234567890123456.78', '19.99']],
    ['DECIMAL(38, 9)', ['12345678901234567890123456789.123456789', '-0.000000001', '1.1']],
    ['DECIMAL(38, 0)', ['12345678901234567890123456789', '-1']],
    ['BIGINT', ['9007199254740993']],
    ['FLOAT', ['19.99', '-0.05', '0.1', '1000000.5', '1234.56']],
    ['DOUBLE', ['19.99', '-0.05', '123456789.25']],
  ])('Parquet and CSV have the same amounts: %s', async (type, amounts) => {
    const values = [...amounts, ...amounts].map((amount, at) => `('${at}', '${amount}'::${type})`).join(', ');
    await writeBoth('same', `SELECT *, '2026-01-01T00:00:00Z' AS "at" FROM (VALUES ${values}) AS t (id, amount)`);
    const read = async (name: string) => {
      const map = [{ entity: 'orders' as const, key: ['id'], fields: { ...orderFields, tax_amount: 'amount' } }];
      const { records, rejected } = await readStream(configOf([{ path: name, map }]), 'orders');
      expect(rejected).toEqual([]);
      return records.map((row) => [row['recipient_id'], row['amount'], row['tax_amount']]);
    };
    const rows = await read('same.parquet');
    expect(rows).toEqual(await read('same.csv'));
    expect(rows).toHaveLength(2 * amounts.length);
  });

  it.each([
    ['DATE', '2026-01-02', '2026-01-02T05:00:00.000Z'],
    ['TIMESTAMP', '2026-01-02 20:00:00.123456', '2026-01-03T01:00:00.123Z'],
    ['TIMESTAMP_MS', '1995-01-02 20:00:00.123', '1995-01-03T01:00:00.123Z'],
    ['TIMESTAMP_NS', '2026-01-02 20:00:00.123456789', '2026-01-03T01:00:00.123Z'],
    // An offset of whole hours, as DuckDB and PostgreSQL write it into CSV.
    ['TIMESTAMPTZ', '2026-01-02 20:00:00+00', '2026-01-02T20:00:00.000Z'],
  ])('Parquet and CSV have the same times: %s', async (type, value, instant) => {
    await writeBoth('when', `SELECT 1 AS amount, '${value}'::${type} AS "at" UNION ALL SELECT 1, NULL`);
    const fields = { kind: { const: 'other' }, amount: 'amount', currency_code: { const: 'EUR' }, received_on: 'at' };
    const read = async (name: string, time_zone?: string) => {
      const map = [
        { entity: 'orders' as const, fields: orderFields },
        { entity: 'other_revenue' as const, fields },
      ];
      const config = configOf([{ path: name, map, ...(time_zone === undefined ? {} : { time_zone }) }]);
      const [orders, revenue] = [await readStream(config, 'orders'), await readStream(config, 'other_revenue')];
      return {
        ordered: orders.records.map((row) => row['ordered_at']),
        received: revenue.records.map((row) => row['received_on']),
        refused: [...orders.rejected, ...revenue.rejected].map((row) => row.reason),
      };
    };
    const zoned = await read('when.parquet', 'America/New_York');
    expect(zoned).toMatchObject({ ordered: [instant], received: [value.slice(0, 10)] });
    expect(zoned.refused).toEqual(Array(2).fill(expect.stringMatching(/is empty/)));
    expect(zoned).toEqual(await read('when.csv', 'America/New_York'));
    expect(await read('when.parquet')).toEqual(await read('when.csv'));
  });

  it('reads a glob in order of names', async () => {
    write('g-2.csv', 'id,amount,at\n2,1,2026-01-01T00:00:00Z\n');
    write('g-1.csv', 'id,amount,at\n1,1,2026-01-01T00:00:00Z\n');
    const config = configOf([{ path: 'g-*.csv', map: [{ entity: 'orders', key: ['id'], fields: orderFields }] }]);
    expect((await readStream(config, 'orders')).records.map((row) => row['recipient_id'])).toEqual(['1', '2']);
  });
});

describe('mapping', () => {
  it('makes several entities of one row under conditions, keyed by row number', async () => {
    const name = write('test.csv', 'segment,visit,conversion,spend\nMens,1,1,29.99\nNone,1,0,0\nWomens,0,0,0\n');
    const base = { campaign_id: { const: 'c' }, variant: 'segment' } as const;
    const at = { const: '2008-03-21T00:00:00Z' };
    const config = configOf([
      {
        path: name,
        map: [
          { entity: 'recipients', fields: { ...base, is_control: { column: 'segment', equals: 'None' } } },
          {
            entity: 'conversions',
            when: 'visit = 1',
            attribution: 'assigned',
            fields: { ...base, kind: { const: 'visit' }, converted_at: at },
          },
          {
            entity: 'orders',
            when: 'conversion = 1',
            attribution: 'assigned',
            fields: { ...base, amount: 'spend', ordered_at: at, currency_code: { const: 'USD' } },
          },
        ],
      },
    ]);
    const recipients = (await readStream(config, 'recipients')).records;
    expect(recipients.map((row) => [row['recipient_id'], row['person'], row['variant'], row['is_control']])).toEqual([
      ['test.csv#1', 'id:test.csv#1', 'Mens', 'false'],
      ['test.csv#2', 'id:test.csv#2', 'None', 'true'],
      ['test.csv#3', 'id:test.csv#3', 'Womens', 'false'],
    ]);
    expect((await readStream(config, 'conversions')).records.map((row) => row['conversion_id'])).toEqual([
      'test.csv#1:1',
      'test.csv#1:2',
    ]);
    expect((await readStream(config, 'orders')).records).toMatchObject([
      { order_id: 'test.csv#2:1', recipient_id: 'test.csv#1', amount: '29.99', attribution: 'assigned' },
    ]);
  });

  it('keeps the rows of files with one name in two folders apart', async () => {
    for (const shop of ['shop-a', 'shop-b']) {
      mkdirSync(path.join(folder, shop), { recursive: true });
      write(`${shop}/day.csv`, 'no,amount,at\n7,1,2026-01-01T00:00:00Z\n');
    }
    const campaign_id = { const: 'c' };
    const read = async (key: 'row_number' | ['no'], entity: 'orders' | 'recipients') => {
      const fields = entity === 'orders' ? orderFields : { campaign_id };
      const config = configOf([{ path: 'shop-*/day.csv', map: [{ entity, key, fields }] }]);
      return (await readStream(config, entity)).records.map((row) => [row['order_id'], row['recipient_id']]);
    };
    expect(await read('row_number', 'orders')).toEqual([
      ['shop-a/day.csv#0:1', 'shop-a/day.csv#1'],
      ['shop-b/day.csv#0:1', 'shop-b/day.csv#1'],
    ]);
    expect(await read('row_number', 'recipients')).toEqual([
      [undefined, 'shop-a/day.csv#1'],
      [undefined, 'shop-b/day.csv#1'],
    ]);
    // A column that names the person names the same one in every file: other files may state it as recipient_id.
    expect(await read(['no'], 'orders')).toEqual([
      ['shop-a/day.csv#0:7', '7'],
      ['shop-b/day.csv#0:7', '7'],
    ]);
  });

  it('reads declared number and date formats, and zones', async () => {
    const name = write('de.csv', 'amount;at\n"1.234,56";25.12.2025 18:30\n');
    const config = configOf([
      {
        path: name,
        delimiter: ';',
        decimal: ',',
        time_zone: 'Europe/Berlin',
        map: [
          { entity: 'orders', fields: { ...orderFields, ordered_at: { column: 'at', format: 'dd.MM.yyyy HH:mm' } } },
        ],
      },
    ]);
    expect((await readStream(config, 'orders')).records).toMatchObject([
      { amount: '1234.56', ordered_at: '2025-12-25T17:30:00.000Z' },
    ]);
  });

  it('compares numbers in the file’s own decimal mark, and guesses none', async () => {
    const rows = ['9,99', '1.000,00', '100', '', '5 EUR'].map((total, at) => `${at};${total}`);
    const name = write('marks.csv', `no;total\n${rows.join('\n')}\n`);
    const fields = {
      campaign_id: { const: 'c' },
      kind: { const: 'big' },
      converted_at: { const: '2026-01-01T00:00:00Z' },
      value_amount: 'total',
    };
    const read = async (when: string, declared: object, map: object = {}): Promise<readonly unknown[]> => {
      const config = configOf([
        {
          path: name,
          delimiter: ';',
          ...declared,
          map: [{ entity: 'conversions', key: ['no'], when, fields: { ...fields, ...map } }],
        },
      ]);
      const { records, rejected } = await readStream(config, 'conversions');
      return [...records.map((record) => record['value_amount']), ...rejected.map((row) => row.path + row.reason)];
    };
    const refused = [expect.stringMatching(/^conversions\.when.*column total is not a number with decimal mark ","/)];
    expect(await read('total > 99.5', { decimal: ',' })).toEqual(['1000.00', '100', ...refused]);
    expect(await read('total < 99.5', { decimal: ',' })).toEqual(['9.99', ...refused]);
    expect(await read('total = 1000', {}, { value_amount: { column: 'total', decimal: ',' } })).toEqual(['1000.00']);
  });

  it('blanks around a key or a compared word do not count, as around any other value', async () => {
    const name = write(
      'blanks.csv',
      'id,status,amount,at\n 7 ,paid ,1,2026-01-01T00:00:00Z\n" ",paid,1,2026-01-01T00:00:00Z\n',
    );
    const map = [{ entity: 'orders' as const, key: ['id'], when: "status = 'paid'", fields: orderFields }];
    const { records, rejected } = await readStream(configOf([{ path: name, map }]), 'orders');
    expect(records).toMatchObject([{ order_id: 'blanks.csv#0:7', recipient_id: '7' }]);
    expect(rejected).toMatchObject([{ path: 'id', reason: expect.stringMatching(/key is empty/) }]);
  });

  it('names of months are English, whatever the language of the machine', () => {
    const field = { type: 'date', description: '' } as const;
    const how = { decimal: '.', timeZone: undefined, format: 'MMMM d, yyyy' } as const;
    const before = Settings.defaultLocale;
    try {
      for (const locale of ['de', 'ar-EG', 'vi']) {
        Settings.defaultLocale = locale;
        expect(readValue('March 5, 2026', field, how, Date.parse(now))).toBe('2026-03-05');
      }
    } finally {
      Settings.defaultLocale = before;
    }
  });

  it('reads a file again only when its bytes or its mapping changed', async () => {
    const name = write('again.csv', 'amount,at\n1,2026-01-01T00:00:00Z\n');
    const config = configOf([{ path: name, map: [{ entity: 'orders', fields: orderFields }] }]);
    const first = await readStream(config, 'orders');
    expect(first.records).toHaveLength(1);
    expect((await readStream(config, 'orders', first.state)).records).toHaveLength(0);
    const other = configOf([
      { path: name, map: [{ entity: 'orders', fields: { ...orderFields, currency_code: { const: 'USD' } } }] },
    ]);
    expect((await readStream(other, 'orders', first.state)).records).toHaveLength(1);
    write('again.csv', 'amount,at\n2,2026-01-01T00:00:00Z\n');
    const second = await readStream(config, 'orders', first.state);
    expect(second.records).toMatchObject([{ amount: '2' }]);
    // Refused rows may be right on a later day: a cost that is dated ahead, say.
    const refused = (readAt: string): Map<string, ItemState> =>
      new Map([...second.state].map(([item, state]) => [item, { ...state, refusedFrom: '', readAt }]));
    expect((await readStream(config, 'orders', refused(now))).records).toHaveLength(0);
    expect((await readStream(config, 'orders', refused('2026-05-31T23:00:00.000Z'))).records).toHaveLength(1);
    // What is wrong on every day is refused once.
    const owed = async (text: string): Promise<unknown> => {
      write('again.csv', `amount,at\n2,2026-01-01T00:00:00Z\n${text}\n`);
      const end = (await eventsOf(config)).at(-1);
      return end?.kind === 'end' ? end.state.refusedFrom : end;
    };
    expect(await owed('3,2027-01-01T00:00:00Z')).toBe('');
    expect(await owed('3,1960-01-01T00:00:00Z')).toBeUndefined();
    expect(await owed('three,2026-01-01T00:00:00Z')).toBeUndefined();
    // As an earlier reader noted it, which made other records of the same bytes.
    const earlier = [...second.state].map(([item, state]): [string, ItemState] => [
      item,
      { ...state, fingerprint: String(state.fingerprint).replace(/ reader \d+$/, '') },
    ]);
    expect((await readStream(config, 'orders', new Map(earlier))).records).toHaveLength(1);
  });
});

describe('an id in several files', () => {
  const at = '2026-01-01T00:00:00Z';
  const files = (one: string, two: string, three: string): void => {
    for (const [name, ids] of Object.entries({ one, three, two }))
      write(`ids-${name}.csv`, `no,amount,at\n${[...ids].map((id) => `${id},1,${at}\n`).join('')}`);
  };
  const config = (fields: object = { order_id: 'no' }): FileConfig =>
    configOf([{ path: 'ids-*.csv', map: [{ entity: 'orders', key: ['no'], fields: { ...orderFields, ...fields } }] }]);
  const names = ({ records }: Outcome): readonly unknown[] => [...new Set(records.map((record) => record['file']))];

  it('is looked for in all of them when a file that was read changes: it may have left that one alone, and the last one holds', async () => {
    files('ab', 'bc', 'b');
    const { state } = await readStream(config(), 'orders');
    expect(names(await readStream(config(), 'orders', state))).toEqual([]);
    files('ab', 'bc', 'd');
    expect(names(await readStream(config(), 'orders', state))).toEqual(['ids-one.csv', 'ids-three.csv', 'ids-two.csv']);
  });

  it('of a new file is overruled by the files after it, and by none before it', async () => {
    files('ab', 'bc', 'd');
    const { state } = await readStream(config(), 'orders');
    const without = (name: string): Map<string, ItemState> => new Map([...state].filter(([item]) => item !== name));
    expect(names(await readStream(config(), 'orders', without('ids-two.csv')))).toEqual(['ids-two.csv']);
    expect(names(await readStream(config(), 'orders', without('ids-three.csv')))).toEqual([
      'ids-three.csv',
      'ids-two.csv',
    ]);
  });

  it('twice in one file is refused by its row, however far apart, and no reason to read the file again', async () => {
    const rows = Array.from({ length: 4500 }, (_, index) => `${index},1,${at}`);
    rows.splice(10, 0, `9,1,${at}`);
    write('ids-far.csv', `no,amount,at\n${rows.join('\n')}\n0,2,${at}\n`);
    const far = configOf([
      { path: 'ids-far.csv', map: [{ entity: 'orders', key: ['no'], fields: { ...orderFields, order_id: 'no' } }] },
    ]);
    const events = await eventsOf(far);
    const pages = events.flatMap((event) => (event.kind === 'page' ? [event] : []));
    expect(pages.reduce((sum, { count }) => sum + count, 0)).toBe(4500);
    expect(pages.flatMap(({ rejected }) => rejected)).toMatchObject([
      { position: 'ids-far.csv line 12', path: 'order_id', reason: expect.stringMatching(/twice/) },
      { position: 'ids-far.csv line 4503', path: 'order_id', reason: expect.stringMatching(/twice in the file/) },
    ]);
    expect(events.at(-1)).not.toHaveProperty('incomplete');
  });

  it('that names its file is in no other', async () => {
    files('ab', 'bc', 'b');
    const { state } = await readStream(config({}), 'orders');
    files('ab', 'bc', 'd');
    expect(names(await readStream(config({}), 'orders', state))).toEqual(['ids-three.csv']);
  });
});

describe('measurements', () => {
  const sheets = {
    view_times: {
      header: 'campaign,email,at,seconds,class',
      fields: {
        campaign_id: 'campaign',
        person: 'email',
        opened_at: 'at',
        seconds: 'seconds',
        view_class: { column: 'class', values: { skim: 'skimmed' } },
      },
    },
    replies: {
      header: 'campaign,email,at,class',
      fields: { campaign_id: 'campaign', person: 'email', replied_at: 'at', reply_class: 'class' },
    },
    spam_checks: {
      header: 'campaign,domain,day,score,best,worst',
      fields: {
        campaign_id: 'campaign',
        domain: 'domain',
        checked_on: 'day',
        tool: { const: 'assassin' },
        score: 'score',
        scale_best: 'best',
        scale_worst: 'worst',
      },
    },
    seed_placements: {
      header: 'domain,day,provider,inbox,spam',
      fields: {
        domain: 'domain',
        checked_on: 'day',
        tool: { const: 'seeds' },
        provider: { column: 'provider', values: { Gmail: 'gmail.com' } },
        inbox_count: 'inbox',
        tabs_count: { const: '0' },
        spam_count: 'spam',
        missing_count: { const: '0' },
      },
    },
    domain_reputations: {
      header: 'day,domain,provider,word,complaints',
      fields: {
        observed_on: 'day',
        domain: 'domain',
        provider: 'provider',
        tool: { const: 'postmaster' },
        reputation: 'word',
        complaint_rate: 'complaints',
      },
    },
  } as const;
  type Sheet = keyof typeof sheets;

  const read = async (entity: Sheet, ...rows: readonly string[]): Promise<Outcome> => {
    const { header, fields } = sheets[entity];
    const name = write(`${entity}.csv`, `${[header, ...rows].join('\n')}\n`);
    return readStream(configOf([{ path: name, time_zone: 'UTC', map: [{ entity, fields }] }]), entity);
  };

  it.each<[Sheet, string, JsonObject]>([
    ['view_times', 'c1,Ann@x.org,2026-01-01T00:00:00Z,7.5,', { seconds: '7.5', view_class: null }],
    [
      'view_times',
      'c1,,2026-01-01T00:00:00Z,-1,skim',
      { seconds: '-1', view_class: 'skimmed', person: 'id:view_times.csv#1' },
    ],
    ['replies', 'c1,ann@x.org,2026-01-01T00:00:00Z,out_of_office', { reply_class: 'out_of_office' }],
    ['replies', 'c1,ann@x.org,2026-01-01T00:00:00Z,', { reply_class: null, reply_id: 'replies.csv#0:1' }],
    ['spam_checks', 'c1,,2026-01-01,-0.2,0,5', { campaign_id: 'c1', domain: null, score: '-0.2' }],
    ['spam_checks', ',News.Example,2026-01-01,9,10,0', { campaign_id: null, domain: 'news.example' }],
    ['seed_placements', 'n.example,2026-01-01,Gmail,9,1', { provider: 'gmail.com', inbox_count: '9' }],
    ['domain_reputations', '2026-01-01,n.example,gmail.com,,0.001', { reputation: null, complaint_rate: '0.001' }],
  ])('%s: %s', async (entity, row, expected) => {
    const { records, rejected } = await read(entity, row);
    expect(rejected).toEqual([]);
    expect(records).toMatchObject([expected]);
  });

  it.each<[Sheet, string, string, RegExp]>([
    ['view_times', 'c1,,2026-01-01T00:00:00Z,5 s,', 'seconds', /not a number/],
    ['view_times', 'c1,,2026-01-01T00:00:00Z,,quick', 'view_class', /none of glanced, skimmed, read, unknown/],
    ['view_times', ',,2026-01-01T00:00:00Z,5,', 'campaign_id', /empty/],
    ['replies', 'c1,ann@x.org,2026-01-01T00:00:00Z,warm', 'reply_class', /none of positive/],
    ['spam_checks', 'c1,n.example,2026-01-01,9,10,0', 'campaign_id', /not both/],
    ['spam_checks', ',,2026-01-01,9,10,0', 'campaign_id', /is needed/],
    ['spam_checks', 'c1,,2026-01-01,9,10.0,10', 'scale_best', /measures nothing/],
    ['spam_checks', 'c1,,2026-01-01,,10,0', 'score', /empty/],
    ['seed_placements', 'n.example,2026-01-01,Googlemail,9,1', 'provider', /not a domain/],
    ['seed_placements', 'n.example,2026-01-01,gmail.com,9.5,1', 'inbox_count', /not a whole number/],
    ['seed_placements', 'n.example,2026-01-01,gmail.com,9,-1', 'spam_count', /not a whole number/],
    ['domain_reputations', '2026-01-01,n.example,gmail.com,HIGH,', 'reputation', /none of high/],
    ['domain_reputations', '2026-01-01,n.example,gmail.com,high,0.3 %', 'complaint_rate', /not a number/],
    ['domain_reputations', '2026-01-01,n.example,gmail.com,high,1.1', 'complaint_rate', /0.3 % is 0.003/],
    ['domain_reputations', '2026-01-01,me@n.example,gmail.com,high,', 'domain', /not a domain/],
  ])('%s: %s goes to quarantine', async (entity, row, where, reason) => {
    const { records, rejected } = await read(entity, row);
    expect(records).toEqual([]);
    expect(rejected).toMatchObject([{ path: `${entity}.${where}`, reason: expect.stringMatching(reason) }]);
  });

  it('a scale that the mapping does not state is refused', () => {
    const { scale_worst: _forgotten, ...fields } = sheets.spam_checks.fields;
    expect(() => configOf([{ path: 'x.csv', map: [{ entity: 'spam_checks', fields }] }])).toThrow(
      /spam_checks needs scale_worst/,
    );
  });
});

describe('bad input', () => {
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    ['a row with too few columns', 'x', '(row)', /2 columns of the header/],
    ['an unclosed quotation mark', '"x,2026-01-01T00:00:00Z', '(row)', /quotation mark/],
    ['a comma in a number', '"1,5",2026-01-01T00:00:00Z', 'orders.amount', /decimal/],
    ['German thousands without a declaration', '"1.234,56",2026-01-01T00:00:00Z', 'orders.amount', /not a number/],
    ['a currency sign', '€5,2026-01-01T00:00:00Z', 'orders.amount', /not a number/],
    ['NaN', 'NaN,2026-01-01T00:00:00Z', 'orders.amount', /not a number/],
    ['an exponent', '1e400,2026-01-01T00:00:00Z', 'orders.amount', /not a number/],
    ['ten decimals', '0.0123456789,2026-01-01T00:00:00Z', 'orders.amount', /9 after/],
    ['an empty amount', ',2026-01-01T00:00:00Z', 'orders.amount', /empty/],
    ['a day that does not exist', '1,2025-02-30T00:00:00Z', 'orders.ordered_at', /not an ISO-8601/],
    ['a time without a zone', '1,2025-02-03 10:00', 'orders.ordered_at', /time_zone/],
    ['a day alone, which begins at another time in each zone', '1,2025-02-03', 'orders.ordered_at', /time_zone/],
    ['a time that may come', '1,2029-01-01T00:00:00Z', 'orders.ordered_at', /two days ahead: it is read again/],
    [
      'a time in the far future',
      '1,2999-01-01T00:00:00Z',
      'orders.ordered_at',
      /more than ten years ahead: check the unit/,
    ],
    ['a time before 1990', '1,1970-01-01T00:00:01Z', 'orders.ordered_at', /before 1990/],
  ];

  it('a key of two columns needs both of them', async () => {
    const name = write('keys.csv', 'id,line,amount,at\n1,1,5,2026-01-01T00:00:00Z\n1,,5,2026-01-01T00:00:00Z\n');
    const map = [{ entity: 'orders' as const, key: ['id', 'line'], fields: orderFields }];
    const { records, rejected } = await readStream(configOf([{ path: name, map }]), 'orders');
    expect(records).toHaveLength(1);
    expect(rejected).toMatchObject([{ path: 'id, line', reason: expect.stringMatching(/key is empty/) }]);
  });

  it.each(['10:30', '10:30Z', 'T10:30', '12', '2026'])('%s is no day: today or New Year would be a guess', (text) => {
    const field = { type: 'instant', description: '' } as const;
    const how = { decimal: '.', timeZone: 'UTC', format: undefined } as const;
    expect(() => readValue(text, field, how, Date.now() + 2 * 86_400_000)).toThrow(/not an ISO-8601 date/);
  });

  it.each([
    ['not a date', /not an ISO-8601 date/],
    ['2026-02-30 10:00', /not an ISO-8601 date/],
    ['2026-02-28 10:00', /names no time zone/],
    ['2026-02-28', /names no time zone/],
  ])('%s is refused for what is wrong with it first: a zone would not mend what is no date', (text, reason) => {
    const field = { type: 'instant', description: '' } as const;
    const how = { decimal: '.', timeZone: undefined, format: undefined } as const;
    expect(() => readValue(text, field, how, Date.now() + 2 * 86_400_000)).toThrow(reason);
  });

  it('a share is from 0 to 1', () => {
    const field = { type: 'share', description: '' } as const;
    const share = (text: string): string =>
      readValue(text, field, { decimal: '.', timeZone: undefined, format: undefined }, 0);
    for (const text of ['0', '0.003', '1', '1.0']) expect(share(text)).toBe(text);
    for (const text of ['-0.003', '1.001', '30']) expect(() => share(text)).toThrow(/within 0 and 1/);
  });

  it.each([
    ['a refund', 'orders', 'refund_amount', { ...orderFields, refund_amount: 'less' }],
    [
      'a cost',
      'costs',
      'amount',
      {
        kind: { const: 'tools' },
        amount: 'less',
        currency_code: { const: 'EUR' },
        incurred_on: { const: '2026-01-01' },
      },
    ],
  ] as const)('%s below 0 goes to quarantine: it would count as income', async (_what, entity, field, fields) => {
    const rows = ['0', '0.01', '-10'].map((less) => `20,2026-01-01T00:00:00Z,${less}`);
    const name = write('below.csv', `amount,at,less\n${rows.join('\n')}\n`);
    const { records, rejected } = await readStream(configOf([{ path: name, map: [{ entity, fields }] }]), entity);
    expect(records.map((record) => record[field])).toEqual(['0', '0.01']);
    expect(rejected).toMatchObject([{ path: `${entity}.${field}`, reason: expect.stringMatching(/below 0/) }]);
  });

  it.each(cases)('%s goes to quarantine and the other rows stay', async (_what, row, where, reason) => {
    const name = write('bad.csv', `amount,at\n1,2026-01-01T00:00:00Z\n${row}\n`);
    const { records, rejected } = await readStream(
      configOf([{ path: name, map: [{ entity: 'orders', fields: orderFields }] }]),
      'orders',
    );
    expect(records).toHaveLength(1);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]).toMatchObject({ path: where, reason: expect.stringMatching(reason) });
    expect(rejected[0]?.position).toBe('bad.csv line 3');
  });

  it('what a spreadsheet leaves at its edges is nothing: columns without a name, rows of separators', async () => {
    const name = write('edges.csv', 'amount,at,,\n1,2026-01-01T00:00:00Z,,\n,,,\n , ,,\n2,2026-01-01T00:00:00Z,,x\n');
    const map = [{ entity: 'orders' as const, fields: orderFields }];
    const { records, rejected } = await readStream(configOf([{ path: name, map }]), 'orders');
    expect(rejected).toEqual([]);
    expect(records).toMatchObject([
      { amount: '1', row_number: 1 },
      { amount: '2', row_number: 4 },
    ]);
  });

  it('a pattern that never matched a file is named; files that were read may be gone', async () => {
    const config = configOf([{ path: 'no-such-*.csv', map: [{ entity: 'orders', fields: orderFields }] }]);
    await expect(readStream(config, 'orders')).rejects.toMatchObject({
      message: expect.stringMatching(/no file matches no-such-\*\.csv: check files/),
      fix: expect.stringMatching(/run again/),
    });
    expect(await readStream(config, 'costs')).toMatchObject({ records: [] });
    const known = new Map([['no-such-1.csv', { readAt: now, fullReadAt: now } as ItemState]]);
    expect(await readStream(config, 'orders', known)).toMatchObject({ records: [] });
  });

  it('a workbook is told by its name, too', () => {
    const spec = configOf([{ path: 'x.xlsx', map: [{ entity: 'orders', fields: orderFields }] }]).files[0]!;
    expect(() => formatOf('a/Book1.XLSX', spec)).toThrow(/Book1\.XLSX: is a spreadsheet/);
  });

  it('days that have yet to come are refused by row, however many they are: the shape is right', async () => {
    const rows = Array.from({ length: 30 }, (_, at) => `${at},20${at < 10 ? 26 : 29}-01-01T00:00:00Z\n`);
    const name = write('budget.csv', `amount,at\n${rows.join('')}`);
    const events = await eventsOf(configOf([{ path: name, map: [{ entity: 'orders', fields: orderFields }] }]));
    expect(events).toMatchObject([
      { kind: 'page', count: 10, rejected: expect.objectContaining({ length: 20 }) },
      { kind: 'end', state: { refusedFrom: '' } },
    ]);
  });

  it('a file of another shape says how many rows are refused, and of the first its place and why', async () => {
    const rows = Array.from({ length: 30 }, (_, at) => `${at < 2 ? '5 €' : at},2026-01-01T00:00:00Z\n`);
    const dated = '1,2029-01-01T00:00:00Z\n';
    const name = write('shape.csv', `amount,at\n${dated}${rows.join('')}`);
    const map = [{ entity: 'orders' as const, fields: orderFields }];
    await expect(eventsOf(configOf([{ path: name, map }]))).rejects.toMatchObject({
      kind: 'contract',
      message: expect.stringMatching(
        /: 2 of 31 rows were refused, .* The first: shape\.csv line 3, orders\.amount: column amount is not a number/,
      ),
      fix: expect.stringMatching(/file or its mapping/),
    });
  });

  it('lines may end in more than one way', async () => {
    const map = [{ entity: 'conversions' as const, fields: { kind: 'kind', converted_at: { const: '2026-01-01' } } }];
    const kinds = async (content: string): Promise<readonly unknown[]> => {
      const spec = { path: write('ends.csv', content), time_zone: 'UTC', map };
      const { records, rejected } = await readStream(configOf([spec]), 'conversions');
      expect(rejected).toEqual([]);
      return records.map(({ kind, row_number: row }) => [kind, row]);
    };
    const read = [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ];
    for (const content of ['kind\r\na\nb\nc\n', 'kind\na\r\nb\r\nc', 'kind\r\na\r\nb\nc\r\n', 'kind\ra\rb\rc\r'])
      expect(await kinds(content)).toEqual(read);
  });

  it.each(['\n', '\r\n'])(
    'a row, refused or not, is named by the line where it begins in an editor (%j)',
    async (end) => {
      const at = '2026-01-01T00:00:00Z';
      const lines = [
        'amount,at,"note',
        'of two lines"',
        `1,${at},"a`,
        '',
        'cell"',
        `2,${at},b`,
        '',
        `x,${at},"c`,
        'd"',
        // One that cannot be split, and one that has too few columns.
        `3,${at},"27" wide`,
        'and so on"',
        '4',
        `5,${at},"e`,
        'f"',
        `y,${at},g`,
      ];
      const name = write('lines.csv', lines.join(end));
      const map = [{ entity: 'orders' as const, fields: orderFields }];
      const { records, rejected } = await readStream(configOf([{ path: name, map }]), 'orders');
      // Numbers of rows are lines without the first.
      expect(records.map(({ amount, row_number: row }) => [amount, row])).toEqual([
        ['1', 2],
        ['2', 5],
        ['5', 12],
      ]);
      expect(rejected.map(({ position }) => position).toSorted()).toEqual([
        'lines.csv line 10',
        'lines.csv line 12',
        'lines.csv line 15',
        'lines.csv line 8',
      ]);
    },
  );

  it('line ends within a cell stay as they are, whichever they are', async () => {
    const content = 'campaign,"by\r\nname"\r\nc1,"a\r\nb\nc\rd"\r\nc2,"\r\n"x\r\n';
    const map = [
      { entity: 'campaigns' as const, key: ['campaign'], fields: { campaign_id: 'campaign', name: 'by\r\nname' } },
    ];
    const { records, rejected } = await readStream(configOf([{ path: write('cell.csv', content), map }]), 'campaigns');
    expect(records).toMatchObject([{ name: 'a\r\nb\nc\rd', row_number: 2 }]);
    expect(rejected).toMatchObject([
      { position: 'cell.csv lines 7 to 8', record: expect.stringMatching(/^c2,"\r\n"/) },
    ]);
  });

  it('a row of NDJSON is named by its line', async () => {
    const at = '2026-01-01T00:00:00Z';
    const map = [{ entity: 'orders' as const, fields: orderFields }];
    const lines = write('lines.ndjson', `{"amount":1,"at":"${at}"}\n\n{"amount":"x","at":"${at}"}\n`);
    expect((await readStream(configOf([{ path: lines, map }]), 'orders')).rejected).toMatchObject([
      { position: 'lines.ndjson line 3' },
    ]);
  });

  it.each([
    ['one that takes in the lines after it', '\n', '1,"x\n2,y\n3,"z"\n', 'q.csv lines 3 to 5'],
    ['the same, from Windows', '\r\n', '\r\n1,"x\r\n2,y\r\n', 'q.csv lines 4 to 5'],
    ['one in a cell', '\n', '1,"27" wide"\n', 'q.csv line 3'],
  ])('a quotation mark too many is one refused row, named by its lines: %s', async (_what, end, rows, position) => {
    const name = write('q.csv', ['amount,at', '1,2026-01-01T00:00:00Z', rows].join(end));
    const map = [{ entity: 'orders' as const, fields: orderFields }];
    const { rejected } = await readStream(configOf([{ path: name, map }]), 'orders');
    expect(rejected).toMatchObject([{ position, reason: expect.stringMatching(/quotation mark/) }]);
  });

  it.each([
    ['a missing column', 'amount,when\n1,2\n', /has no column at: it has amount, when/],
    ['a missing column and no row', 'amount,when\n', /has no column at: it has amount, when/],
    ['another delimiter', 'amount;at\n1,5;2026-01-01T00:00:00Z\n', /has no column amount, at: it has amount;at/],
    ['a header twice', 'amount,amount\n1,2\n', /two columns are named amount/],
    ['a header twice but for spaces', 'amount,at, amount\n1,2,3\n', /two columns are named amount/],
    ['no line at all', '', /is empty/],
    ['a line for Excel', 'sep=;\r\namount,at\r\n', /begins with a line for Excel, sep=;: delete it/],
    ['a spreadsheet', Buffer.from('PK\x03\x04\x14\x00\xff', 'latin1'), /is a spreadsheet or an archive.*CSV UTF-8/],
    ['a spreadsheet of old', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /is a spreadsheet or an archive/],
    ['cp1252', Buffer.from('amount,at\n\xe4,1\n', 'latin1'), /not valid UTF-8/],
    ['UTF-16', Buffer.from('\uFEFFamount,at\n', 'utf16le'), /UTF-16/],
    ['a gzip that is cut off', gzipSync('amount,at\n1,2026-01-01T00:00:00Z\n').subarray(0, 30), /gzip data is cut off/],
  ])('%s fails the file by name', async (_what, content, message) => {
    const name = write('broken.csv', content);
    const config = configOf([{ path: name, map: [{ entity: 'orders', fields: orderFields }] }]);
    await expect(readStream(config, 'orders')).rejects.toMatchObject({
      kind: 'contract',
      message: expect.stringMatching(message),
    });
    expect(await findings(config)).toMatchObject([
      { item: 'file:broken.csv', status: 'failed', message: expect.stringMatching(message) },
    ]);
  });

  it('a column that only later lines of NDJSON have is none that is missing, whatever the file is called', async () => {
    const at = '2026-01-01T00:00:00Z';
    const name = write('lines.json', `{"amount":1,"at":"${at}"}\n{"amount":2,"at":"${at}","tax":0.1}\n`);
    const map = [{ entity: 'orders' as const, fields: { ...orderFields, tax_amount: 'tax' } }];
    const config = configOf([{ path: name, format: 'ndjson', map }]);
    expect(await findings(config)).toMatchObject([{ status: 'ok' }]);
    expect((await readStream(config, 'orders')).records.map((record) => record['tax_amount'])).toEqual([null, '0.1']);
  });

  it('broken rows come with the rows around them, not all at the end: they are judged by the share of their page', async () => {
    const lines = Array.from({ length: 5000 }, (_, at) => (at % 500 === 499 ? 'x' : '1,2026-01-01T00:00:00Z'));
    const name = write('ragged.csv', `amount,at\n${lines.join('\n')}\n`);
    const config = configOf([{ path: name, map: [{ entity: 'orders', fields: orderFields }] }]);
    const { pages, rejected } = await readStream(config, 'orders');
    expect(rejected.map(({ position }) => position)).toEqual(
      Array.from({ length: 10 }, (_, at) => `ragged.csv line ${500 * (at + 1) + 1}`),
    );
    expect(pages).toEqual([
      { records: 2000, rejected: 4 },
      { records: 2000, rejected: 4 },
      { records: 990, rejected: 2 },
    ]);
  });

  it('a file that two entries read for one entity is named: its rows would be those of either', async () => {
    write('both.csv', 'amount,at\n1,2026-01-01T00:00:00Z\n');
    const map = [{ entity: 'orders' as const, fields: orderFields }];
    const config = configOf([
      { path: 'both.csv', map },
      { path: 'bot?.csv', map },
    ]);
    const message = /both\.csv is named twice for orders.* one map:/;
    await expect(readStream(config, 'orders')).rejects.toMatchObject({
      kind: 'contract',
      message: expect.stringMatching(message),
    });
    expect((await findings(config)).at(-1)).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(message),
    });
  });

  it('a file that is not there is named', async () => {
    const config = configOf([{ path: 'nowhere.csv', map: [{ entity: 'orders', fields: orderFields }] }]);
    await expect(readStream(config, 'orders')).rejects.toThrow(/nowhere\.csv was not found/);
    expect(await findings(config)).toMatchObject([{ status: 'failed' }]);
  });

  it.each([
    [{ entity: 'orders', fields: { ...orderFields, amuont: 'a' } }, /orders has no field amuont/],
    [{ entity: 'orders', fields: { amount: 'amount', currency_code: { const: 'EUR' } } }, /orders needs ordered_at/],
    [{ entity: 'orders', attribution: 'assigned', fields: orderFields }, /needs variant/],
    [{ entity: 'orders', when: 'spend >> 1', fields: orderFields }, /cannot read .*spend >> 1/],
  ] as const)('a wrong mapping is refused: %j', (map, message) => {
    expect(() => configOf([{ path: 'x.csv', map: [map as never] }])).toThrow(message);
  });
});

describe('conditions', () => {
  it.each([
    ['a = 1', { a: '1.0' }, true],
    ['a = 1', { a: 'one' }, false],
    ["a != 'x y' and b > 2.5", { a: 'z', b: '3' }, true],
    ["a != 'x y' and b > 2.5", { a: 'x y', b: '3' }, false],
    ['"my column" is not empty', { 'my column': 'v' }, true],
    ['a is empty', {}, true],
  ] as const)('%s on %j is %s', (text, row, expected) => {
    expect(parseCondition(text).test(row as Record<string, string>, () => '.')).toBe(expected);
  });
});
