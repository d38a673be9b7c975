import { MockActivityEnvironment as Environment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { noCounts } from '../../src/contracts/counts.ts';
import { createActivities, type Activities } from '../../activities/index.ts';
import { connectors } from '../../connectors/index.ts';
import { createHookKeys, hookHeaders } from '../../connectors/sendgrid/simulator-hook.ts';
import { loadProject, type Project } from '../../src/config/load.ts';
import { endpointsOf } from '../../src/receiver/endpoints.ts';
import { startReceiver, type Receiver } from '../../src/receiver/receiver.ts';
import { openDeps, type OpenDeps } from '../../src/temporal/project-deps.ts';
import { cleaned, newAddress, subscribe } from '../../connectors/mailchimp/fixtures/webhooks.ts';

// Posts of Mailchimp and SendGrid over HTTP, through the receiver, the inbox and a reader thread, into raw.

const keys = createHookKeys('canary');
/** All that no log, error or file name may say: keys of any kind, and addresses. */
const canaries = new RegExp(`canary|@example|${keys.publicKey.replaceAll('+', '\\+')}`);
const secret = 'canary-signing-secret';
const pathSecret = 'canary-path-secret-16';
let now = '2026-06-30T12:00:00.000Z';
const clock = { now: () => now };
const lines: string[] = [];
const note = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
const logger = { debug: note, info: note, warn: note, error: note };

let folder: string;
let project: Project;
let receiver: Receiver;
let opened: OpenDeps;
/** SendGrid's API: refuses the key, and repeats it and whom it is about. */
let api: Server;
let activities: Activities;

beforeEach(async () => {
  now = '2026-06-30T12:00:00.000Z';
  lines.length = 0;
  api = createServer((request, response) => {
    const message = `${request.headers.authorization} of canary.zoe@example.com is revoked`;
    response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: [{ message }] }));
  });
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
  folder = mkdtempSync(join(tmpdir(), 'mailmart-receive-'));
  writeFileSync(
    join(folder, 'mailmart.yaml'),
    `company: { name: A, time_zone: UTC, currency: EUR }
receive: { keep: P1D }
sources:
  - id: shop
    type: mailchimp
    base_url: http://127.0.0.1:9/3.0
    credentials: { api_key: "\${env:KEY}" }
    webhook: { signing_secrets: ["\${env:OLD}", "\${env:NEW}"], path_secret: "\${env:SECRET}" }
  - id: mail
    type: sendgrid
    base_url: http://127.0.0.1:${(api.address() as AddressInfo).port}
    credentials: { api_key: "\${env:SENDGRID_KEY}" }
    webhook: { public_keys: [${keys.publicKey}] }
`,
  );
  project = loadProject(folder, {
    KEY: 'canary-key-us1',
    OLD: 'canary-older-secret',
    NEW: secret,
    SECRET: pathSecret,
    SENDGRID_KEY: 'SG.canary-key-4711.canary',
  });
  receiver = await startReceiver({
    projectDir: folder,
    endpoints: endpointsOf(
      project.config.sources.map(({ id, type }) => ({
        accountId: id,
        hooks: connectors[type]!.hooks!,
        config: project.secret(id),
      })),
    ),
    host: '127.0.0.1',
    port: 0,
    maxBody: 1_000_000,
    maxDisk: 100_000_000,
    publicUrl: 'http://localhost',
    clock,
    logger,
  });
  opened = await openDeps({ project, clock, logger, readerThreads: 1 });
  activities = createActivities(opened.deps);
  await opened.deps.warehouse.open();
});
afterEach(async () => {
  await opened.close();
  await receiver.stop(1000);
  api.close();
  rmSync(folder, { recursive: true, force: true });
});

