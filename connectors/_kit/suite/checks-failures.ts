import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { secretsIn } from '../secrets.ts';
import { assertFailure, assertSame, readAgain, type Check, type StreamCase } from './case.ts';
import type { RelayFault } from './relay.ts';

const answer = (status: number, headers: Readonly<Record<string, string>> = {}, body?: string): RelayFault => ({
  kind: 'answer',
  status,
  headers,
  ...(body === undefined ? {} : { body }),
});
const always = (fault: RelayFault): readonly RelayFault[] => Array.from({ length: 50 }, () => fault);
const html = answer(200, { 'content-type': 'text/html' }, '<html><body>Bad gateway</body></html>');

/** Failures by kind: what to do next, how many requests it costs, and that nothing leaks. */
const ofRequests: readonly Check[] = [
  {
    name: '429 with a short wait is waited out',
    run: async (stream) => {
      stream.relay.next(answer(429, { 'retry-after': '2' }));
      const outcome = await readAgain(stream);
      assertSame(stream, outcome);
      assert.ok(outcome.waits.length === 1 && outcome.waits[0]! >= 2000, `waited ${outcome.waits.join(', ')} ms`);
    },
  },
  {
    name: '429 with a long wait: exactly one request',
    run: async (stream) => {
      stream.relay.next(...always(answer(429, { 'retry-after': '3600' })));
      const outcome = await readAgain(stream);
      const failure = assertFailure(outcome, 'quota_exhausted');
      assert.deepEqual([outcome.requests, failure.retryAfterMs], [1, 3_600_000]);
    },
  },
  {
    name: '401 is a matter of credentials: one request, and a fix',
    run: async (stream) => {
      stream.relay.next(...always(answer(401, {}, '{"title":"API Key Invalid"}')));
      const outcome = await readAgain(stream);
      const failure = assertFailure(outcome, 'auth');
      assert.equal(outcome.requests, 1);
      assert.ok(failure.fix !== undefined && failure.fix.length > 0, 'it does not say what to do');
    },
  },
  {
    name: '500, then the answer',
    run: async (stream) => {
      stream.relay.next(answer(500, {}, '{"title":"Internal Server Error"}'));
      assertSame(stream, await readAgain(stream));
    },
  },
  {
    name: 'truncated JSON, HTML, an empty body or a cut connection once: the same rows; for ever: a failure, never "no rows"',
    run: async (stream) => {
      for (const fault of [{ kind: 'truncate' }, html, answer(200), answer(204), { kind: 'reset' }] as const) {
        stream.relay.next(fault);
        assertSame(stream, await readAgain(stream));
        stream.relay.next(...always(fault));
        assertFailure(await readAgain(stream), 'transient');
      }
    },
  },
  {
    name: 'no credential appears in a failure',
    run: async (stream) => {
      const secrets = secretsOf(stream);
      const texts: string[] = [];
      for (const status of [200, 302, 400, 401, 403, 404, 429, 500]) {
        stream.relay.next(...always({ kind: 'echo', status }));
        const { error, read } = await readAgain(stream);
        // Whatever the status meant to this connector (a 404 may be a skip), its words must be clean.
        texts.push(inspect(error, { depth: 12, showHidden: true }), String(error?.stack), read?.end.skipped ?? '');
      }
      const all = texts.join('\n');
      for (const secret of secrets) {
        for (const spelling of [
          secret,
          Buffer.from(secret).toString('base64').replace(/=+$/, ''),
          encodeURIComponent(secret),
        ]) {
          assert.ok(!all.includes(spelling), 'a secret, or an encoded form of it, is in a failure');
        }
      }
    },
  },
];

/** What was posted is asked for nowhere. */
export const failureChecks: readonly Check[] = ofRequests.map((check) => ({
  ...check,
  appliesTo: ({ push }) => push === undefined,
}));

function secretsOf<C>({ connector, settings }: StreamCase<C>): readonly string[] {
  return secretsIn(connector, settings.config);
}
