import assert from 'node:assert/strict';
import type { Cursor } from '../contract.ts';
import { durationMs } from '../duration.ts';
import { timeMs } from '../instant.ts';
import { assertFailure, assertSame, readAgain, withLimit, type Check } from './case.ts';
import { noDownload } from './no-download.ts';

/** State between syncs: no gap, no overlap beyond the look-back, and nothing lost to a crash. */
export const stateChecks: readonly Check[] = [
  {
    name: 'two syncs, the second from the state of the first: no gap, no overlap beyond the look-back',
    run: async ({ name, stream, memories, reads }) => {
      const [continued, fresh] = [memories.continued.content(name), memories.fresh.content(name)];
      // What a source forgets after a while stays with us: a fresh sync knows less, and nothing else.
      const known = stream.sweep === false ? continued.filter((line) => new Set(fresh).has(line)) : continued;
      assert.deepEqual(difference(known, fresh), [], 'the second sync and a fresh one differ');
      if (stream.cursor === 'full-refresh') return;
      const { unit } = stream.cursor as Cursor<unknown>;
      for (const { slice, rows } of reads.second.filter((read) => read.slice.mode === 'incremental')) {
        const from = timeMs(slice.window?.from, unit) ?? Number.NEGATIVE_INFINITY;
        const early = rows.filter(({ _cursor_at }) => _cursor_at !== null && Date.parse(_cursor_at) < from);
        assert.equal(early.length, 0, `${early.length} rows before the window of ${slice.id} came again`);
      }
    },
  },
  {
    name: 'rows at the very time of the checkpoint are read again',
    appliesTo: ({ cursor, push }) => cursor !== 'full-refresh' && push === undefined,
    run: async (stream) => {
      const cursor = stream.stream.cursor as Cursor<unknown>;
      const { continued } = stream.memories;
      assert.ok(
        durationMs(cursor.lookback) > 0,
        'without a look-back, a filter "after" loses rows of the checkpoint’s own instant',
      );
      const slices = await continued.plan(
        {
          ...stream.settings,
          http: {
            request: () => Promise.reject(new Error('planning sends nothing')),
            download: noDownload,
            requests: 0,
          },
        },
        stream.name,
      );
      let ties = 0;
      for (const slice of slices.filter(({ mode }) => mode === 'incremental')) {
        const stored = continued.state(stream.name).get(slice.item)?.cursor;
        const at = timeMs(stored, cursor.unit);
        if (at == null) continue;
        const { read, error } = await readAgain(stream, { slice });
        if (error !== undefined) throw error;
        ties += read?.rows.filter(({ _cursor_at }) => _cursor_at !== null && Date.parse(_cursor_at) === at).length ?? 0;
        if (ties > 0) return;
      }
      assert.ok(ties > 0, 'no incremental read showed a row at its checkpoint again');
    },
  },
  {
    name: 'a crash in the middle, then again: the same rows, and no state before the end',
    appliesTo: ({ push }) => push === undefined,
    run: async (stream) => {
      const connector = withLimit(stream, Math.max(1, Math.ceil(stream.undisturbed.end.units / 3))) ?? stream.connector;
      const pages = (await readAgain(stream, { connector })).requests;
      const reset = { kind: 'reset' } as const;
      stream.relay.next(...(pages > 1 ? [{ kind: 'pass' } as const] : []), reset, reset, reset);
      assertFailure(await readAgain(stream, { connector }), 'transient');
      assertSame(stream, await readAgain(stream, { connector }));
    },
  },
];

/** First differences of two sorted lists, readable. */
function difference(ours: readonly string[], theirs: readonly string[]): readonly string[] {
  const [left, right] = [new Set(ours), new Set(theirs)];
  const lines = [
    ...ours.filter((line) => !right.has(line)).map((line) => `only in the second sync: ${line}`),
    ...theirs.filter((line) => !left.has(line)).map((line) => `only in a fresh sync: ${line}`),
  ];
  return lines.slice(0, 10);
}
