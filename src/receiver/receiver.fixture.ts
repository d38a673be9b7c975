import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hook, Post } from '../../connectors/_kit/hook.ts';
import { openInbox } from '../inbox/reader.ts';
import { endpointsOf, type AccountHooks } from './endpoints.ts';
import { startReceiver, type Receiver, type ReceiverOptions } from './receiver.ts';

/** Keys of a made-up account, as its part of mailmart.yaml would give them. */
type HookConfig = { readonly keys?: readonly string[]; readonly secret?: string };

const keysOf = (config: HookConfig): readonly string[] => config.keys ?? [];
const secretOf = (config: HookConfig): string | undefined => config.secret;

/** Hooks of the kinds that vendors have: signed for ever, signed with an age, not signed at all. */
export const hooks = {
  events: {
    description: 'Events of messages.',
    signature: {
      kind: 'ecdsa-p256-sha256',
      header: 'X-Twilio-Email-Event-Webhook-Signature',
      timestampHeader: 'X-Twilio-Email-Event-Webhook-Timestamp',
      signed: '{timestamp}{body}',
    },
    keys: keysOf,
  },
  lists: {
    description: 'Changes of lists.',
    signature: {
      kind: 'hmac-sha256',
      header: 'X-Mailchimp-Signature',
      format: 't-v1-hex',
      timestampUnit: 's',
      signed: '{timestamp}.{body}',
      maxAgeSeconds: 300,
    },
    keys: keysOf,
    pathSecret: secretOf,
    handshake: true,
  },
  changes: {
    description: 'Changes, unsigned.',
    signature: null,
    keys: keysOf,
    pathSecret: secretOf,
  },
} as const satisfies Record<string, Hook<HookConfig>>;

export type KeyPair = { readonly publicKey: string; readonly privateKey: KeyObject };

/** A key pair as a vendor would make it; the public half in base64 SPKI. */
export function keyPair(namedCurve = 'P-256'): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  return { publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'), privateKey };
}

export const sender = keyPair();
export const hmacKey = 'signing-secret-of-lists';
export const pathSecret = 'a-path-secret-of-32-characters-!';
export const now = '2026-06-30T12:00:00.000Z';
export const nowSeconds = Date.parse(now) / 1000;

export const accounts: readonly AccountHooks[] = [
  { accountId: 'shop', hooks: { events: hooks.events }, config: { keys: [sender.publicKey] } },
  { accountId: 'news', hooks: { lists: hooks.lists }, config: { keys: [hmacKey], secret: pathSecret } },
  { accountId: 'drip', hooks: { changes: hooks.changes }, config: { secret: pathSecret } },
];

export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Headers of a post to `shop/events`. */
export function ecdsaHeaders(
  body: string | Uint8Array,
  timestamp: number | string = nowSeconds,
  pair = sender,
): Record<string, string> {
  const signature = sign('sha256', Buffer.concat([Buffer.from(String(timestamp)), Buffer.from(body)]), pair.privateKey);
  return {
    'content-type': 'application/json',
    'x-twilio-email-event-webhook-signature': signature.toString('base64'),
    'x-twilio-email-event-webhook-timestamp': String(timestamp),
  };
}

/** Headers of a post to `news/lists`. */
export function hmacHeaders(
  body: string | Uint8Array,
  timestamp: number | string = nowSeconds,
  key = hmacKey,
): Record<string, string> {
  const hex = createHmac('sha256', key).update(`${timestamp}.`).update(body).digest('hex');
  return { 'content-type': 'application/x-www-form-urlencoded', 'x-mailchimp-signature': `t=${timestamp},v1=${hex}` };
}

/** A receiver of its own, in a folder of its own. */
export class Trial {
  readonly projectDir: string;
  readonly receiver: Receiver;
  /** What it logged. */
  readonly log: readonly string[];

  private constructor(projectDir: string, receiver: Receiver, log: readonly string[]) {
    this.projectDir = projectDir;
    this.receiver = receiver;
    this.log = log;
  }

  static async start(
    options: Partial<ReceiverOptions> & { readonly accounts?: readonly AccountHooks[] } = {},
  ): Promise<Trial> {
    const projectDir = options.projectDir ?? (await mkdtemp(join(tmpdir(), 'mailmart-receiver-')));
    const log: string[] = [];
    const line = (fields: object, message: string): void => void log.push(JSON.stringify({ ...fields, message }));
    const receiver = await startReceiver({
      projectDir,
      endpoints: endpointsOf(options.accounts ?? accounts),
      host: '127.0.0.1',
      port: 0,
      maxBody: 1024 * 1024,
      maxDisk: 1024 ** 3,
      publicUrl: '',
      clock: { now: () => now },
      logger: { info: line, warn: line, error: line },
      ...options,
    });
    return new Trial(projectDir, receiver, log);
  }

  /** Status and body of an answer. */
  send(
    method: string,
    path: string,
    headers: Headers = {},
    body: string | Uint8Array = '',
  ): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
    return new Promise((done, fail) => {
      const { hostname, port } = new URL(this.receiver.address);
      // The path as it is: a URL would be made shorter first.
      const options = { hostname, port, path, method, headers: { ...headers } as Record<string, string> };
      const sent = request(options, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => done({ status: answer.statusCode ?? 0, text, headers: answer.headers as Headers }));
      });
      sent.once('error', fail);
      sent.end(body);
    });
  }

  /** Status of a post. */
  async post(path: string, headers: Headers, body: string | Uint8Array): Promise<number> {
    return (await this.send('POST', path, headers, body)).status;
  }

  /** A bare connection, for what no client sends. */
  connect(): Socket {
    const { hostname, port } = new URL(this.receiver.address);
    return connect(Number(port), hostname).on('error', () => undefined);
  }

  /** Everything that comes back on a bare connection until it is closed. */
  raw(bytes: string | Uint8Array): Promise<string> {
    return new Promise((done) => {
      const socket = this.connect();
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
      socket.on('close', () => done(text));
      socket.write(bytes);
    });
  }

  async stored(accountId: string, hook: string): Promise<readonly Post[]> {
    const inbox = openInbox(this.projectDir, accountId);
    const posts: Post[] = [];
    for (const { name, bytes } of await inbox.segments(hook)) {
      for await (const post of inbox.posts(hook, name, 0, bytes, AbortSignal.timeout(30_000))) posts.push(post);
    }
    return posts;
  }

  async texts(accountId: string, hook: string): Promise<readonly string[]> {
    return (await this.stored(accountId, hook)).map(({ body }) => Buffer.from(body).toString());
  }

  async end(): Promise<void> {
    await this.receiver.stop(500);
    await rm(this.projectDir, { recursive: true, force: true });
  }
}
