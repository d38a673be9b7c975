import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { defineConnector } from '../../../connectors/_kit/contract.ts';
import type { Hook } from '../../../connectors/_kit/hook.ts';
import { loadProject } from '../../config/load.ts';
import { openInbox } from '../../inbox/reader.ts';
import { ecdsaHeaders, hooks, nowSeconds, sender } from '../../receiver/receiver.fixture.ts';
import { Poster, requestBytes } from '../../receiver/sender.fixture.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { outputSchemas } from '../json-schemas.ts';
import { receive, type ReceiveFlags } from './receive.ts';

const Config = z.looseObject({
  credentials: z.object({ key: z.string().optional(), path_secret: z.string().optional() }),
});
type Config = z.output<typeof Config>;

const events: Hook<Config> = {
  description: 'Events of messages.',
  signature: hooks.events.signature,
  keys: ({ credentials: { key } }) => (key === undefined ? [] : [key]),
  pathSecret: ({ credentials }) => credentials.path_secret,
};
const stamped: Hook<Config> = {
  ...events,
  signature: {
    kind: 'hmac-sha256',
    header: 'X-S',
    format: 'base64',
    timestampHeader: 'X-T',
    timestampUnit: 'ms',
    signed: '{method}{uri}{body}{timestamp}',
  },
};

/** A service that pushes; the configuration knows it, and so does the command. */
const pusher = (hook: Hook<Config>) =>
  defineConnector(Config, () => ({
    name: 'pusher',
    title: 'Pusher',
    docs: 'none',
    secrets: ['credentials.key', 'credentials.path_secret'],
    baseUrl: () => 'https://pusher.example',
    auth: { kind: 'none' },
    limits: { default: { concurrency: 1 } },
    hooks: { events: hook },
    probe: () => Promise.resolve([]),
    streams: {},
  }));

const pathSecret = 'a-path-secret-of-32-characters-!';
let folder: string;
let said: string[];
let documents: Record<string, unknown>[];
let stop: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailmart-receive-'));
  said = [];
  documents = [];
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await rm(folder, { recursive: true, force: true });
});

async function writeProject(credentials: string, more = ''): Promise<void> {
  const text = `company: { name: Acme, time_zone: UTC, currency: EUR }\nsources:\n  - { id: shop, type: pusher, credentials: { ${credentials} } }\n${more}`;
  await writeFile(join(folder, 'mailmart.yaml'), text);
}

function run(flags: ReceiveFlags = {}, hook = events): ReturnType<typeof receive> {
  const env = {
    KEY: sender.publicKey,
    BAD_KEY: 'MFkwnot-a-public-key-at-all-0123456789',
    SECRET: pathSecret,
    MAILMART_CLOCK: new Date(nowSeconds * 1000).toISOString(),
  };
  const sources = { pusher: pusher(hook) };
  const context: Context = {
    options: {},
    env,
    signal: stop.signal,
    output: {
      json: true,
      isTerminal: false,
      document: (command, fields) => void documents.push({ version: 1, command, ...fields }),
      data: () => undefined,
      say: (text) => void said.push(text),
      warn: (text) => void said.push(text),
      repeatWarnings: () => undefined,
    },
    project: () => Promise.resolve(loadProject(folder, env, sources)),
  };
  return receive(context, { port: '0', ...flags }, sources);
}

async function failure(run: Promise<unknown>): Promise<CliError['report']> {
  const error = await run.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof CliError) return error.report;
  throw new Error('It did not fail with a report.', { cause: error });
}

async function started(): Promise<string> {
  await expect.poll(() => documents).toHaveLength(1);
  return String(documents[0]!['address']);
}

test('it says which sources post to which address, stores what they post, and leaves in order', async () => {
  await writeProject(
    'key: "${env:KEY}", path_secret: "${env:SECRET}"',
    'receive: { public_url: https://hooks.example.com }\n',
  );
  const ended = run();
  const poster = new Poster(await started());
  expect(await poster.send(requestBytes('/hooks/shop/events', ecdsaHeaders('[]'), '[]'))).toBe(200);
  poster.close();
  stop.abort();
  expect(await ended).toBe('done');
  expect(outputSchemas['receive']?.parse(documents[0])).toMatchObject({
    hooks: [
      {
        account_id: 'shop',
        hook: 'events',
        signed_url: 'https://hooks.example.com/hooks/shop/events',
        unsigned_url: 'https://hooks.example.com/hooks/shop/events/<path secret>',
        problem: null,
      },
    ],
  });
  expect(said.join('\n')).toContain('signed:   POST https://hooks.example.com/hooks/shop/events');
  const [segment] = await openInbox(folder, 'shop').segments('events');
  expect(segment).toMatchObject({ isClosed: true });
  const log = await readFile(join(folder, '.mailmart', 'logs', 'mailmart.log'), 'utf8');
  expect(log).toMatch(/"account":"shop","hook":"events","bytes":2,"stored":1,"msg":"posts"/);
  for (const text of [log, said.join('\n'), JSON.stringify(documents)]) {
    expect(text).not.toContain(pathSecret);
    expect(text).not.toContain(sender.publicKey);
  }
});

test('without a key and a path secret there is nothing to receive, and it says for which hook', async () => {
  await writeProject('');
  expect(await failure(run())).toMatchObject({
    code: 'RECEIVER_NOTHING',
    exit: 'config',
    why: expect.stringContaining('shop/events') as string,
  });
});

test('a key that cannot be one is a mistake of the configuration, and is not repeated', async () => {
  await writeProject('key: "${env:BAD_KEY}"');
  const report = await failure(run());
  expect(report).toMatchObject({
    code: 'CONFIG_VALUE',
    exit: 'config',
    what: expect.stringContaining('hook events of shop') as string,
  });
  expect(JSON.stringify(report)).not.toContain('MFkwnot');
});

test('a service that signs the address needs it in the configuration', async () => {
  await writeProject('key: "${env:KEY}"');
  expect(await failure(run({}, stamped))).toMatchObject({
    code: 'CONFIG_MISSING_KEY',
    fix: expect.stringContaining('public_url') as string,
  });
  await writeProject('key: "${env:KEY}"', 'receive: { public_url: https://hooks.example.com }\n');
  const ended = run({}, stamped);
  await started();
  stop.abort();
  expect(await ended).toBe('done');
});

test('a second receiver, a taken port and an address of another machine are told apart', async () => {
  await writeProject('key: "${env:KEY}"');
  const ended = run();
  await started();
  expect(await failure(run())).toMatchObject({
    code: 'RECEIVER_ACTIVE',
    what: expect.stringContaining(String(process.pid)) as string,
  });
  stop.abort();
  await ended;
  stop = new AbortController();
  const server = createServer().listen(0, '127.0.0.1');
  await expect.poll(() => server.listening).toBe(true);
  const { port } = server.address() as { readonly port: number };
  expect(await failure(run({ port: String(port) }))).toMatchObject({
    code: 'RECEIVER_ADDRESS',
    what: expect.stringContaining('EADDRINUSE') as string,
  });
  server.close();
  expect(await failure(run({ host: '192.0.2.1' }))).toMatchObject({ code: 'RECEIVER_ADDRESS' });
  expect(await failure(run({ port: '99999' }))).toMatchObject({ code: 'USAGE', exit: 'usage' });
  // What failed left nothing locked.
  const again = run();
  await expect.poll(() => documents).toHaveLength(2);
  stop.abort();
  expect(await again).toBe('done');
});
