import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { likelihoodOver } from './purchase-likelihood.ts';
import { expectedPurchases, fitPurchases, probabilityAlive, type Counted } from './purchase-model.ts';
import { beta, exponential, gamma, seeded } from './random-draws.ts';
import { expectedSpend, fitSpend } from './spend-model.ts';

/**
 * The CDNOW sample (Fader & Hardie; as the library `lifetimes` ships it): 2,357 people, purchases after the first, weeks. What was
 * published of it are the parameters of BG/NBD (2005), of MBG/NBD and of Gamma-Gamma (2013), and one customer's forecast.
 */
const cdnow = readFileSync(new URL('cdnow.fixture.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [frequency = 0, recency = 0, age = 0, mean = 0] = line.split(',').map(Number);
    return { frequency, recency, age, mean, people: 1 };
  });

describe('the purchase models give what was published of CDNOW', () => {
  it('BG/NBD: r .243, α 4.414, a .793, b 2.426, log-likelihood −9582.4', () => {
    const model = fitPurchases('BG/NBD', cdnow);
    expect(model.r).toBeCloseTo(0.243, 3);
    expect(model.alpha).toBeCloseTo(4.414, 2);
    expect(model.a).toBeCloseTo(0.793, 2);
    expect(model.b).toBeCloseTo(2.426, 2);
    expect(likelihoodOver(cdnow)(model)).toBeCloseTo(-9582.4, 1);
  });

  it('BG/NBD: who bought twice, last in week 30.43 of 38.86, is expected to buy 1.226 times in 39 weeks', () => {
    const model = { kind: 'BG/NBD', r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 } as const;
    const person = { frequency: 2, recency: 30.43, age: 38.86 };
    expect(expectedPurchases(model, person, 39)).toBeCloseTo(1.226, 3);
    expect(probabilityAlive(model, { frequency: 0, recency: 0, age: 100 })).toBe(1);
  });

  it('MBG/NBD: r .525, α 6.183, a .891, b 1.614', () => {
    const model = fitPurchases('MBG/NBD', cdnow);
    expect(model.r).toBeCloseTo(0.525, 3);
    expect(model.alpha).toBeCloseTo(6.183, 2);
    expect(model.a).toBeCloseTo(0.891, 3);
    expect(model.b).toBeCloseTo(1.614, 3);
  });

  it('Gamma-Gamma: p 6.25, q 3.74, γ 15.44', () => {
    const buyers = cdnow.filter(({ frequency }) => frequency > 0);
    const model = fitSpend(buyers.map(({ frequency, mean }) => ({ orders: frequency, mean })));
    expect(model.p).toBeCloseTo(6.25, 1);
    expect(model.q).toBeCloseTo(3.74, 1);
    expect(Math.abs(model.gamma - 15.44)).toBeLessThan(0.1);
    // Whoever is not known is expected to spend everybody's mean; who is known well, their own.
    expect(expectedSpend(model, { orders: 0, mean: 0 })).toBeCloseTo(35.2, 0);
    expect(Math.abs(expectedSpend(model, { orders: 500, mean: 80 }) - 80)).toBeLessThan(0.5);
  });
});

describe('MBG/NBD', () => {
  const truth = { kind: 'MBG/NBD', r: 0.8, alpha: 9, a: 0.7, b: 2.5 } as const;
  /** Lives of people whose rates are drawn from the model: seen until `age`, and a year longer. */
  const lives = Array.from({ length: 6000 }, (_, at) => {
    const random = seeded(`life ${at}`);
    const rate = gamma(random, truth.r, truth.alpha);
    const stop = beta(random, truth.a, truth.b);
    const age = 20 + 60 * random();
    const times: number[] = [];
    let isThere = random() >= stop;
    for (let time = exponential(random, rate); isThere && time < age + 52; time += exponential(random, rate)) {
      times.push(time);
      isThere = random() >= stop;
    }
    const before = times.filter((time) => time <= age);
    return {
      age,
      frequency: before.length,
      recency: before.at(-1) ?? 0,
      people: 1,
      later: times.length - before.length,
    };
  });

  it('finds the parameters that lives were made with', () => {
    const model = fitPurchases('MBG/NBD', lives satisfies readonly Counted[]);
    expect(Math.abs(model.r / truth.r - 1)).toBeLessThan(0.15);
    expect(Math.abs(model.alpha / truth.alpha - 1)).toBeLessThan(0.2);
    expect(Math.abs(model.a / (model.a + model.b) / (truth.a / (truth.a + truth.b)) - 1)).toBeLessThan(0.15);
  });

  it('is likelier by what it finds than by what lives were made with, of three months as of years', () => {
    const short = lives.map((life) => ({
      ...life,
      age: Math.ceil(life.age * 1.1) / 7,
      recency: Math.floor(life.recency) / 7,
    }));
    for (const all of [lives, short]) {
      const likelihood = likelihoodOver(all);
      expect(likelihood(fitPurchases('MBG/NBD', all))).toBeGreaterThan(likelihood(truth));
    }
  });

  it('expects as many purchases of a year as there are, of buyers and of those who never bought', () => {
    // Of those who never bought, few come back, and each of them often: their sum varies more.
    for (const [isBuyer, tolerance] of [
      [true, 0.08],
      [false, 0.2],
    ] as const) {
      const some = lives.filter(({ frequency }) => frequency > 0 === isBuyer);
      const expected = some.reduce((sum, life) => sum + expectedPurchases(truth, life, 52), 0);
      const actual = some.reduce((sum, { later }) => sum + later, 0);
      expect(Math.abs(expected / actual - 1)).toBeLessThan(tolerance);
    }
  });
});
