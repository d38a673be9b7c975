import { expect, it } from 'vitest';
import { modeOf } from './mode.ts';
import { fakeVendor } from './suite/fake-vendor.ts';

const { contacts, sends, events } = fakeVendor.streams;
const custom = { ...sends!, read: async function* () {}, why: 'planted' };

it.each([
  ['snapshot', sends!],
  ['incremental', contacts!],
  ['per_parent', events!],
  ['push', { ...contacts!, push: 'events' }],
  ['export', { ...custom, mode: 'export' as const }],
  ['file', { ...custom, mode: 'file' as const }],
  ['snapshot', custom],
])('a stream is of mode %s', (mode, stream) => {
  expect(modeOf(stream)).toBe(mode);
});
