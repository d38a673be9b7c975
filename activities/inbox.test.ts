import { beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { defineConnector } from '../connectors/_kit/contract.ts';
import { emptyInbox, type Hook } from '../connectors/_kit/hook.ts';
import { jsonArray, pushStream } from '../connectors/_kit/push.ts';
import { tiny } from '../connectors/_kit/suite/tiny.ts';
import type { ItemState } from '../src/contracts/sync.ts';
import type { Deps } from './deps.ts';
import { inboxOf, removeLoadedPosts } from './inbox.ts';

const hook: Hook<unknown> = { description: '', signature: null, keys: () => [] };
const posted = (name: string) =>
  pushStream({
    hook: name,
    description: '',
    records: jsonArray,
    schema: z.looseObject({ id: z.string() }),
    primaryKey: ['id'],
  });

const connector = defineConnector(z.object({}), (stream) => ({
  ...tiny,
  name: 'fake',
  hooks: { events: hook, pings: hook },
  streams: {
    events: stream(posted('events')),
    audit: stream(posted('events')),
    lists: stream({ ...posted('none'), push: undefined } as never),
  },
}));

let states: Readonly<Record<string, Readonly<Record<string, ItemState>>>>;
let offsets: string[];
beforeEach(() => {
  states = {};
  offsets = [];
});

/** What may be removed of the segments `a` and `b` when a stream has finished. */
async function after(finished: string, streams: 'all' | readonly string[] = 'all'): Promise<readonly string[]> {
  const source = { id: 'shop', type: 'fake', streams, mutable_window: 'P35D' } as const;
  const deps = {
    project: { config: { sources: [source] }, source: () => source },
    connectors: { fake: connector },
    warehouse: {
      readState: ({ stream }: { stream: string }) => Promise.resolve(new Map(Object.entries(states[stream] ?? {}))),
    },
    inbox: () => ({
      ...emptyInbox,
      removeLoaded: (name: string, loadedTo: (segment: string) => number | undefined) => {
        offsets.push(`${name} a:${loadedTo('a')} b:${loadedTo('b')}`);
        return Promise.resolve();
      },
    }),
  } as unknown as Deps;
  offsets = [];
  await removeLoadedPosts(deps, { source: 'fake', accountId: 'shop', stream: finished });
  return offsets;
}

const read = (cursor: number): ItemState => ({ readAt: '2026-06-30T12:00:00.000Z', cursor: String(cursor) });
const anyAge = `pings a:${Number.MAX_SAFE_INTEGER} b:${Number.MAX_SAFE_INTEGER}`;

it('only what every stream that takes a hook’s posts has in raw may go', async () => {
  states = { events: { a: read(70), b: read(10) }, audit: { a: read(40) } };
  expect(await after('events')).toEqual(['events a:40 b:0', anyAge]);
  expect(await after('audit')).toEqual(['events a:40 b:0', anyAge]);
});

it('a stream that is not configured is waited for by nobody, unless it is synced by name', async () => {
  states = { events: { a: read(70) } };
  expect(await after('events', ['events', 'lists'])).toEqual(['events a:70 b:0', anyAge]);
  expect(await after('audit', ['events', 'lists'])).toEqual(['events a:0 b:0', anyAge]);
});

it('what no configured stream takes stays, whatever else finishes: it could not be had again', async () => {
  expect(await after('lists', ['lists'])).toEqual([anyAge]);
});

it('nothing was ever received where nothing receives', async () => {
  expect(await inboxOf({}, 'shop').segments('events')).toEqual([]);
});
