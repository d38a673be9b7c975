import { describe, expect, it } from 'vitest';
import { judgeMedian, judgeRise, MARKED_RISE, OPENS_BELOW, pastOf, type Counted } from './alert-baseline.ts';

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const dayAt = (index: number): string => new Date(Date.UTC(2025, 0, 1) + index * 86_400_000).toISOString().slice(0, 10);

/** Campaigns of 4,000, three a week; Mondays and December lose twice as many. */
function year(seed: number, days = 540): readonly Counted[] {
  const next = random(seed);
  const series: Counted[] = [];
  for (let index = 0; index < days; index += 1) {
    const date = new Date(dayAt(index));
    if (![1, 3, 5].includes(date.getUTCDay())) continue;
    const rate = 0.002 * (date.getUTCDay() === 1 ? 2 : 1) * (date.getUTCMonth() === 11 ? 2 : 1);
    let count = 0;
    for (let one = 0; one < 4000; one += 1) if (next() < rate) count += 1;
    series.push({ day: dayAt(index), count, of: 4000 });
  }
  return series;
}

describe('a rise against the account’s own past', () => {
  it('is no alert on what chance and season do: less than one false alarm a quarter', () => {
    let judged = 0;
    let alarms = 0;
    for (const seed of [1, 2, 3]) {
      const series = year(seed);
      for (const now of series) {
        const found = judgeRise(pastOf(series, now.day), now);
        if (found === null) continue;
        judged += 1;
        if (found.pValue < OPENS_BELOW && now.count >= MARKED_RISE * found.expected) alarms += 1;
      }
    }
    expect(judged).toBeGreaterThan(600);
    // Three times a year and a half are 18 quarters.
    expect(alarms).toBeLessThan(18);
  });

  it('finds every planted rise: a campaign that loses three times as many', () => {
    const series = year(4);
    for (const now of series.slice(-30)) {
      const found = judgeRise(pastOf(series, now.day), { ...now, count: now.count * 3 + 12 });
      expect(found?.pValue).toBeLessThan(OPENS_BELOW);
    }
  });

  it('knows the season: what is usual on a Monday is a rise on a Friday', () => {
    const series = year(5);
    const past = pastOf(series, '2026-06-01');
    const monday = judgeRise(past, { day: '2026-06-01', count: 16, of: 4000 });
    const friday = judgeRise(past, { day: '2026-06-05', count: 16, of: 4000 });
    expect(monday?.expected).toBeGreaterThan((friday?.expected ?? 0) * 1.5);
    expect(monday?.pValue).toBeGreaterThan(0.2);
    expect(friday?.pValue).toBeLessThan(0.03);
  });

  it('does not learn an outbreak as usual', () => {
    const series = year(6);
    const last = series.at(-1)!;
    const clean = judgeRise(pastOf(series, last.day), last)!;
    const outbreak = series.map((one, index) =>
      index >= series.length - 11 && index < series.length - 8 ? { ...one, count: 400 } : one,
    );
    const found = judgeRise(pastOf(outbreak, last.day), last)!;
    expect(found.expected).toBeLessThan(clean.expected * 1.25);
  });

  it('says the most that may be chance: one more is an alert', () => {
    const past: readonly Counted[] = Array.from({ length: 40 }, (_, index) => ({
      day: dayAt(index),
      count: 10 + (index % 3) - 1,
      of: 1000,
    }));
    const { limit } = judgeRise(past, { day: dayAt(50), count: 0, of: 1000 })!;
    const at = (count: number) => judgeRise(past, { day: dayAt(50), count, of: 1000 })!.pValue;
    expect(at(limit + 1)).toBeLessThan(OPENS_BELOW);
    expect(limit).toBeGreaterThanOrEqual(14);
    // A Poisson of mean 10 exceeds 19 with 0.35 %: the spread of the estimate makes it a little wider.
    expect(limit).toBeLessThanOrEqual(21);
  });

  it('says nothing without a past', () => {
    const few = year(1).slice(0, 7);
    const now = { day: '2026-01-01', count: 400, of: 4000 };
    expect([judgeRise(few, now), judgeMedian(few, now)]).toEqual([null, null]);
    const enough = year(1).slice(0, 8);
    expect([judgeRise(enough, now), judgeMedian(enough, now)]).not.toContain(null);
  });

  it('has a limit that is worth a message, and nothing is no rise', () => {
    const past = Array.from({ length: 40 }, (_, index) => ({ day: dayAt(index), count: 900, of: 400_000 }));
    const none = judgeRise(past, { day: dayAt(50), count: 0, of: 400_000 })!;
    expect(none.pValue).toBe(1);
    expect(none.limit).toBe(Math.ceil(none.expected * MARKED_RISE) - 1);
  });
});

describe('a rate against the median of the past', () => {
  const past: readonly Counted[] = Array.from({ length: 20 }, (_, index) => ({
    day: dayAt(index),
    count: 280 + (index % 5) * 10,
    of: 1000,
  }));

  it('is unusual far below it, and not near it', () => {
    const at = (count: number) => judgeMedian(past, { day: dayAt(30), count, of: 1000 })!;
    expect(at(300).expected).toBe(0.3);
    expect(at(290).pValue).toBeGreaterThan(0.05);
    expect(at(200).pValue).toBeLessThan(OPENS_BELOW);
    expect(at(400).pValue).toBeGreaterThan(0.99);
  });

  it('has a limit at which it is an alert, never below nothing, and none where nothing ever varied', () => {
    const many = 1_000_000;
    const { limit } = judgeMedian(past, { day: dayAt(30), count: 0, of: many })!;
    const at = judgeMedian(past, { day: dayAt(30), count: Math.round(limit * many), of: many })!;
    expect(at.pValue).toBeCloseTo(OPENS_BELOW, 5);
    expect(judgeMedian(past, { day: dayAt(30), count: 0, of: 1 })?.limit).toBe(0);
    const nothing = past.map((one) => ({ ...one, count: 0 }));
    expect(judgeMedian(nothing, { day: dayAt(30), count: 0, of: 1000 })).toBeNull();
  });

  it('takes few people for what they are: few', () => {
    expect(judgeMedian(past, { day: dayAt(30), count: 4, of: 20 })?.pValue).toBeGreaterThan(0.05);
  });

  it('is not moved by one campaign that nobody opened', () => {
    const broken = [...past, { day: dayAt(21), count: 0, of: 1000 }];
    expect(judgeMedian(broken, { day: dayAt(30), count: 290, of: 1000 })?.expected).toBe(0.3);
  });
});

it('the past is the year before the day, the day itself excluded', () => {
  const series = [dayAt(0), dayAt(100), dayAt(365), dayAt(366)].map((day) => ({ day, count: 1, of: 10 }));
  const unsent = { day: dayAt(200), count: 0, of: 0 };
  expect(pastOf([...series, unsent], dayAt(366)).map(({ day }) => day)).toEqual([dayAt(100), dayAt(365)]);
});
