import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LandedRow } from '../contracts/sync.ts';
import { jsonLines, keyOfJsonLine, partNumber, toJsonLines } from './json-lines.ts';
import { formatLine } from './line.ts';

const instant = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('"', '\\', '\\N', '\t', '\n', '\u2028', '","_person_key":', 'é👩‍👩‍👧'),
);
const row: fc.Arbitrary<LandedRow> = fc
  .record({
    key: fc.array(fc.oneof(text, fc.integer()), { minLength: 1, maxLength: 3 }),
    _person_key: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/)),
    _cursor_at: fc.option(instant),
    _partition_date: fc.option(instant.map((at) => at.slice(0, 10))),
    _record_hash: fc.stringMatching(/^[0-9a-f]{32}$/),
    record: fc.dictionary(text, fc.jsonValue({ stringUnit: 'grapheme' }), { noNullPrototype: true }),
  })
  .map(({ key, record, ...rest }) => ({
    ...rest,
    _primary_key: JSON.stringify(key),
    _item: '',
    _extracted_at: '',
    record: record as LandedRow['record'],
    text: JSON.stringify(record),
  }));

const linesOf = (rows: readonly LandedRow[], first = 0): Buffer =>
  Buffer.from(
    rows
      .map((one, index) => {
        const line = formatLine(one, first + index);
        if (line.kind === 'refused') throw new Error(line.reason);
        return line.text;
      })
      .join(''),
  );

const expected = (one: LandedRow, n: number, head: { part: number; item: string; extractedAt: string }) => ({
  _part: head.part,
  _n: n,
  _primary_key: one._primary_key,
  _person_key: one._person_key,
  _cursor_at: one._cursor_at,
  _partition_date: one._partition_date,
  _item: head.item,
  _extracted_at: head.extractedAt,
  _record_hash: one._record_hash,
  record: JSON.parse(one.text) as unknown,
});

test('a line is one object that says what the row says, wherever the bytes were cut', async () => {
  const head = { part: partNumber('a/b.part-00001'), item: 'list="ü"\\', extractedAt: '2026-06-30T12:00:00.000Z' };
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 200 }),
      async (rows, size) => {
        const plain = linesOf(rows, 5);
        const { data, longest } = jsonLines(head)(Buffer.from(plain));
        const lines = data.toString('utf8').split('\n');
        expect(lines.pop()).toBe('');
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
          rows.map((one, index) => expected(one, 5 + index, head)),
        );
        expect(lines.map(keyOfJsonLine)).toEqual(rows.map((one) => one._primary_key));
        expect(longest).toBe(Math.max(...lines.map((line) => Buffer.byteLength(line) + 1)));
        for (const [index, line] of lines.entries()) expect(line).toContain(`"record":${rows[index]?.text}}`);
        const pieces: Buffer[] = [];
        const cut = async function* () {
          for (let at = 0; at < plain.length; at += size) yield plain.subarray(at, at + size);
        };
        for await (const piece of toJsonLines(cut(), head)) pieces.push(piece);
        expect(Buffer.concat(pieces).equals(data)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test('bytes that are not whole lines of seven fields are refused, not guessed at', async () => {
  const head = { part: 1, item: '', extractedAt: '' };
  for (const wrong of [
    '0\t["1"]\t\\N\t\\N\t\\N\th\t{}',
    '0\t["1"]\t\\N\n',
    'x\n',
    '0\ta\tb\tc\td\te\n0\ta\tb\tc\td\te\t{}\n',
  ]) {
    expect(() => jsonLines(head)(Buffer.from(wrong))).toThrow('seven fields');
  }
  const torn = async () => {
    for await (const piece of toJsonLines(one(Buffer.from('0\t["1"]')), head)) expect(piece).toBeUndefined();
  };
  await expect(torn()).rejects.toThrow('within a line');
  expect(jsonLines(head)(Buffer.alloc(0))).toEqual({ data: Buffer.alloc(0), longest: 0 });
});

async function* one(chunk: Buffer) {
  yield chunk;
}

test('the number of a part is a pure function of its name, 52 bits wide', () => {
  expect(partNumber('mailchimp/a/members/run-1/list=1.part-00001')).toBe(
    partNumber('mailchimp/a/members/run-1/list=1.part-00001'),
  );
  const numbers = Array.from({ length: 2000 }, (_, index) => partNumber(`part-${index}`));
  expect(new Set(numbers).size).toBe(2000);
  expect(Math.max(...numbers)).toBeLessThan(2 ** 52);
  expect(Math.max(...numbers)).toBeGreaterThan(2 ** 51);
});
