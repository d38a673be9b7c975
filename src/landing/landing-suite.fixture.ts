import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LandedRow, PartFile, RejectedRow, Slice, SliceResult, StreamKey } from '../contracts/sync.ts';
import { partNumber } from './json-lines.ts';
import { formatLine } from './line.ts';
import type { Landing, SliceWriter } from './port.ts';

export const now = '2026-06-30T12:00:00.000Z';
export const key: StreamKey = { source: 'mailchimp', accountId: 'Shop/1', stream: 'members' };
export const slice: Slice = {
  id: 'list=1',
  item: 'list=1',
  mode: 'full',
  pathParams: {},
  inherit: {},
  next: { readAt: now },
};
export const end = { slice, state: { readAt: now }, pages: 1, requests: 1, units: 1, total: 1 };
export const refused: RejectedRow = { slice: slice.id, position: 'p', path: 'x', reason: 'r', record: '{}' };

export const row = (id: number, record: LandedRow['record'] = { id }): LandedRow => ({
  _primary_key: JSON.stringify([String(id)]),
  _person_key: null,
  _cursor_at: null,
  _partition_date: null,
  _item: 'list=1',
  _record_hash: 'h',
  _extracted_at: now,
  record,
  text: JSON.stringify(record),
});
export const rows = (count: number): LandedRow[] => Array.from({ length: count }, (_, index) => row(index));

export const keysOf = async (writer: SliceWriter): Promise<readonly string[]> => {
  const keys: string[] = [];
  for await (const one of writer.earlierKeys()) keys.push(one);
  return keys;
};

/** Writes 201,000 rows of 700 bytes and returns by how much the process had grown, in bytes, from the first thousand on. */
export async function growthOverLongSlice(writer: SliceWriter): Promise<number> {
  const page = Array.from({ length: 1000 }, (_, index) => row(index, { text: `${Math.sin(index)}`.repeat(40) }));
  await writer.append(page, []);
  const before = process.memoryUsage().rss;
  // The lowest of the last readings: what a garbage collection just did not reach yet is no growth.
  let lowest = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 200; count += 1) {
    await writer.append(page, []);
    if (count >= 150) lowest = Math.min(lowest, process.memoryUsage().rss);
  }
  return lowest - before;
}

/** One landing store, whose parts roll after few kilobytes. */
export type LandingUnderTest = {
  readonly landing: Landing;
  /** The same store, as another process sees it. */
  readonly elsewhere: Landing;
  bytesOf(part: PartFile): Promise<Buffer>;
};

type Landed = { readonly n: number; readonly key: string; readonly hash: string; readonly record: string };

