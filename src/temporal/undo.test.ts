import { expect, it } from 'vitest';
import { undoAll } from './undo.ts';

it('undoes the last first and all of it, and tells what failed first', async () => {
  const done: string[] = [];
  const step =
    (name: string, failure?: string): (() => Promise<void>) =>
    async () => {
      done.push(name);
      if (failure !== undefined) throw new Error(failure);
    };
  const steps = [step('lock'), step('server', 'it had gone'), step('warehouse'), step('worker', 'it has failed')];
  await expect(undoAll(steps)).rejects.toThrow('it has failed');
  expect(done).toEqual(['worker', 'warehouse', 'server', 'lock']);
  // Nothing is undone twice.
  await undoAll(steps);
  expect(done).toHaveLength(4);
});
