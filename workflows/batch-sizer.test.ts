import { describe, expect, it } from 'vitest';
import { BatchSizer } from './batch-sizer.ts';

/** Sizes of all batches of a stream that is read at `perSecond` slices a second, two at a time. */
function sizes(slices: number, perSecond: number, batchMs = 5_000): readonly number[] {
  const sizer = new BatchSizer(batchMs);
  const all: number[] = [];
  let left = slices;
  let now = 0;
  const begin = (): void => {
    const size = sizer.next(left);
    all.push(size);
    left -= size;
  };
  sizer.begin(now);
  begin();
  for (let ended = 0; ended < all.length; ended += 1) {
    if (left > 0) begin();
    const size = all[ended] ?? 0;
    now += (size / perSecond) * 1_000;
    sizer.ended(size, now);
  }
  return all;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('the size of batches', () => {
  it('is one batch for a small stream', () => {
    expect(sizes(1, 10)).toEqual([1]);
    expect(sizes(8, 10)).toEqual([8]);
  });

  it('grows towards what is read in the wanted time, at most twofold, and stays there', () => {
    const all = sizes(5_000, 100);
    expect(all.slice(0, 4)).toEqual([8, 8, 16, 32]);
    expect(all.slice(8, 11)).toEqual([500, 500, 500]);
  });

  it('shrinks when slices are slow', () => {
    expect(sizes(200, 0.2).slice(0, 5)).toEqual([8, 8, 4, 2, 1]);
  });

  it('halves what is left towards the end, down to about a second of work', () => {
    const all = sizes(200, 10);
    expect(sum(all)).toBe(200);
    expect(all.at(-1)).toBeLessThanOrEqual(10);
    expect(Math.max(...all)).toBeLessThanOrEqual(55);
    expect(all.length).toBeLessThan(12);
  });

  it('takes the time between ends, not how long a batch took beside another', () => {
    const sizer = new BatchSizer(1_000);
    sizer.begin(0);
    // Two batches of 8, begun together, end together: 16 slices in a second.
    sizer.ended(8, 1_000);
    sizer.ended(8, 1_000);
    expect(sizer.next(10_000)).toBe(16);
  });

  it('does not count a time in which nothing was read', () => {
    const sizer = new BatchSizer(1_000);
    sizer.begin(0);
    sizer.ended(8, 1_000);
    sizer.begin(60_000);
    sizer.ended(8, 61_000);
    expect(sizer.next(10_000)).toBe(8);
  });

  it('is kept over continue-as-new', () => {
    const sizer = new BatchSizer(1_000);
    sizer.begin(0);
    sizer.ended(8, 500);
    const again = new BatchSizer(1_000, sizer.save());
    expect([again.next(10_000), again.next(20)]).toEqual([sizer.next(10_000), sizer.next(20)]);
    expect(again.next(20)).toBe(10);
  });
});
