import { expect, test } from 'vitest';
import { freeBytes } from './free-bytes.ts';

test.each([8_000, 44_000, 1_000_000])('%d bytes that are alone are given back', (length) => {
  const bytes = Buffer.allocUnsafeSlow(length);
  freeBytes(bytes);
  expect(bytes).toHaveLength(0);
});

test.each([
  ['the first in its slab', () => Buffer.from(new ArrayBuffer(Buffer.poolSize), 0, Buffer.poolSize / 2 - 1)],
  ['one that Node may have cut from its slab', () => Buffer.allocUnsafe(Buffer.poolSize / 2 - 1)],
  ['a view of the middle', () => Buffer.alloc(100_000).subarray(1)],
  ['a short view of the beginning', () => Buffer.alloc(100_000).subarray(0, 50_000)],
])('what may share its memory stays: %s', (_what, make) => {
  const bytes = make();
  const { length } = bytes;
  freeBytes(bytes);
  expect(bytes).toHaveLength(length);
});
