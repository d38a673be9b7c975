import assert from 'node:assert/strict';
import { MemoryInbox, type Posted } from './memory-inbox.ts';
import { Memory } from './memory.ts';
import { noDownload } from './no-download.ts';
import type { Check, StreamCase } from './case.ts';

const isPush: NonNullable<Check['appliesTo']> = ({ push }) => push !== undefined;

/** Bodies that no hook sends; each must show up in quarantine. */
const badBodies: readonly unknown[] = ['[{}]', '{}', 'null', '{', '', '[1]', new Uint8Array([0xff, 0x00, 0xfe])];

/** What every stream of posted records keeps to: posts come again, late, in another order, damaged and forged. */
export const pushChecks: readonly Check[] = [
  {
    name: 'it is declared as what it is: a hook of the connector, a key, immutable, nothing taken as vanished',
    appliesTo: isPush,
    run: async ({ connector, stream, reads }) => {
      assert.ok(Object.hasOwn(connector.hooks ?? {}, stream.push!), `the connector has no hook named ${stream.push}`);
      assert.equal(stream.immutable, true, 'it is not declared immutable');
      assert.equal(stream.sweep, false, 'a range of posts would take every other row as vanished');
      for (const { rows } of reads.fresh)
        for (const { record } of rows)
          for (const field of stream.primaryKey as readonly string[])
            assert.ok(Object.hasOwn(record, field), `a record has no ${field}, which is part of the key`);
    },
  },
  {
    name: 'posts that come twice, or in another order, change nothing',
    appliesTo: isPush,
    run: async (stream) => {
      const { posts, memories } = stream;
      const once = memories.fresh.content(stream.name);
      const orders = [[...posts, ...posts], posts.toReversed(), [...posts].flatMap((post) => [post, post])];
      for (const order of orders) {
        const { memory } = await syncOf(stream, inboxOf(stream, order));
        assert.deepEqual(memory.content(stream.name), once, 'the rows differ from those of each post once');
        assert.deepEqual(memory.others, [], 'a copy of a post has another content under the same key');
      }
    },
  },
  {
    name: 'a post that is not what the hook sends is refused with its place, and holds up nothing',
    appliesTo: isPush,
    run: async (stream) => {
      for (const body of badBodies) {
        const bad = { body, contentType: stream.posts[0]?.contentType ?? 'application/json' };
        const [first, ...rest] = stream.posts;
        const inbox = inboxOf(stream, [bad, first!, bad, ...rest, bad]);
        const { memory, reads } = await syncOf(stream, inbox);
        const shown = body instanceof Uint8Array ? 'bytes that are no text' : JSON.stringify(body);
        assert.deepEqual(
          memory.content(stream.name),
          stream.memories.fresh.content(stream.name),
          `with ${shown} between the posts the rows differ`,
        );
        const rejected = reads.flatMap((read) => read.rejected);
        assert.equal(rejected.length, 3, `${shown} came three times and was refused ${rejected.length} times`);
        for (const { position } of rejected)
          assert.match(position, /@\d+/, `the place of ${shown} names no offset: ${position}`);
        const [segment] = await inbox.segments(stream.stream.push!);
        const state = memory.state(stream.name).get(segment!.name);
        assert.equal(state?.cursor, String(segment!.bytes), 'the checkpoint stays before what was refused');
      }
    },
  },
  {
    name: 'posts without a signature are no facts',
    appliesTo: isPush,
    run: async (stream) => {
      const forged = stream.posts.map((post) => ({ ...post, isSigned: false }));
      const { memory, reads } = await syncOf(stream, inboxOf(stream, forged));
      assert.deepEqual(memory.content(stream.name), [], 'rows of posts that nobody signed');
      const refused = reads.flatMap(({ rejected }) => rejected);
      assert.deepEqual(refused, [], 'what nobody signed is in quarantine, where anybody could fill the disk');
    },
  },
  {
    name: 'a second sync goes on at the offset of the first, wherever the segment ended, and reads nothing twice',
    appliesTo: isPush,
    run: async (stream) => {
      for (let cut = 0; cut <= stream.posts.length; cut += 1) {
        const inbox = inboxOf(stream, stream.posts.slice(0, cut));
        const { memory } = await syncOf(stream, inbox);
        inbox.post(stream.stream.push!, ...stream.posts.slice(cut));
        await syncOf(stream, inbox, memory);
        await syncOf(stream, inbox, memory);
        assert.deepEqual(
          memory.content(stream.name),
          stream.memories.fresh.content(stream.name),
          `rows differ when ${cut} of ${stream.posts.length} posts were there at first`,
        );
        const ranges = inbox.reads.map((range) => range.split(' ')[1]!.split('-').map(Number) as [number, number]);
        for (const [index, [from]] of ranges.entries())
          assert.ok(from >= (ranges[index - 1]?.[1] ?? 0), 'a range of posts was read twice');
      }
    },
  },
];

/** An inbox with these posts to the stream's hook. */
function inboxOf<C>({ stream }: StreamCase<C>, posts: readonly Posted[]): MemoryInbox {
  return new MemoryInbox().post(stream.push!, ...posts);
}

async function syncOf<C>(stream: StreamCase<C>, inbox: MemoryInbox, memory = new Memory()) {
  const http = {
    request: () => Promise.reject(new Error('what is posted is asked for nowhere')),
    download: noDownload,
    requests: 0,
  };
  const reads = await memory.sync({ ...stream.settings, http, inbox }, stream.name);
  for (const { end } of reads) assert.equal(end.incomplete, undefined);
  return { memory, reads };
}
