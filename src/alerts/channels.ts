import { appendFile, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createTransport } from 'nodemailer';
import { createPost, type PostOptions } from '../../connectors/_kit/post.ts';
import type { Severity } from '../transform/metric-alerts.ts';
import { webhookBody, type AlertMessage } from './message.ts';

/** A place that alerts are told to. */
export type Channel = {
  readonly id: string;
  /** Alerts below it are not told here. */
  readonly severity: Severity;
  /** Tells it; throws when it could not. The same key may come again after a crash: a channel that can, drops it. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
};

/** A channel of mailmart.yaml with what it refers to. */
export type ChannelSettings = {
  readonly id: string;
  readonly type: 'log' | 'file' | 'webhook' | 'slack' | 'email';
  readonly severity: Severity;
  /** Resolved: address to post to, or SMTP server. */
  readonly secret: string | null;
  readonly from?: string | undefined;
  readonly to?: readonly string[] | undefined;
  /** Absolute. */
  readonly path?: string | undefined;
};

export type ChannelOptions = {
  readonly log: (fields: object, message: string) => void;
  readonly post?: PostOptions;
  /** Certificates that an SMTP server's may be signed by, beside the system's: for tests. */
  readonly smtpTls?: object;
};

/** A channel. Nothing is opened before there is something to tell: what is wrong with its address is that message's failure. */
export function openChannel(settings: ChannelSettings, options: ChannelOptions): Channel {
  const { id, severity } = settings;
  return { id, severity, send: async (message, signal) => senderOf(settings, options)(message, signal) };
}

function senderOf(settings: ChannelSettings, { log, post = {}, smtpTls }: ChannelOptions): Channel['send'] {
  const secret = settings.secret ?? '';
  switch (settings.type) {
    case 'log':
      return async ({ event, incident, text }) =>
        log({ alert: incident.rule, incident: incident.id, event, severity: incident.severity }, text);
    case 'file':
      return (message) => appendOnce(settings.path ?? 'alerts.jsonl', message);
    case 'webhook': {
      const send = createPost(`the alert channel ${settings.id}`, secret, post);
      return (message, signal) => send(webhookBody(message), { 'idempotency-key': message.key }, signal);
    }
    case 'slack': {
      const send = createPost(`the alert channel ${settings.id}`, secret, post);
      return ({ key, subject, text }, signal) =>
        send({ text: escaped(`${subject}\n${text}`), mrkdwn: false }, { 'idempotency-key': key }, signal);
    }
    case 'email':
      return (message) => mail(settings, message, smtpTls);
  }
}

/** Slack's own three. Its stars and backticks have no escape: a campaign's name may hold them, so its markup is off. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The one channel that can look: a line that is there already is not written again. */
async function appendOnce(path: string, message: AlertMessage): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const written = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = written.split('\n');
  if (lines.some((line) => line.includes(`"idempotency_key":"${message.key}"`) && line.endsWith('}'))) return;
  // A line that a crash cut short is ended, so that the next one stands alone.
  const cut = written === '' || written.endsWith('\n') ? '' : '\n';
  await appendFile(path, `${cut}${JSON.stringify(webhookBody(message))}\n`);
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function mail(settings: ChannelSettings, message: AlertMessage, tls: object | undefined): Promise<void> {
  const server = new URL(settings.secret ?? '');
  const isPlain = server.protocol === 'smtp:';
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(server.hostname);
  const transport = createTransport({
    host: server.hostname.replace(/^\[|\]$/g, ''),
    port: server.port === '' ? (isPlain ? 587 : 465) : Number(server.port),
    secure: !isPlain,
    // Passwords and alerts do not travel readable, except within this machine.
    requireTLS: isPlain && !isHere,
    ignoreTLS: isPlain && isHere,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    ...(server.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) } }),
    ...(tls === undefined ? {} : { tls }),
  });
  try {
    await transport.sendMail({
      from: settings.from ?? '',
      to: [...(settings.to ?? [])],
      subject: message.subject,
      text: message.text,
      messageId: `<${message.key}.${settings.id}@mailmart>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  } catch (error) {
    const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown };
    // The library's own error holds addresses: only its code goes on.
    const cause = new Error(String(responseCode ?? code ?? 'no answer'));
    // oxlint-disable-next-line eslint/preserve-caught-error -- see above
    throw new Error(`The SMTP server did not take the alert (${cause.message}).`, { cause });
  } finally {
    transport.close();
  }
}
