import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { accountBudget } from './account-budget.ts';
import { createBudget, type Budget } from './budget.ts';
import { defineConnector } from './contract.ts';

const never = new AbortController().signal;
const noSleep = async (): Promise<void> => undefined;

/** Asks for a lane and notes when it gets one; `done` gives it back. */
function ask(budget: Budget, order: string[], name: string, priority?: number, signal = never): () => Promise<void> {
  const lane = budget.take(signal, priority);
  lane.then(
    () => order.push(name),
    () => order.push(`${name} left`),
  );
  return async () => (await lane)();
}

describe('a budget', () => {
  it('gives a free lane to the lowest priority, and among equals to the first', async () => {
    const budget = createBudget({ concurrency: 1 }, noSleep);
    const order: string[] = [];
    const asked = [
      ask(budget, order, 'running', 9),
      ask(budget, order, 'late', 5),
      ask(budget, order, 'early', 1),
      ask(budget, order, 'late too', 5),
      ask(budget, order, 'early too', 1),
      ask(budget, order, 'first of all'),
    ];
    const turns = [0, 5, 2, 4, 1, 3];
    for (const index of turns) {
      await asked[index]?.();
      await turn();
    }
    expect(order).toEqual(['running', 'first of all', 'early', 'early too', 'late', 'late too']);
  });

  it('takes no lane from one that has it', async () => {
    const budget = createBudget({ concurrency: 2 }, noSleep);
    const order: string[] = [];
    const one = ask(budget, order, 'one', 7);
    ask(budget, order, 'two', 8);
    ask(budget, order, 'urgent', 0);
    await turn();
    expect(order).toEqual(['one', 'two']);
    await one();
    await turn();
    expect(order).toEqual(['one', 'two', 'urgent']);
  });

  it('forgets nobody else when one that had its turn is cancelled', async () => {
    const budget = createBudget({ concurrency: 1 }, noSleep);
    const order: string[] = [];
    const controller = new AbortController();
    const running = ask(budget, order, 'running');
    const next = ask(budget, order, 'next', 1, controller.signal);
    ask(budget, order, 'last', 2);
    await running();
    await turn();
    controller.abort(new Error('cancelled'));
    await next();
    await turn();
    expect(order).toEqual(['running', 'next', 'last']);
  });

  it('forgets who left the queue, and keeps the order of the others', async () => {
    const budget = createBudget({ concurrency: 1 }, noSleep);
    const order: string[] = [];
    const controller = new AbortController();
    const running = ask(budget, order, 'running');
    ask(budget, order, 'impatient', 1, controller.signal);
    const patient = ask(budget, order, 'patient', 1);
    ask(budget, order, 'last', 2);
    controller.abort(new Error('cancelled'));
    await turn();
    await running();
    await turn();
    await patient();
    await turn();
    expect(order).toEqual(['running', 'impatient left', 'patient', 'last']);
  });

  it('has as many lanes as its limit, whatever the priorities and however often a lane is given back', async () => {
    const budget = createBudget({ concurrency: 3 }, noSleep);
    let open = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const back = await budget.take(never, (index * 7) % 11);
        open += 1;
        most = Math.max(most, open);
        await turn();
        open -= 1;
        back();
        back();
      }),
    );
    expect(most).toBe(3);
  });

  it('gives several lanes together or not at all, and lets nobody pass who came later', async () => {
    const budget = createBudget({ concurrency: 4 }, noSleep);
    const order: string[] = [];
    const note = async (name: string, lanes: number): Promise<() => void> => {
      const back = await budget.take(never, 0, lanes);
      order.push(name);
      return back;
    };
    const three = await note('three', 3);
    const two = note('two', 2);
    const one = note('one', 1);
    await turn();
    expect(order).toEqual(['three']);
    three();
    (await two)();
    (await one)();
    // More than there are: all of them.
    (await note('nine', 9))();
    expect(order).toEqual(['three', 'two', 'one', 'nine']);
  });

  it('lets the next in when one that waited for several lanes leaves', async () => {
    const budget = createBudget({ concurrency: 2 }, noSleep);
    const held = await budget.take(never);
    const controller = new AbortController();
    const both = budget.take(controller.signal, 0, 2);
    const single = budget.take(never);
    controller.abort(new Error('cancelled'));
    await expect(both).rejects.toThrow('cancelled');
    (await single)();
    held();
  });
});

it('an account is what the API takes for one: connector, origin and credentials, each rate key for itself', () => {
  const connectorOf = (name: string) =>
    defineConnector(z.object({ url: z.string(), token: z.string() }), () => ({
      name,
      title: 'Tiny',
      docs: '',
      secrets: ['token'],
      baseUrl: ({ url }) => url,
      auth: { kind: 'bearer', token: ({ token }) => token },
      limits: { default: { concurrency: 1 } },
      probe: async () => [],
      streams: {},
    }));
  const config = { url: 'https://api.example.com/v1/', token: 'token-of-the-budget-1' };
  const mine = accountBudget(connectorOf('tiny'), config, 'default');
  const sameAccount = { ...config, url: 'https://api.example.com/v2/' };
  expect(accountBudget(connectorOf('tiny'), sameAccount, 'default')).toBe(mine);
  const others = [
    accountBudget(connectorOf('tiny2'), config, 'default'),
    accountBudget(connectorOf('tiny'), { ...config, url: 'https://eu.example.com/v1/' }, 'default'),
    accountBudget(connectorOf('tiny'), { ...config, token: 'token-of-the-budget-2' }, 'default'),
    accountBudget(connectorOf('tiny'), config, 'search'),
  ];
  expect(new Set([mine, ...others]).size).toBe(5);
});
