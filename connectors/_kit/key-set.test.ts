import { expect, it } from 'vitest';
import { KeySet } from './key-set.ts';

it('knows what was added, and nothing else, over a million keys that differ in a digit', () => {
  const set = new KeySet();
  const key = (index: number): string => JSON.stringify(['f00ba12345', `person.${index}@example.com`]);
  for (let index = 0; index < 1_000_000; index += 2) set.add(key(index));
  for (let index = 0; index < 1_000_000; index += 2) set.add(key(index));
  let wrong = 0;
  for (let index = 0; index < 1_000_000; index += 1) if (set.has(key(index)) !== (index % 2 === 0)) wrong += 1;
  expect(wrong).toBe(0);
});

it('takes texts of any kind', () => {
  const set = new KeySet();
  const texts = ['', ' ', '\u0000', 'a', 'aa', 'ä', 'a\u0308', '💌', 'x'.repeat(100_000), 'x'.repeat(100_001)];
  for (const [index, text] of texts.entries()) {
    expect(set.has(text), `text ${index}`).toBe(false);
    set.add(text);
    expect(set.has(text)).toBe(true);
  }
});
