import { expect, it } from 'vitest';
import type { ReadAhead } from '../connectors/_kit/read-ahead.ts';
import { OpenPages } from './open-pages.ts';

const never = new AbortController().signal;

/** A slice's open pages over a number of places, and how many of these are taken. */
function slice(most = 3) {
  let taken = 0;
  const places: ReadAhead = {
    depth: 3,
    open: (_signal, wanted = 1) => {
      if (taken + wanted > most) return new Promise(() => undefined);
      taken += wanted;
      return Promise.resolve(() => void (taken -= wanted));
    },
    unpack: () => Promise.resolve(() => undefined),
  };
  const pages = new OpenPages(places);
  return { pages, open: () => pages.ahead.open(never), taken: () => taken };
}

it.each([
  [1, 0],
  [2, 2],
  [3, 3],
  [4, 0],
])('of %i pages that are known beforehand, %i places are taken at once', async (known, expected) => {
  const { pages, taken } = slice();
  await pages.reserve(known, never);
  expect(taken()).toBe(expected);
});

it('pages use what was taken for them; once that is given back, each takes its own', async () => {
  const { pages, open, taken } = slice();
  await pages.reserve(2, never);
  const done = await open();
  expect(taken()).toBe(2);
  done();
  pages.settled();
  expect(taken()).toBe(0);
  await open();
  expect(taken()).toBe(1);
});

it('a page that is written keeps its place until it is safe', async () => {
  const { pages, open, taken } = slice();
  const done = await open();
  pages.wrote();
  done();
  done();
  expect(taken()).toBe(1);
  pages.settled();
  expect(taken()).toBe(0);
});

it('is short when the next page has no place and nothing else is under way', async () => {
  const { pages, open } = slice(1);
  expect(pages.isShort).toBe(false);
  await open();
  expect(pages.isShort).toBe(false);
  void open();
  expect(pages.isShort).toBe(true);
});

it('a pause gives back every place, each once', async () => {
  const { pages, open, taken } = slice();
  const done = await open();
  pages.ahead.rest?.();
  expect(taken()).toBe(0);
  done();
  pages.settled();
  expect(taken()).toBe(0);
});
