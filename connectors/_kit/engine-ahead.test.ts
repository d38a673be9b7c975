import { describe, expect, it } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { createBudget } from './budget.ts';
import type { HttpRequest } from './contract.ts';
import { readSlice } from './engine.ts';
import type { ReadAhead } from './read-ahead.ts';
import type { SliceEvent, SliceResume } from './slice-events.ts';
import { connectorOf, ids, NOW, offset, things, whole, type Changes } from './suite/engine-harness.ts';
import { noDownload } from './suite/no-download.ts';

type Answer = { readonly records: readonly unknown[]; readonly total: number };

/** A source that takes its time, longer for earlier pages, and counts what is under way. */
function slowSource(answer: (from: number) => Answer, ms = 8) {
  const asked: number[] = [];
  let flying = 0;
  let peak = 0;
  const http = {
    requests: 0,
    download: noDownload,
    async request(request: HttpRequest, signal: AbortSignal) {
      const from = Number(request.params?.['offset']);
      asked.push(from);
      peak = Math.max(peak, (flying += 1));
      try {
        await delay(Math.max(1, ms - from), undefined, { signal });
        const { records, total } = answer(from);
        return { status: 200, headers: {}, body: { things: records, total_items: total } as never, bytes: 1 };
      } finally {
        flying -= 1;
      }
    },
  };
  return { http, asked, peak: () => peak, flying: () => flying };
}

/** Places among the open pages, counted. */
function places(size: number): ReadAhead & { readonly taken: () => number; readonly most: () => number } {
  const budget = createBudget({ concurrency: size }, () => Promise.resolve());
  let taken = 0;
  let most = 0;
  return {
    depth: 4,
    unpack: async () => () => undefined,
    taken: () => taken,
    most: () => most,
    async open(signal) {
      const giveBack = await budget.take(signal);
      most = Math.max(most, (taken += 1));
      let isBack = false;
      return () => {
        if (isBack) return;
        isBack = true;
        taken -= 1;
        giveBack();
      };
    },
  };
}

type Source = ReturnType<typeof slowSource>;
type Outcome = { readonly rows: readonly string[]; readonly events: readonly SliceEvent[] };

async function readAhead(
  source: Source,
  ahead: ReadAhead,
  changes: Changes = {},
  resume?: { readonly at: SliceResume; readonly keys: AsyncIterable<string> },
  pages = Infinity,
  expected?: number,
): Promise<Outcome> {
  const connector = connectorOf({ paginate: offset(2), ...changes });
  const signal = new AbortController().signal;
  const slice = expected === undefined ? whole : { ...whole, expected };
  const options = { config: null, http: source.http, slice, now: NOW, salt: 's', signal, ahead };
  let rows: string[] = [];
  const events: SliceEvent[] = [];
  for await (const event of readSlice(connector, 'things', {
    ...options,
    ...(resume === undefined ? {} : { resume }),
  })) {
    events.push(event);
    if (event.kind === 'restart') rows = [];
    if (event.kind === 'page') rows.push(...(ids(event.rows) as string[]));
    if (events.length >= pages) break;
  }
  return { rows, events };
}

const all = things(13);
const paged = (from: number): Answer => ({ records: all.slice(from, from + 2), total: all.length });
const everyId = all.map(({ id }) => String(id));

async function* keys(of: readonly string[]): AsyncGenerator<string> {
  for (const id of of) yield JSON.stringify([id]);
}

