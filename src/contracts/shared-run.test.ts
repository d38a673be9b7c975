import { expect, test } from 'vitest';
import { createSharedRun } from './shared-run.ts';

/** Work that ends when it is told to. */
function heldWork() {
  const begun: { readonly input: string; readonly end: (error?: Error) => void }[] = [];
  const run = createSharedRun<string, string>(async (input) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    begun.push({ input, end: (error) => (error === undefined ? resolve() : reject(error)) });
    await promise;
    return `did ${input}`;
  });
  return { run, begun };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('whoever asks during a run shares the next one, which begins after it, with the latest input', async () => {
  const { run, begun } = heldWork();
  const first = run('a');
  await settled();
  const shared = [run('b'), run('c'), run('d')];
  await settled();
  expect(begun.map(({ input }) => input)).toEqual(['a']);
  begun[0]!.end();
  expect(await first).toBe('did a');
  await settled();
  expect(begun.map(({ input }) => input)).toEqual(['a', 'd']);
  const later = run('e');
  begun[1]!.end();
  expect(await Promise.all(shared)).toEqual(['did d', 'did d', 'did d']);
  await settled();
  begun[2]!.end();
  expect(await later).toBe('did e');
});

test('a failure is for those whom the run was for; the next run begins all the same', async () => {
  const { run, begun } = heldWork();
  const first = run('a');
  await settled();
  const second = run('b');
  begun[0]!.end(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await settled();
  begun[1]!.end();
  expect(await second).toBe('did b');
});
