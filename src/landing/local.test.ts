import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SliceResult } from '../contracts/sync.ts';
import { end, key, now, row, rows, slice, growthOverLongSlice } from './landing-suite.fixture.ts';
import { formatLine } from './line.ts';
import { createLocalLanding } from './local.ts';
import { encodeName } from './names.ts';
import type { Landing, SliceWriter } from './port.ts';

let root: string;
let landing: Landing;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mailmart-landing-'));
  landing = createLocalLanding(root, { partBytes: 1_500 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const files = () =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
const lines = (result: SliceResult) =>
  result.parts.flatMap((part) =>
    zstdDecompressSync(readFileSync(landing.locate(part.name)))
      .toString('utf8')
      .trimEnd()
      .split('\n'),
  );

test('a finished slice is read back, its parts rolled by size and in order', async () => {
  const writer = await landing.openSlice(key, 'run-1', slice);
  for (let page = 0; page < 10; page += 1) await writer.append(rows(50), []);
  expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
  const result = await writer.finish(end);
  expect(result.rows).toBe(500);
  expect(result.parts.length).toBeGreaterThan(10);
  const landed = lines(result).map((line) => line.split('\t'));
  expect(landed.map(([number]) => Number(number))).toEqual(Array.from({ length: 500 }, (_, index) => index));
  expect(landed[51]).toEqual(['51', '["1"]', '\\N', '\\N', '\\N', 'h', '{"id":1}']);
  for (const part of result.parts) expect(part).toMatchObject({ item: 'list=1', extractedAt: now });
  expect(Math.max(...result.parts.map((part) => part.longest))).toBe(
    `499\t["49"]\t\\N\t\\N\t\\N\th\t{"id":49}\n`.length,
  );
  expect(await landing.readSlice(key, 'run-1', slice.id)).toEqual(result);
  expect(await createLocalLanding(root).readSlice(key, 'run-1', slice.id)).toEqual(result);
  for (const other of [landing.readSlice(key, 'run-2', slice.id), landing.readSlice(key, 'run-1', 'list=2')]) {
    expect(await other).toBeNull();
  }
  for (const part of result.parts) expect(statSync(landing.locate(part.name)).mode & 0o077).toBe(0);
});

test('a retry replaces its own half-written work, with equal bytes for equal rows', async () => {
  const write = async (count: number) => {
    const writer = await landing.openSlice(key, 'run-1', slice);
    await writer.append(rows(count), []);
    return writer;
  };
  const first = await (await write(300)).finish(end);
  const killed = await write(500);
  expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
  const again = await (await write(300)).finish(end);
  expect(again).toEqual(first);
  await killed.discard();
  await killed.discard();
});

test('a leftover of a killed attempt is removed by the next one, and nobody else’s', async () => {
  const other = await landing.openSlice(key, 'run-1', { ...slice, id: 'list=1.part-' });
  await other.append(rows(1), []);
  const finished = await other.finish({ ...end, slice: { ...slice, id: 'list=1.part-' } });
  const killed = await landing.openSlice(key, 'run-1', slice);
  await killed.append(rows(400), []);
  expect(files().filter((name) => name.includes('.tmp-')).length).toBeGreaterThan(3);
  for (const document of ['manifest', 'checkpoint'])
    writeFileSync(join(root, dirname(files()[0] ?? ''), `list=1.${document}.json.tmp-1`), '{');
  const writer = await landing.openSlice(key, 'run-1', slice);
  const result = await writer.finish({ ...end, units: 0 });
  expect(result).toMatchObject({ rows: 0, parts: [] });
  expect(files().filter((name) => name.includes('.tmp-'))).toEqual([]);
  expect(await landing.readSlice(key, 'run-1', 'list=1.part-')).toEqual(finished);
  await killed.discard();
});

test('lines given as bytes land as the rows they are, part by part, and restart forgets them', async () => {
  const some = rows(400);
  const byRow = await landing.openSlice(key, 'run-1', slice);
  await byRow.append(some.slice(0, 5), []);
  for (const one of some.slice(5)) byRow.add(one);
  const expected = await byRow.finish(end);

  const writer = await landing.openSlice(key, 'run-2', slice);
  const give = (from: number, to: number): void => {
    let text = '';
    let [count, longest] = [0, 0];
    const end = (): void => {
      if (count > 0) writer.addLines({ data: Buffer.from(text), rows: count, longest }, now);
      [text, count, longest] = ['', 0, 0];
    };
    for (let index = from; index < to; index += 1) {
      const line = formatLine(some[index]!, writer.nextRow + count);
      if (line.kind === 'refused') throw new Error(line.reason);
      text += line.text;
      count += 1;
      longest = Math.max(longest, line.text.length);
      if (text.length >= writer.batchUnits) end();
    }
    end();
  };
  give(0, 300);
  await writer.restart();
  expect(writer.nextRow).toBe(0);
  await writer.append(some.slice(0, 5), []);
  give(5, 400);
  expect(writer.nextRow).toBe(400);
  const result = await writer.finish(end);
  const facts = ({ parts }: SliceResult) =>
    parts.map(({ rows: count, sha256, longest }) => ({ count, sha256, longest }));
  expect(facts(result)).toEqual(facts(expected));
  expect(() => writer.addLines({ data: Buffer.from(''), rows: 0, longest: 0 }, '2026-07-01T00:00:00.000Z')).toThrow(
    /another read/,
  );
});

test('restart forgets rows and refusals', async () => {
  const writer = await landing.openSlice(key, 'run-1', slice);
  const refused = { slice: slice.id, position: 'p', path: 'x', reason: 'r', record: '{}' };
  await writer.append(rows(300), [refused]);
  await writer.restart();
  await writer.append([row(7)], []);
  const result = await writer.finish(end);
  expect([result.rows, result.rejected, result.parts.length]).toEqual([1, [], 1]);
  expect(lines(result)).toEqual(['0\t["7"]\t\\N\t\\N\t\\N\th\t{"id":7}']);
});

test.each([
  ['changed', (path: string) => writeFileSync(path, readFileSync(path).fill(1, 20, 21))],
  ['longer', (path: string) => appendFileSync(path, 'x')],
  ['missing', (path: string) => rmSync(path)],
])('a manifest whose part is %s counts as absent', async (_what, alter) => {
  const writer = await landing.openSlice(key, 'run-1', slice);
  await writer.append(rows(300), []);
  const result = await writer.finish(end);
  alter(landing.locate(result.parts[1]?.name ?? ''));
  expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
});

test('a torn manifest counts as absent', async () => {
  const writer = await landing.openSlice(key, 'run-1', slice);
  await writer.append(rows(1), []);
  const result = await writer.finish(end);
  const manifest = join(root, dirname(result.parts[0]?.name ?? ''), 'list=1.manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').slice(0, 50));
  expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
});

test('a record that would make the warehouse refuse the whole part is quarantined instead', async () => {
  const writer = await landing.openSlice(key, 'run-1', slice);
  const half = row(1, { deep: [{ name: 'a\ud800' }] });
  const fine = row(2, { text: '\\ud800 👩‍👩‍👧 \\', key: '\u0000' });
  await writer.append([half, fine, row(3, { long: 'x'.repeat(16 * 1024 * 1024) }), row(4, { ['\udc00']: 1 })], []);
  const result = await writer.finish(end);
  expect(result.rows).toBe(1);
  expect(result.rejected.map(({ path }) => path)).toEqual(['record.deep[].name', 'record', 'record.(a field name)']);
  expect(result.rejected[0]?.record).toBe(JSON.stringify(half.record));
  expect(lines(result)).toEqual([`0\t["2"]\t\\N\t\\N\t\\N\th\t${fine.text}`]);
});

test('a row of another item or another read is a mistake of the caller, not a row with the wrong item', async () => {
  const writer = await landing.openSlice(key, 'run-1', slice);
  await expect(writer.append([{ ...row(1), _item: 'list=2' }], [])).rejects.toThrow('another item');
  await writer.append([row(1)], []);
  await expect(writer.append([{ ...row(2), _extracted_at: '2026-07-01T00:00:00.000Z' }], [])).rejects.toThrow(
    'another',
  );
});

const keysOf = async (writer: SliceWriter): Promise<readonly string[]> => {
  const keys: string[] = [];
  for await (const key of writer.earlierKeys()) keys.push(key);
  return keys;
};

test('a slice goes on behind its last checkpoint, whatever came after that', async () => {
  const refused = { slice: slice.id, position: 'p', path: 'x', reason: 'r', record: '{}' };
  const first = await landing.openSlice(key, 'run-1', slice);
  expect([first.resumed, await keysOf(first)]).toEqual([null, []]);
  await first.append([row(1), row(2, { text: 'a\u2028b\tc\nd' })], [refused]);
  await first.checkpoint({ page: 1 });
  await first.append(rows(200), [refused]);
  await first.discard();
  await first.append(rows(100), []);

  const second = await landing.openSlice(key, 'run-1', slice);
  expect([second.resumed, await keysOf(second)]).toEqual([{ page: 1 }, ['["1"]', '["2"]']]);
  expect(await landing.readSlice(key, 'run-1', slice.id)).toBeNull();
  await second.append([{ ...row(3), _extracted_at: '2026-07-01T00:00:00.000Z' }], []);
  const result = await second.finish(end);
  expect([result.rows, result.rejected]).toEqual([3, [refused]]);
  expect(lines(result).map((line) => line.slice(0, 7))).toEqual(['0\t["1"]', '1\t["2"]', '2\t["3"]']);
  expect(result.parts.map((part) => part.extractedAt)).toEqual([now, '2026-07-01T00:00:00.000Z']);
  expect(await landing.readSlice(key, 'run-1', slice.id)).toEqual(result);
  expect(files().some((name) => name.includes('checkpoint') || name.includes('.tmp-'))).toBe(false);
  await first.discard();
});

test('a restart forgets checkpoints, and one whose part is altered or that is another run’s does not count', async () => {
  const reopen = (run = 'run-1') => landing.openSlice(key, run, slice);
  const begin = async () => {
    const writer = await reopen();
    await writer.append(rows(3), []);
    await writer.checkpoint({ page: 1 });
    return writer;
  };
  await (await begin()).restart();
  expect(files()).toEqual([]);
  expect((await reopen()).resumed).toBeNull();
  expect(files()).toEqual([]);

  await begin();
  const part = files().find((name) => name.endsWith('.tsv.zst')) ?? '';
  writeFileSync(join(root, part), readFileSync(join(root, part)).fill(1, 20, 21));
  const again = await reopen();
  expect(again.resumed).toBeNull();
  expect((await again.finish(end)).rows).toBe(0);

  await begin();
  expect((await reopen('run-2')).resumed).toBeNull();
  expect((await reopen()).resumed).toEqual({ page: 1 });
});

test('a part that cannot be synced is removed at once: its pages may be lost already', async () => {
  const probe = await open(join(root, 'probe'), 'w');
  const handles = Object.getPrototypeOf(probe) as Pick<FileHandle, 'datasync'>;
  await probe.close();
  rmSync(join(root, 'probe'));
  const writer = await landing.openSlice(key, 'run-1', slice);
  await writer.append([row(1)], []);
  const spy = vi.spyOn(handles, 'datasync').mockRejectedValue(Object.assign(new Error('EIO'), { code: 'EIO' }));
  try {
    await expect(writer.finish(end)).rejects.toMatchObject({ name: 'LandingError', kind: 'transient' });
    expect(files()).toEqual([]);
  } finally {
    spy.mockRestore();
  }
});

test('a slice whose end cannot be written keeps its checkpoint: the next attempt goes on from there', async () => {
  const writer = await landing.openSlice(key, 'run-1', slice);
  await writer.append(rows(3), []);
  await writer.checkpoint({ page: 1 });
  const manifest = join(root, dirname(files()[0] ?? ''), 'list=1.manifest.json');
  mkdirSync(manifest);
  await expect(writer.finish(end)).rejects.toMatchObject({ name: 'LandingError', kind: 'transient' });
  rmdirSync(manifest);
  expect(files().some((name) => name.includes('.tmp-'))).toBe(false);
  expect((await landing.openSlice(key, 'run-1', slice)).resumed).toEqual({ page: 1 });
});

test('parts are on the disk before the document that names them, and that before it counts', async () => {
  const probe = await open(join(root, 'probe'), 'w');
  const handles = Object.getPrototypeOf(probe) as Pick<FileHandle, 'datasync' | 'sync'>;
  await probe.close();
  const writer = await landing.openSlice(key, 'run-1', slice);
  const synced: string[] = [];
  const spies = (['datasync', 'sync'] as const).map((call) => {
    const real = handles[call];
    return vi.spyOn(handles, call).mockImplementation(async function (this: FileHandle) {
      const path = readlinkSync(`/proc/self/fd/${this.fd}`).slice(root.length);
      await real.call(this);
      synced.push(`${call} ${/part-|checkpoint|manifest|document/.exec(path)?.[0] ?? 'folder'}`);
    });
  });
  const ofDocument = (name: string) => [`datasync ${name}`, 'sync folder'];
  try {
    await writer.append([row(1)], []);
    await writer.checkpoint({ page: 1 });
    expect(synced.splice(0)).toEqual(['datasync part-', ...ofDocument('checkpoint')]);
    await writer.append([row(2)], []);
    await writer.finish(end);
    expect(synced.splice(0)).toEqual(['datasync part-', ...ofDocument('manifest')]);
    await landing.writeDocument(key, 'run-1', 'plan', 1);
    expect(synced).toEqual(ofDocument('document'));
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
});

test('documents are whole or absent', async () => {
  expect(await landing.readDocument(key, 'run-1', 'plan')).toBeNull();
  await landing.writeDocument(key, 'run-1', 'plan', { slices: ['é', null] });
  expect(await landing.readDocument(key, 'run-1', 'plan')).toEqual({ slices: ['é', null] });
  expect(files()).toHaveLength(1);
});

test('sweep removes every run but the named ones', async () => {
  for (const run of ['run-1', 'Run-1', 'run-2']) await landing.writeDocument(key, run, 'plan', run);
  await landing.writeDocument({ ...key, stream: 'lists' }, 'run-1', 'plan', 'kept');
  await landing.sweep(key, ['run-2']);
  expect(await landing.readDocument(key, 'run-1', 'plan')).toBeNull();
  expect(await landing.readDocument(key, 'Run-1', 'plan')).toBeNull();
  expect(await landing.readDocument(key, 'run-2', 'plan')).toBe('run-2');
  expect(await landing.readDocument({ ...key, stream: 'lists' }, 'run-1', 'plan')).toBe('kept');
  await landing.sweep({ ...key, stream: 'never' }, []);
});

test('a part name cannot point outside', () => {
  for (const name of ['../x', '/etc/passwd', 'a/../../x', '', '.'])
    expect(() => landing.locate(name)).toThrow('outside');
});

const nasty = [
  '',
  '.',
  '..',
  '../../etc',
  'a/b',
  'a\\b',
  'a\0b',
  'CON',
  'con',
  'nul',
  'com1',
  'com9',
  'lpt0',
  '[',
  '\u0005b',
  'A',
  'a',
  'ä',
  'a\u0308',
  '~',
  '~61',
  '\ud800',
  '\ud801',
  '\ufffd',
  '~ud800',
];

test('names are injective whatever the file system folds, stay inside and stay short', async () => {
  const text = fc.oneof(
    fc.constantFrom(...nasty, 'x'.repeat(300), 'X'.repeat(300)),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string(),
  );
  fc.assert(
    fc.property(text, text, (one, two) => {
      const [first, second] = [encodeName(one), encodeName(two)];
      expect(first).toMatch(/^[a-z0-9~_=-]{1,126}$/);
      expect(first).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)$/);
      expect(first === second).toBe(one === two);
    }),
    { numRuns: 3000 },
  );
  for (const name of nasty) {
    const writer = await landing.openSlice({ source: name, accountId: name, stream: name }, name, {
      ...slice,
      id: name,
    });
    await writer.append([row(1)], []);
    await writer.finish({ ...end, slice: { ...slice, id: name } });
  }
  expect(files().filter((name) => name.endsWith('manifest.json'))).toHaveLength(nasty.length);
  for (const name of files())
    for (const part of name.split('/')) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
});

test('memory stays flat however long a slice is', async () => {
  const wide = createLocalLanding(root);
  const writer: SliceWriter = await wide.openSlice(key, 'run-1', slice);
  expect(await growthOverLongSlice(writer)).toBeLessThan(90 * 1024 * 1024);
  expect((await writer.finish(end)).rows).toBe(201_000);
});

test('a folder that cannot be written gives a failure that says what to do', async () => {
  writeFileSync(join(root, 'mailchimp'), 'a file where a folder must be');
  await expect(landing.openSlice(key, 'run-1', slice)).rejects.toMatchObject({
    name: 'LandingError',
    kind: 'transient',
    fix: expect.any(String),
  });
});