describe('reading ahead', () => {
  it('asks for several pages at once when the total is known, and keeps their order', async () => {
    const source = slowSource(paged);
    const ahead = places(100);
    const { rows } = await readAhead(source, ahead);
    expect(rows).toEqual(everyId);
    expect(source.asked).toEqual([0, 2, 4, 6, 8, 10, 12]);
    expect(source.peak()).toBe(4);
    expect(ahead.taken()).toBe(0);
  });

  it.each([
    ['right', 13],
    ['too low', 5],
    ['too high', 40],
  ])(
    'does not wait for the first page where the parent says how many there will be; that may be %s',
    async (_, said) => {
      const source = slowSource(paged, 20);
      const ahead = places(100);
      const reading = readAhead(source, ahead, {}, undefined, Infinity, said);
      await delay(2);
      expect(source.flying()).toBe(Math.min(4, Math.ceil(said / 2)));
      expect((await reading).rows).toEqual(everyId);
      expect(ahead.taken()).toBe(0);
    },
  );

  it('never has more pages open than there are places', async () => {
    const ahead = places(2);
    expect((await readAhead(slowSource(paged), ahead)).rows).toEqual(everyId);
    expect([ahead.most(), ahead.taken()]).toEqual([2, 0]);
  });

  it('goes on by what came when a page is not full: nothing is lost', async () => {
    const capped = (from: number): Answer => ({ records: all.slice(from, from + 1), total: all.length });
    const source = slowSource(capped);
    const ahead = places(100);
    expect((await readAhead(source, ahead)).rows).toEqual(everyId);
    expect(ahead.taken()).toBe(0);
  });

  it('starts again when the total moves, and leaves nothing under way', async () => {
    let answers = 0;
    const source = slowSource((from) => ({ ...paged(from), total: (answers += 1) === 3 ? 12 : 13 }));
    const ahead = places(100);
    const { rows, events } = await readAhead(source, ahead);
    expect(rows).toEqual(everyId);
    expect(events.filter(({ kind }) => kind === 'restart')).toHaveLength(1);
    expect([source.flying(), ahead.taken()]).toEqual([0, 0]);
  });

  it('gives its places back and stops asking when the reader leaves early', async () => {
    const source = slowSource(paged, 30);
    const ahead = places(100);
    await readAhead(source, ahead, {}, undefined, 1);
    await delay(5);
    expect([source.flying(), ahead.taken()]).toEqual([0, 0]);
  });

  it('fails as the first failing page does, whichever failed first', async () => {
    const source = slowSource((from) => {
      if (from === 6) throw new Error('page at 6');
      return paged(from);
    });
    await expect(readAhead(source, places(100))).rejects.toThrow('page at 6');
  });
});

describe('going on behind a checkpoint', () => {
  const stable = { stableOrder: true } as const;
  const resumes = ({ events }: Outcome): readonly (SliceResume | undefined)[] =>
    events.map((event) => (event.kind === 'page' ? event.resume : undefined));

  it.each([1, 2, 5, 6])('after %d pages gives the rest, and the end of an undisturbed read', async (pages) => {
    const whole = await readAhead(slowSource(paged), places(100), stable);
    const at = JSON.parse(JSON.stringify(resumes(whole)[pages - 1])) as SliceResume;
    const source = slowSource(paged);
    const read = whole.rows.slice(0, pages * 2);
    const rest = await readAhead(source, places(100), stable, { at, keys: keys(read) });
    expect([...read, ...rest.rows]).toEqual(everyId);
    expect(source.asked[0]).toBe(pages * 2);
    expect(rest.events.at(-1)).toEqual(whole.events.at(-1));
  });

  it('sees a row that came before the checkpoint, and starts the slice again', async () => {
    const at = resumes(await readAhead(slowSource(paged), places(100), stable))[2]!;
    const { rows, events } = await readAhead(slowSource(paged), places(100), stable, {
      at,
      keys: keys(['t0', 't1', 't2', 't3', 't4', 't6']),
    });
    expect(events.some(({ kind }) => kind === 'restart')).toBe(true);
    expect(rows).toEqual(everyId);
  });

  it('knows the newest time and what was refused before it', async () => {
    // The newest comes first, and so does the only record that is refused.
    const newestFirst = [...all].reverse().map((record, index) => (index === 1 ? { ...record, id: 1 } : record));
    const source = (): Source =>
      slowSource((from) => ({ records: newestFirst.slice(from, from + 2), total: newestFirst.length }));
    const whole = await readAhead(source(), places(100), stable);
    expect(whole.events.at(-1)).toMatchObject({ state: { cursor: all[12]!['at'], refusedFrom: all[11]!['at'] } });
    const at = JSON.parse(JSON.stringify(resumes(whole)[1])) as SliceResume;
    const rest = await readAhead(source(), places(100), stable, { at, keys: keys(whole.rows.slice(0, 3)) });
    expect(rest.events.at(-1)).toEqual(whole.events.at(-1));
  });

  it('checks a declared order across it', async () => {
    const ascending: Changes = {
      ...stable,
      cursor: { field: 'at', unit: 'iso', order: 'ascending', lookback: 'PT1H' },
    };
    const at = resumes(await readAhead(slowSource(paged), places(100), ascending))[2]!;
    const goesBack = (from: number): Answer => ({ records: all.slice(from - 6, from - 4), total: all.length });
    const reading = readAhead(slowSource(goesBack), places(100), ascending, { at, keys: keys([]) });
    await expect(reading).rejects.toThrow(/"at" is declared ascending, but page 4 goes back/);
  });

  it('is offered only where the order is documented, and not behind the last page', async () => {
    expect(resumes(await readAhead(slowSource(paged), places(100))).filter(Boolean)).toEqual([]);
    expect(resumes(await readAhead(slowSource(paged), places(100), stable)).filter(Boolean)).toHaveLength(6);
  });
});
