import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqlFolder } from '../../src/transform/index.ts';
import { dateIn } from '../../src/transform/setup.ts';

type Dialect = Readonly<Record<string, (...args: readonly unknown[]) => string>>;

/** The include as Dataform loads it. */
function dialect(engine: string, timeZone = 'Europe/Berlin'): Dialect {
  const module: { exports: Dialect } = { exports: {} };
  const source = readFileSync(join(sqlFolder(), 'includes', 'dialect.js'), 'utf8');
  vm.runInNewContext(source, {
    module,
    dataform: { projectConfig: { vars: { engine, time_zone: timeZone, currency: 'EUR' } } },
  });
  return module.exports;
}

let connection: DuckDBConnection;
beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
  // The session's zone must not matter anywhere.
  await connection.run("set timezone = 'America/New_York'");
});
afterAll(() => connection.closeSync());

const value = async (expression: string): Promise<unknown> => {
  const reader = await connection.runAndReadAll(`select cast(${expression} as varchar)`);
  return reader.getRows()[0]?.[0];
};
const call = (name: string, ...args: readonly unknown[]): string => {
  const made = dialect('duckdb')[name];
  if (made === undefined) throw new Error(`the dialect has no ${name}`);
  return made(...args);
};

describe('time', () => {
  test.each([
    ['2025-03-30T01:30:00+00:00', '2025-03-30 01:30:00'],
    ['2025-03-30T01:30:00Z', '2025-03-30 01:30:00'],
    ['2025-03-30T01:30:00.123456+02:00', '2025-03-29 23:30:00.123456'],
    ['2025-03-30 01:30:00', '2025-03-30 01:30:00'],
    ['2025-03-30T01:30:00-0930', '2025-03-30 11:00:00'],
    ['2025-03-30', '2025-03-30 00:00:00'],
  ])('%s is the instant %s, whatever the session’s zone', async (text, instant) => {
    expect(await value(call('parseTimestamp', `'${text}'`))).toBe(instant);
  });

  test('an instant that is none fails, it does not become NULL', async () => {
    await expect(value(call('parseTimestamp', "'yesterday'"))).rejects.toThrow(/yesterday/);
  });

  // Summer time with a half-hour shift, a zone that skipped a day, one without shifts, and the usual two.
  test.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Apia', 'UTC'])(
    'the local date in %s equals that of another time-zone database, hour by hour',
    async (zone) => {
      const localDate = dialect('duckdb', zone)['localDate']?.('at_utc') ?? '';
      const reader = await connection.runAndReadAll(`
        select strftime(at_utc, '%Y-%m-%dT%H:%M:%SZ') as instant, cast(${localDate} as varchar) as day
        from (
          select unnest(generate_series(timestamp '2025-01-01', timestamp '2026-12-31', interval 30 minute)) as at_utc
          union all
          select unnest(generate_series(timestamp '2011-12-29', timestamp '2012-01-01', interval 30 minute)) as at_utc
        ) as instants`);
      const rows = reader.getRows().map(([instant, day]) => [String(instant), String(day)] as const);
      expect(rows.length).toBeGreaterThan(35_000);
      const format = new Intl.DateTimeFormat('en-CA', {
        timeZone: zone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
      });
      expect(rows.filter(([instant, day]) => format.format(new Date(instant)) !== day)).toEqual([]);
      expect(dateIn(zone, rows[0]?.[0] ?? '')).toBe(rows[0]?.[1]);
    },
  );

  test('days, months and seconds', async () => {
    expect(await value(call('month', "date '2025-12-31'"))).toBe('2025-12-01');
    expect(await value(call('dateAdd', "date '2025-02-28'", 1))).toBe('2025-03-01');
    expect(await value(call('dateSub', "date '2024-03-01'", 1))).toBe('2024-02-29');
    expect(await value(call('dateDiffDays', "date '2024-02-28'", "date '2024-03-01'"))).toBe('2');
    const [a, b] = ["timestamp '2025-01-01 00:00:00.9'", "timestamp '2025-01-01 00:00:10.1'"];
    // 9.2 seconds are nine, not ten borders of a second.
    expect(await value(call('secondsBetween', a, b))).toBe('9');
    expect(await value(call('addSeconds', a, 10))).toBe('2025-01-01 00:00:10.9');
    const days = await connection.runAndReadAll(
      `select ranges.name, cast(day as varchar) from (values ('x', date '2024-02-28', date '2024-03-01'), ('none', null, null)) as ranges(name, a, b)
       cross join ${call('dateSeries', 'ranges.a', 'ranges.b')} order by day`,
    );
    expect(days.getRows().map((row) => row[1])).toEqual(['2024-02-28', '2024-02-29', '2024-03-01']);
  });
});

