import { describe, expect, it } from 'vitest';
import { halving, type TimeWindow } from './halving.ts';
import type { ReadPage } from './contract.ts';

const start = Date.UTC(2026, 5, 1);

/** An API that shows the first `cap` records of a window, `[from, to)`. */
function capped(timesMs: readonly number[], cap: number) {
  const asked: TimeWindow[] = [];
  const ask = async (window: TimeWindow) => {
    asked.push(window);
    const found = timesMs
      .map((ms, id) => ({ ms, id }))
      .filter(({ ms }) => ms >= window.fromMs && ms < window.toMs)
      .slice(0, cap);
    return { records: found, bytes: 1 };
  };
  return { ask, asked, cap };
}

async function all(window: TimeWindow, api: ReturnType<typeof capped>) {
  const pages: ReadPage[] = [];
  for await (const page of halving(window, api)) pages.push(page);
  return { ids: pages.flatMap(({ records }) => records.map(({ id }) => id)), pages };
}

describe('windows that are halved', () => {
  it('are one request where they hold less than the cap', async () => {
    const api = capped(
      [0, 1, 2].map((hour) => start + hour * 3_600_000),
      4,
    );
    expect((await all({ fromMs: start, toMs: start + 86_400_000 }, api)).ids).toEqual([0, 1, 2]);
    expect(api.asked).toHaveLength(1);
  });

  it('hold every record once, in their order of time', async () => {
    // Many in few minutes, one on every border of a second.
    const times = Array.from({ length: 500 }, (_, index) => start + index * 700 - (index % 3));
    const api = capped(times, 10);
    const { ids, pages } = await all({ fromMs: start - 5_000, toMs: start + 86_400_000 }, api);
    expect([...ids].sort((a, b) => Number(a) - Number(b))).toEqual(times.map((_, index) => index));
    expect(pages.some(({ incomplete }) => incomplete !== undefined)).toBe(false);
    for (const { fromMs, toMs } of api.asked) expect([fromMs % 1000, toMs % 1000]).toEqual([0, 0]);
  });

  it('that are exactly full are asked for again', async () => {
    const api = capped([start, start + 50_000], 2);
    expect((await all({ fromMs: start, toMs: start + 60_000 }, api)).ids).toEqual([0, 1]);
    expect(api.asked.length).toBeGreaterThan(1);
  });

  it('of a second that is full name what cannot be asked for, and the others are read', async () => {
    const times = [...Array.from({ length: 7 }, () => start + 30_400), start + 31_000, start + 45_000];
    const api = capped(times, 5);
    const { ids, pages } = await all({ fromMs: start, toMs: start + 60_000 }, api);
    expect(ids).toEqual([0, 1, 2, 3, 4, 7, 8]);
    expect(pages.flatMap(({ incomplete }) => incomplete ?? [])).toEqual([
      'more than 4 records of the second 2026-06-01T00:00:30Z, of which the API shows 5',
    ]);
    expect(api.asked.length).toBeLessThan(20);
  });

  it('begin with the second in which they begin and end with that in which they end', async () => {
    const api = capped([start + 100, start + 1_900, start + 5_100], 5);
    expect((await all({ fromMs: start + 200, toMs: start + 5_200 }, api)).ids).toEqual([0, 1, 2]);
    expect(api.asked).toEqual([{ fromMs: start, toMs: start + 6_000 }]);
  });

  it('shorter than a second are one second', async () => {
    const api = capped([start + 400], 5);
    expect((await all({ fromMs: start + 300, toMs: start + 300 }, api)).ids).toEqual([0]);
  });
});
