import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AccountTurns } from './account-turns.ts';

const never = new AbortController().signal;

/** Work that ends when told to. */
function work() {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  let isBegun = false;
  return {
    run: async () => {
      isBegun = true;
      await promise;
    },
    end,
    get isBegun() {
      return isBegun;
    },
  };
}

it('lets so many accounts read at a time, each with all its batches, and the others in order', async () => {
  const turns = new AccountTurns(2);
  const [a1, a2, b, c, d] = [work(), work(), work(), work(), work()] as const;
  const running = [
    turns.run('a', never, a1.run),
    turns.run('b', never, b.run),
    turns.run('c', never, c.run),
    turns.run('d', never, d.run),
    turns.run('a', never, a2.run),
  ];
  await turn();
  expect([a1, a2, b, c, d].map(({ isBegun }) => isBegun)).toEqual([true, true, true, false, false]);
  a1.end();
  await turn();
  expect(c.isBegun).toBe(false);
  a2.end();
  await turn();
  expect([c.isBegun, d.isBegun]).toEqual([true, false]);
  for (const each of [b, c, d]) each.end();
  await Promise.all(running);
  expect(d.isBegun).toBe(true);
});

it('gives the turn of one that no longer waits to the next', async () => {
  const turns = new AccountTurns(1);
  const first = work();
  const running = turns.run('a', never, first.run);
  const stop = new AbortController();
  const waiting = turns.run('b', stop.signal, async () => undefined);
  const last = turns.run('c', never, async () => 'read');
  stop.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  first.end();
  await running;
  expect(await last).toBe('read');
});