describe('numbers and text', () => {
  test.each([
    ['2.000000000', '0.0000000005', '0.000000001'],
    ['-1.000000001', '0.500000000000', '-0.500000001'],
    ['1.000000001', '0.500000000000', '0.500000001'],
    ['12345678901234.123456789', '1.000000000000', '12345678901234.123456789'],
  ])('%s × %s is %s, half away from zero', async (a, b, product) => {
    const sql = call('multiplyMoney', `cast('${a}' as decimal(38, 9))`, `cast('${b}' as ${call('rateType')})`);
    expect(await value(sql)).toBe(product);
  });

  test('a division by nothing is NULL, and never whole numbers', async () => {
    expect(await value(call('safeDivide', 1, 0))).toBeNull();
    expect(await value(call('safeDivide', 1, 'null'))).toBeNull();
    expect(await value(call('safeDivide', 1, 4))).toBe('0.25');
  });

  test('JSON: exact numbers, empty texts as NULL, elements of lists', async () => {
    const json = `cast('{"a":{"b":"12345678901234.123456789","e":"","n":null,"t":true},"l":["x","","z"]}' as json)`;
    expect(await value(call('decimal', json, 'a.b'))).toBe('12345678901234.123456789');
    expect(await value(call('text', json, 'a.e'))).toBeNull();
    expect(await value(call('text', json, 'a.n'))).toBeNull();
    expect(await value(call('text', json, 'a.nothing'))).toBeNull();
    expect(await value(call('bool', json, 'a.t'))).toBe('true');
    expect(await value(call('elementText', json, 'l', 2))).toBe('z');
    expect(await value(call('elementText', json, 'l', 9))).toBeNull();
    const hyphen = `cast('{"smtp-id":"<a@b>","at":1772323205,"text":"1772323205"}' as json)`;
    expect(await value(call('text', hyphen, 'smtp-id'))).toBe('<a@b>');
    expect(await value(call('epochTimestamp', hyphen, 'at'))).toBe('2026-03-01 00:00:05');
    expect(await value(call('epochTimestamp', hyphen, 'text'))).toBe('2026-03-01 00:00:05');
    expect(await value(call('epochTimestamp', hyphen, 'none'))).toBeNull();
    expect(() => call('text', json, "a'; drop table x")).toThrow(/not a plain JSON path/);
  });

  test('ids tell parts apart that joined are the same text', async () => {
    const one = await value(call('hashId', ["'ab'", "'c'"]));
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect(await value(call('hashId', ["'a'", "'bc'"]))).not.toBe(one);
    expect(await value(call('hashId', ["'ab'", 'null', "'c'"]))).not.toBe(one);
  });

  test('literals hold quotes and backslashes on both engines', async () => {
    expect(await value(call('literal', String.raw`it's a \d`))).toBe(String.raw`it's a \d`);
    expect(dialect('bigquery')['literal']?.(String.raw`it's a \d`)).toBe(String.raw`'it\'s a \\d'`);
  });

  test('a group of a pattern is text or NULL', async () => {
    expect(
      await value(call('regexpExtract', "'https://x.example/?a=1&utm_source=n+l#top'", '[?&]utm_source=([^&#]*)')),
    ).toBe('n+l');
    expect(await value(call('regexpExtract', "'https://x.example/'", '[?&]utm_source=([^&#]*)'))).toBeNull();
  });
});

test('an engine that is none is refused', () => {
  expect(() => dialect('postgres')).toThrow(/use duckdb or bigquery/);
});

describe('the domain of an address', () => {
  test.each([
    ['Ann@Shop.Example ', 'shop.example'],
    [' ann@shop.example', 'shop.example'],
    ['"a@b"@shop.example', 'shop.example'],
    ['ann@BÜRO.example', 'büro.example'],
    // Written with a combining mark, it is the same domain.
    ['ann@bu\u0308ro.example', 'büro.example'],
    ['ann@ shop.example', null],
    ['ann@shop example', null],
    ['ann@', null],
    ['0a5de8c9', null],
    ['', null],
  ])('of %j is %j, as the pattern finds it in the whole', async (address, domain) => {
    expect(await value(call('domainOf', `'${address}'`))).toBe(domain);
    const whole = `regexp_extract(nfc_normalize(lower(trim('${address}'))), '@([^@\\s]+)$', 1)`;
    expect(await value(`nullif(${whole}, '')`)).toBe(domain);
  });
});
