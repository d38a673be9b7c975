import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { FromThread } from './reader-messages.ts';
import { RemoteLanes } from './remote-lanes.ts';

const never = new AbortController().signal;

/** A thread's side, and what it says to the main thread. */
function thread() {
  const said: string[] = [];
  const lanes = new RemoteLanes((message: FromThread) => {
    if (message.kind === 'take' || message.kind === 'give') said.push(`${message.kind} ${message.lane}`);
  });
  const order: string[] = [];
  const budget = (isPaced = false, account = 'a', key = 'default') => lanes.budget({ id: 1, account, key, isPaced });
  const ask = (name: string, priority = 0, from = budget(), signal = never): Promise<() => void> => {
    const lane = from.take(signal, priority);
    lane.then(
      () => order.push(name),
      () => order.push(`${name} left`),
    );
    return lane;
  };
  return { lanes, said, order, ask, budget };
}

it('hands a lane on to the lowest priority that waits for the same, and takes back what that one had asked for', async () => {
  const { lanes, said, order, ask, budget } = thread();
  const first = ask('first');
  void ask('late', 5);
  void ask('early', 1);
  void ask('another account', 0, budget(false, 'b'));
  lanes.granted(1);
  (await first)();
  await turn();
  expect(order).toEqual(['first', 'early']);
  expect(said).toEqual(['take 1', 'take 2', 'take 3', 'take 4', 'give 3']);
  // Granted at the same moment: it is given back over there, and nobody enters here.
  lanes.granted(3);
  await turn();
  expect(order).toEqual(['first', 'early']);
});

it('keeps the lanes of each rate key apart, and equals in the order in which they came', async () => {
  const { lanes, order, ask, budget } = thread();
  const first = ask('first');
  void ask('another key', 0, budget(false, 'a', 'search'));
  void ask('second', 1);
  void ask('third', 1);
  lanes.granted(1);
  (await first)();
  await turn();
  expect(order).toEqual(['first', 'second']);
});

it('gives it back to the main thread when nobody waits, and after a number of turns', async () => {
  const { lanes, said, order, ask } = thread();
  const lane = ask('0');
  lanes.granted(1);
  let giveBack = await lane;
  for (let index = 1; index <= 12; index += 1) {
    const next = ask(String(index));
    giveBack();
    giveBack = await next;
  }
  void ask('waits for the main thread');
  giveBack();
  giveBack();
  await turn();
  expect(said.filter((message) => message === 'give 1')).toHaveLength(1);
  expect(order).toHaveLength(13);
});

it('leaves every turn of a key with a rate to the main thread, which keeps it', async () => {
  const { lanes, said, order, ask, budget } = thread();
  const first = ask('first', 0, budget(true));
  void ask('second', 0, budget(true));
  lanes.granted(1);
  (await first)();
  await turn();
  expect(order).toEqual(['first']);
  expect(said).toEqual(['take 1', 'take 2', 'give 1']);
});

it('tells the main thread what the answer said of the rate', async () => {
  const messages: FromThread[] = [];
  const lanes = new RemoteLanes((message) => void messages.push(message));
  const lane = lanes.budget({ id: 1, account: 'a', key: 'search', isPaced: true }).take(never);
  lanes.granted(1);
  (await lane)({ remaining: 3, resetMs: 900 });
  expect(messages.at(-1)).toEqual({ kind: 'give', lane: 1, said: { remaining: 3, resetMs: 900 } });
});

it('hands nothing to one that left', async () => {
  const { lanes, said, order, ask, budget } = thread();
  const first = ask('first');
  const stop = new AbortController();
  void ask('impatient', 0, budget(), stop.signal).catch(() => undefined);
  lanes.granted(1);
  stop.abort(new Error('cancelled'));
  (await first)();
  await turn();
  expect(order).toEqual(['first', 'impatient left']);
  expect(said).toEqual(['take 1', 'take 2', 'give 2', 'give 1']);
});
