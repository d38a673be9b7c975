import { MockActivityEnvironment as Environment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { noCounts } from '../../src/contracts/counts.ts';
import { createActivities, type Activities } from '../../activities/index.ts';
import { connectors } from '../../connectors/index.ts';
import { loadProject, type Project } from '../../src/config/load.ts';
import { endpointsOf } from '../../src/receiver/endpoints.ts';
import { startReceiver, type Receiver } from '../../src/receiver/receiver.ts';
import { openDeps, type OpenDeps } from '../../src/temporal/project-deps.ts';
import { cleaned, newAddress, subscribe } from '../../connectors/mailchimp/fixtures/webhooks.ts';

// Mailchimp's posts over HTTP, through the receiver, the inbox and a reader thread, into raw.

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
let activities: Activities;

beforeEach(async () => {
  now = '2026-06-30T12:00:00.000Z';
  lines.length = 0;
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
`,
  );
  project = loadProject(folder, { KEY: 'canary-key-us1', OLD: 'canary-older-secret', NEW: secret, SECRET: pathSecret });
  const { hooks } = connectors['mailchimp']!;
  receiver = await startReceiver({
    projectDir: folder,
    endpoints: endpointsOf([{ accountId: 'shop', hooks: hooks!, config: project.secret('shop') }]),
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
  new Environment({}, { logger: new DefaultLogger('ERROR', () => undefined) }).run(activity, input);

let runs = 0;
async function sync(): Promise<object> {
  const ref = {
    key: { source: 'mailchimp', accountId: 'shop', stream: 'webhook_events' },
    runId: `run-${(runs += 1)}`,
  };
  const { fence, slices } = await call(activities.planStream, { ...ref, round: 0 });
  await call(activities.extractBatch, { ...ref, from: 0, to: slices });
  const { inserted, unchanged, quarantined } = await call(activities.loadBatch, { ...ref, from: 0, to: slices, fence });
  const counts = { ...noCounts, slices };
  await call(activities.finishStream, { ...ref, counts, planned: slices, durationMs: 1 });
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

  // Neither keys nor addresses in what is said or in how files are called.
  const said = `${lines.join('\n')}\n${readdirSync(folder, { recursive: true }).join('\n')}`;
  expect(said).not.toMatch(/canary|@example/);
});