async function post(body: unknown, { by = secret, path = '/hooks/shop/lists' } = {}): Promise<number> {
  const at = Math.floor(Date.parse(now) / 1000);
  const signature = createHmac('sha256', by)
    .update(`${at}.${String(body)}`)
    .digest('hex');
  const answer = await fetch(`${receiver.address}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(path === '/hooks/shop/lists' ? { 'x-mailchimp-signature': `t=${at},v1=${signature}` } : {}),
    },
    body: String(body),
  });
  return answer.status;
}

const call = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new Environment({}, { logger: new DefaultLogger('TRACE', (entry) => note(entry.meta ?? {}, entry.message)) }).run(
    activity,
    input,
  );

let runs = 0;
async function sync(key = { source: 'mailchimp', accountId: 'shop', stream: 'webhook_events' }): Promise<object> {
  const ref = {
    key,
    runId: `run-${(runs += 1)}`,
  };
  const { fence, slices } = await call(activities.planStream, { ...ref, round: 0 });
  await call(activities.extractBatch, { ...ref, from: 0, to: slices });
  const { inserted, unchanged, quarantined } = await call(activities.loadBatch, { ...ref, from: 0, to: slices, fence });
  const counts = { ...noCounts, slices };
  note(await call(activities.finishStream, { ...ref, counts, planned: slices, durationMs: 1 }), 'summary');
  return { slices, inserted, unchanged, quarantined };
}

it('what Mailchimp signs becomes rows once, what it does not sign becomes none, and what is loaded goes', async () => {
  expect((await fetch(`${receiver.address}/hooks/shop/lists`)).status).toBe(200);
  expect(await post(subscribe.body)).toBe(200);
  expect(await post(subscribe.body, { by: 'canary-older-secret' })).toBe(200);
  expect(await post(newAddress.body, { by: 'another' })).toBe(403);
  expect(await post(cleaned.body, { path: `/hooks/shop/lists/${pathSecret}` })).toBe(200);
  expect(await sync()).toEqual({ slices: 1, inserted: 1, unchanged: 0, quarantined: 0 });
  const raw = `select record ->> 'type' as type, record -> 'data' -> 'merges' ->> 'FNAME' as name, _person_key is not null as known
    from raw.mailchimp__webhook_events`;
  expect(await opened.deps.warehouse.query(raw)).toEqual([{ type: 'subscribe', name: 'Zoë', known: true }]);

  expect(await post(cleaned.body)).toBe(200);
  expect(await sync()).toEqual({ slices: 1, inserted: 1, unchanged: 0, quarantined: 0 });
  expect(await sync()).toMatchObject({ slices: 0 });

  await receiver.stop(1000);
  const files = (): readonly string[] => readdirSync(join(folder, '.mailmart', 'inbox', 'shop', 'lists'));
  const segments = (): number => files().filter((name) => name.endsWith('.closed')).length;
  expect(segments()).toBe(1);
  await sync();
  expect(segments()).toBe(1);
  now = '2026-07-02T12:00:00.000Z';
  await sync();
  expect(segments()).toBe(0);

  expect(said()).not.toMatch(canaries);
});

it('SendGrid’s key, its posts and whom they are about are in nothing that is said, whatever is refused', async () => {
  const ofMail = (stream: string) => ({ source: 'sendgrid', accountId: 'mail', stream });
  const event = { email: 'canary.ann@example.com', timestamp: 1_782_820_000, event: 'open', sg_event_id: 'e1' };
  const body = Buffer.from(
    JSON.stringify([
      event,
      // Not what is documented, by its own fault and by an answer of a server: quarantine.
      { ...event, email: 'canary.bob@example.com', sg_event_id: { id: 'canary' } },
      { ...event, sg_event_id: 'e2', timestamp: '<canary.cid@example.com> unknown' },
    ]),
  );
  const send = async (headers: Readonly<Record<string, string>>, path = '/hooks/mail/events'): Promise<number> =>
    (await fetch(`${receiver.address}${path}`, { method: 'POST', headers, body })).status;
  const at = String(Date.parse(now) / 1000);
  expect(await send(hookHeaders(body, keys.privateKey, at))).toBe(200);
  expect(await send(hookHeaders(body, createHookKeys('another').privateKey, at))).toBe(403);
  expect(await send({}, '/hooks/mail/events/canary-of-a-path')).toBe(404);
  expect(await post(cleaned.body, { path: '/hooks/shop/lists/canary-that-is-wrong' })).toBe(404);
  expect(await sync(ofMail('events'))).toEqual({ slices: 1, inserted: 1, unchanged: 0, quarantined: 2 });
  const refused: unknown = await sync(ofMail('bounces')).catch((error: unknown) => error);
  expect(refused).toMatchObject({ type: 'auth' });
  await receiver.stop(1000);
  const history = inspect(refused, { depth: 10, showHidden: true });
  expect(`${said()}\n${history}`).not.toMatch(canaries);
  // There was something to be said.
  expect(lines.join('\n')).toMatch(/refused/);
  expect(await opened.deps.warehouse.query('select path from ops.quarantine order by path')).toHaveLength(2);
});

/** What is logged, and how files are called. */
const said = (): string => `${lines.join('\n')}\n${readdirSync(folder, { recursive: true }).join('\n')}`;
