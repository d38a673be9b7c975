import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { AnyConnector } from '../../activities/deps.ts';
import { exportStream } from '../../connectors/_kit/export.ts';
import { connectors } from '../../connectors/index.ts';
import type { Fault as MailchimpFault } from '../../connectors/mailchimp/simulator.ts';
import { contactsExport } from '../../connectors/sendgrid/contacts-export.ts';
import { postsOf } from '../../connectors/sendgrid/simulator-hook.ts';
import type { Fault as SendgridFault } from '../../connectors/sendgrid/simulator.ts';
import type { Fault } from '../../src/demo/simulator/faults.ts';
import { createWorld } from '../../src/demo/world.ts';
import { startInProcess } from './in-process.ts';
import { both, differencesOf, syncAll, transformAll } from './pipeline.ts';
import { latePosts } from './sources.ts';

const world = createWorld({ seed: 3, size: 'tiny' });
const timeoutMs = 1_500;
/** Contacts are so often not ready that the run gives its place back. */
const pendingPolls = 6;

/** Of any API. */
const common: readonly Fault[] = [
  { kind: 'bad_gateway' },
  { kind: 'reset' },
  { kind: 'reset_in_body' },
  { kind: 'stall', ms: 60_000 },
  { kind: 'truncated' },
  { kind: 'html_200' },
  { kind: 'empty_body' },
  { kind: 'unknown_field' },
];
const ofMailchimp: readonly MailchimpFault[] = [
  { kind: 'rate_limited' },
  { kind: 'rate_limited', retryAfter: '7' },
  { kind: 'blocked' },
  { kind: 'server_error' },
  ...common,
];
const ofSendgrid: readonly SendgridFault[] = [
  { kind: 'rate_limited', seconds: 1 },
  { kind: 'rate_limited_bare' },
  { kind: 'server_error' },
  { kind: 'timeout' },
  ...common,
];
/** Of the files of the export too. */
const ofFiles: readonly SendgridFault[] = [
  { kind: 'truncated', path: '^GET /exports/' },
  { kind: 'reset_in_body', path: '^GET /exports/', from: 3 },
];

/** One after another, so far apart that no request meets three: how often one is tried is the kit's own tests' matter. */
const spaced = <F extends object>(faults: readonly F[]): readonly (F & { from: number })[] =>
  faults.map((fault, index) => ({ ...fault, from: 4 + 10 * index }));
const kindsOf = (faults: readonly { readonly kind: string }[]): readonly string[] =>
  [...new Set(faults.map(({ kind }) => kind))].sort();

it('sources that stumble and posts that come late, twice and out of order change no number', async () => {
  const waits: number[] = [];
  const run = await startInProcess({
    world,
    sources: both,
    registry: { sendgrid: withoutPauses() },
    http: {
      timeoutMs,
      sleep: async (ms, signal) => {
        waits.push(ms);
        await delay(Math.min(ms, 20), undefined, { signal });
      },
    },
    // Fewer than are asked for in one go: whoever does not keep to the headers is over them.
    rates: { logs: { requests: 25, seconds: 1 } },
    pendingPolls,
    hasLatePosts: true,
  });
  onTestFinished(run.stop);
  run.simulator.faults.add(...spaced(ofMailchimp));
  run.sendgrid.faults.add(...ofFiles, ...spaced(ofSendgrid));
  run.sendgrid.faults.failExports(1);
  await syncAll(run);
  const [late] = await run.sync(world.sendgrid.accountId, ['events']);
  await transformAll(run);
  expect(await differencesOf(run, world, { sources: both })).toEqual({});

  // It did go wrong, in every way.
  expect(kindsOf(run.simulator.faults.struck())).toEqual(kindsOf(ofMailchimp));
  expect(kindsOf(run.sendgrid.faults.struck())).toEqual(kindsOf(ofSendgrid));
  expect(run.sendgrid.faults.struck().filter(({ path }) => path.startsWith('GET /exports/')).length).toBeGreaterThan(1);
  expect(waits.some((ms) => ms >= 7_000)).toBe(true);
  const exports = run.sendgrid.requests().filter(({ path }) => path.startsWith('/v3/marketing/contacts/exports'));
  expect(exports.filter(({ method }) => method === 'POST')).toHaveLength(2);
  expect(exports.length).toBeGreaterThan(2 * pendingPolls);
  expect(late?.counts.rowsInserted).toBeGreaterThan(0);
  const posts = postsOf(world, world.sendgrid.hookOnAt - 1, world.now, latePosts);
  const ids = posts.flatMap(({ eventIds }) => eventIds);
  expect(new Set(ids).size).toBeLessThan(ids.length);
  expect(posts.some(({ at }, index) => at < (posts[index - 1]?.at ?? 0))).toBe(true);

  // And nobody was asked more than allowed, though there was somebody to hold back.
  expect([run.simulator.violations(), run.sendgrid.violations()]).toEqual([[], []]);
  expect(run.simulator.maxInFlight()).toBeLessThanOrEqual(10);
  expect(run.sendgrid.requests().filter(({ route }) => route === '/v3/logs').length).toBeGreaterThan(25);
});

/** SendGrid's connector, whose exports are not waited for in place. */
function withoutPauses(): AnyConnector {
  const sendgrid = connectors['sendgrid'] as AnyConnector;
  const contacts = sendgrid.streams['contacts'];
  if (contacts === undefined || !('read' in contacts)) throw new Error('contacts are no export');
  const hurried = exportStream({ ...contacts, export: { ...contactsExport, pauses: [] } });
  return { ...sendgrid, streams: { ...sendgrid.streams, contacts: hurried } };
}