/** Rows as they lie in the parts, in order, whatever the format. */
export async function landedRows(
  { landing, bytesOf }: LandingUnderTest,
  result: SliceResult,
): Promise<readonly Landed[]> {
  const found: Landed[] = [];
  for (const part of result.parts) {
    const bytes = await bytesOf(part);
    const text = { 'tsv.zst': zstdDecompressSync, 'ndjson.gz': gunzipSync, ndjson: (same: Buffer) => same }[
      landing.format
    ](bytes);
    const lines = text.toString('utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(part.rows);
    expect(bytes).toHaveLength(part.bytes);
    for (const line of lines) found.push(landing.format === 'tsv.zst' ? ofFields(line) : ofObject(line, part));
  }
  return found;
}

function ofFields(line: string): Landed {
  const [n, landedKey = '', , , , hash = '', record = ''] = line.split('\t');
  return { n: Number(n), key: landedKey, hash, record };
}

function ofObject(line: string, part: PartFile): Landed {
  const { _n, _primary_key, _record_hash, _part, _item, _extracted_at, record } = JSON.parse(line) as Record<
    string,
    unknown
  >;
  expect([_part, _item, _extracted_at]).toEqual([partNumber(part.name), part.item, part.extractedAt]);
  expect(line).toContain(`"record":${JSON.stringify(record)}}`);
  return { n: Number(_n), key: String(_primary_key), hash: String(_record_hash), record: JSON.stringify(record) };
}

/** What every landing store does, as the port says. `open` is called before each test, with an empty store. */
export function describeLanding(store: string, open: () => Promise<LandingUnderTest>): void {
  describe(`landing in ${store}`, () => {
    let under: LandingUnderTest;
    let landing: Landing;
    beforeEach(async () => {
      under = await open();
      landing = under.landing;
    });

    test('a finished slice is read back, here and elsewhere, its parts rolled by size and in order', async () => {
      const writer = await landing.openSlice(key, 'run-1', slice);
      for (let page = 0; page < 5; page += 1) await writer.append(rows(50), []);
      expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
      const result = await writer.finish(end);
      expect(result.rows).toBe(250);
      expect(result.parts.length).toBeGreaterThan(3);
      expect(await landedRows(under, result)).toEqual(
        Array.from({ length: 250 }, (_, n) => ({ n, key: `["${n % 50}"]`, hash: 'h', record: `{"id":${n % 50}}` })),
      );
      for (const part of result.parts) {
        expect(part).toMatchObject({
          item: 'list=1',
          extractedAt: now,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        });
        expect(landing.locate(part.name).endsWith(part.name)).toBe(true);
        expect(part.name.endsWith(`.${landing.format}`)).toBe(true);
      }
      for (const one of [landing, under.elsewhere]) {
        expect(await one.readSlice(key, 'run-1', slice.id)).toEqual(result);
        expect(await one.readSlice(key, 'run-1', slice.id, 'as stated')).toEqual(result);
      }
      for (const other of [landing.readSlice(key, 'run-2', slice.id), landing.readSlice(key, 'run-1', 'list=2')]) {
        expect(await other).toBeNull();
      }
    });

    test('a slice without rows is finished too', async () => {
      const result = await (await landing.openSlice(key, 'run-1', slice)).finish({ ...end, units: 0 });
      expect(result).toMatchObject({ rows: 0, parts: [], rejected: [] });
      expect(await landing.readSlice(key, 'run-1', slice.id)).toEqual(result);
    });

    test('a retry reads anew: what an earlier attempt left does not count, finished or not', async () => {
      const killed = await landing.openSlice(key, 'run-1', slice);
      await killed.append(rows(200), [refused]);
      const first = await landing.openSlice(key, 'run-1', slice);
      await first.append(rows(100), []);
      expect((await first.finish(end)).rows).toBe(100);
      const again = await under.elsewhere.openSlice(key, 'run-1', slice);
      expect(again.resumed).toBeNull();
      expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
      expect(await landing.readSlice(key, 'run-1', slice.id, 'as stated')).toBeNull();
      await again.append(rows(3), []);
      const result = await again.finish(end);
      expect([result.rows, result.rejected]).toEqual([3, []]);
      expect(await landing.readSlice(key, 'run-1', slice.id)).toEqual(result);
      expect((await landedRows(under, result)).map(({ n }) => n)).toEqual([0, 1, 2]);
    });

    test('lines given as bytes land as the rows they are, and restart forgets them', async () => {
      const some = rows(150);
      const byRow = await landing.openSlice(key, 'run-1', slice);
      await byRow.append(some, []);
      const expected = await landedRows(under, await byRow.finish(end));
      const writer = await landing.openSlice(key, 'run-2', slice);
      const give = (from: number, to: number): void => {
        let text = '';
        let [count, longest] = [0, 0];
        for (const one of some.slice(from, to)) {
          const line = formatLine(one, writer.nextRow + count);
          if (line.kind === 'refused') throw new Error(line.reason);
          text += line.text;
          count += 1;
          longest = Math.max(longest, line.text.length);
        }
        writer.addLines({ data: Buffer.from(text), rows: count, longest }, now);
      };
      give(0, 120);
      await writer.append([], []);
      await writer.restart();
      expect(writer.nextRow).toBe(0);
      for (const one of some.slice(0, 5)) writer.add(one);
      for (let from = 5; from < 150; from += 29) give(from, from + 29);
      expect(await landedRows(under, await writer.finish(end))).toEqual(expected);
      expect(() => writer.addLines({ data: Buffer.from(''), rows: 0, longest: 0 }, '2026-07-01T00:00:00.000Z')).toThrow(
        /another read/,
      );
    });

    test('restart forgets rows and refusals', async () => {
      const writer = await landing.openSlice(key, 'run-1', slice);
      await writer.append(rows(300), [refused]);
      await writer.restart();
      await writer.append([row(7)], []);
      const result = await writer.finish(end);
      expect([result.rows, result.rejected, result.parts.length]).toEqual([1, [], 1]);
      expect(await landedRows(under, result)).toEqual([{ n: 0, key: '["7"]', hash: 'h', record: '{"id":7}' }]);
    });

    test('a record that would make the warehouse refuse the whole part is quarantined instead', async () => {
      const writer = await landing.openSlice(key, 'run-1', slice);
      const half = row(1, { deep: [{ name: 'a\ud800' }] });
      const fine = row(2, { text: '\\ud800 👩‍👩‍👧 \\', key: '\u0000' });
      await writer.append([half, fine, row(3, { long: '€'.repeat(6 * 1024 * 1024) }), row(4, { ['\udc00']: 1 })], []);
      const result = await writer.finish(end);
      expect(result.rows).toBe(1);
      expect(result.rejected.map(({ position, path }) => [position, path])).toEqual([
        ['row 1 of the slice', 'record.deep[].name'],
        ['row 2 of the slice', 'record'],
        ['row 2 of the slice', 'record.(a field name)'],
      ]);
      expect(result.rejected[0]?.record).toBe(JSON.stringify(half.record));
      expect(await landedRows(under, result)).toEqual([{ n: 0, key: '["2"]', hash: 'h', record: fine.text }]);
    });

    test('a row of another item or another read is a mistake of the caller, not a row with the wrong item', async () => {
      const writer = await landing.openSlice(key, 'run-1', slice);
      await expect(writer.append([{ ...row(1), _item: 'list=2' }], [])).rejects.toThrow('another item');
      await writer.append([row(1)], []);
      const later = { ...row(2), _extracted_at: '2026-07-01T00:00:00.000Z' };
      await expect(writer.append([later], [])).rejects.toThrow('another');
    });

    test('a slice goes on behind its last checkpoint, elsewhere too, whatever came after that', async () => {
      const first = await landing.openSlice(key, 'run-1', slice);
      expect([first.resumed, await keysOf(first)]).toEqual([null, []]);
      await first.append([row(1), row(2, { text: 'a\u2028b\tc\nd' })], [refused]);
      await first.checkpoint({ page: 1 });
      await first.append(rows(200), [refused]);
      await first.discard();
      await first.append(rows(100), []);

      const second = await under.elsewhere.openSlice(key, 'run-1', slice);
      expect([second.resumed, await keysOf(second)]).toEqual([{ page: 1 }, ['["1"]', '["2"]']]);
      expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
      await second.append(rows(2), [refused]);
      await second.discard();
      await second.append([{ ...row(3), _extracted_at: '2026-07-01T00:00:00.000Z' }], []);
      const result = await second.finish(end);
      expect([result.rows, result.rejected]).toEqual([3, [refused]]);
      expect((await landedRows(under, result)).map(({ n, key: landed }) => [n, landed])).toEqual([
        [0, '["1"]'],
        [1, '["2"]'],
        [2, '["3"]'],
      ]);
      expect(result.parts.map((part) => part.extractedAt)).toEqual([now, '2026-07-01T00:00:00.000Z']);
      expect(await landing.readSlice(key, 'run-1', slice.id)).toEqual(result);
      expect((await landing.openSlice(key, 'run-1', slice)).resumed).toBeNull();
    });

    test('checkpoints follow one another, and a restart or another run knows none of them', async () => {
      const reopen = (run = 'run-1') => under.elsewhere.openSlice(key, run, slice);
      const first = await landing.openSlice(key, 'run-1', slice);
      for (const page of [1, 2, 3]) {
        await first.append([row(page)], []);
        await first.checkpoint({ page });
      }
      expect((await reopen('run-2')).resumed).toBeNull();
      const second = await reopen();
      expect([second.resumed, await keysOf(second)]).toEqual([{ page: 3 }, ['["1"]', '["2"]', '["3"]']]);
      await second.append([row(4)], []);
      await second.checkpoint({ page: 4 });
      expect((await reopen()).resumed).toEqual({ page: 4 });
      await second.restart();
      expect((await reopen()).resumed).toBeNull();
    });

    test('a slice that starts again behind a checkpoint counts nothing of what that held', async () => {
      const writer = await landing.openSlice(key, 'run-1', slice);
      await writer.append(rows(3), [refused]);
      await writer.checkpoint({ page: 1 });
      await writer.restart();
      await writer.append([row(7)], []);
      const result = await writer.finish(end);
      expect([result.rows, result.rejected]).toEqual([1, []]);
      expect((await landedRows(under, result)).map(({ n, key: landed }) => [n, landed])).toEqual([[0, '["7"]']]);
    });

    test('what was discarded never counts', async () => {
      const writer = await landing.openSlice(key, 'run-1', slice);
      await writer.append(rows(300), []);
      await writer.discard();
      await writer.discard();
      expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
      expect((await under.elsewhere.openSlice(key, 'run-1', slice)).resumed).toBeNull();
    });

    test('documents are whole or absent', async () => {
      expect(await landing.readDocument(key, 'run-1', 'plan')).toBeNull();
      await landing.writeDocument(key, 'run-1', 'plan', 'first');
      await landing.writeDocument(key, 'run-1', 'plan', { slices: ['é', null] });
      expect(await under.elsewhere.readDocument(key, 'run-1', 'plan')).toEqual({ slices: ['é', null] });
      expect(await landing.readDocument(key, 'run-1', 'plan ')).toBeNull();
    });

    test('sweep removes every run but the named ones', async () => {
      for (const run of ['run-1', 'Run-1', 'Run-2']) await landing.writeDocument(key, run, 'plan', run);
      await landing.writeDocument({ ...key, stream: 'lists' }, 'run-1', 'plan', 'kept');
      const writer = await landing.openSlice(key, 'run-1', slice);
      await writer.append(rows(200), []);
      await writer.finish(end);
      await landing.sweep(key, ['Run-2']);
      expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
      expect(await landing.readDocument(key, 'run-1', 'plan')).toBeNull();
      expect(await landing.readDocument(key, 'Run-1', 'plan')).toBeNull();
      expect(await landing.readDocument(key, 'Run-2', 'plan')).toBe('Run-2');
      expect(await landing.readDocument({ ...key, stream: 'lists' }, 'run-1', 'plan')).toBe('kept');
      await landing.sweep({ ...key, stream: 'never' }, []);
    });

    test('a part name cannot point outside', () => {
      for (const name of ['../x', '/etc/passwd', 'a/../../x', '', '.']) {
        expect(() => landing.locate(name)).toThrow('outside');
      }
    });

    test('names that differ stay apart, whatever they hold', async () => {
      const names = [
        '',
        '.',
        '..',
        '../../etc',
        'a/b',
        'a\0b',
        'CON',
        'A',
        'a',
        'ä',
        'a\u0308',
        '~',
        '~61',
        'a.part-',
        '\ud800',
      ];
      for (const name of names) {
        const own = { ...slice, id: name };
        const writer = await landing.openSlice({ source: name, accountId: name, stream: name }, name, own);
        await writer.append([row(1)], []);
        await writer.finish({ ...end, slice: own, units: names.indexOf(name) });
      }
      for (const [units, name] of names.entries()) {
        const found = await landing.readSlice({ source: name, accountId: name, stream: name }, name, name);
        expect([name, found?.units]).toEqual([name, units]);
      }
    });
  });
}
