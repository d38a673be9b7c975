import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { Project } from '../config/load.ts';
import type { Row } from '../contracts/sync.ts';
import { openChannel, type Channel, type ChannelSettings } from './channels.ts';
import type { DeliveryStore } from './deliveries.ts';
import { notify } from './notify.ts';
import { openChannels } from './project-channels.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A warehouse of two tables: the alerts mart as the test says, and what was delivered. */
function store(): DeliveryStore & { alerts: readonly Row[]; deliveries: readonly Row[] } {
  const self = {
    alerts: [] as readonly Row[],
    deliveries: [] as readonly Row[],
    // A table that nobody wrote is not there to be asked.
    tables: async () => new Map(self.deliveries.length === 0 ? [] : [['ops.alert_deliveries', 'table' as const]]),
    query: async (sql: string) => {
      if (!sql.includes('alert_deliveries')) return self.alerts;
      if (self.deliveries.length === 0) throw new Error('no such table');
      return self.deliveries;
    },
    replaceTable: async (_name: string, _columns: unknown, rows: readonly Row[]) => {
      self.deliveries = rows.map((row) => ({ ...row }));
      return { changed: true };
    },
    quote: (name: string) => name,
  };
  return self;
}

const incident = (id: string, more: Row = {}): Row => ({
  incident_id: id,
  rule: 'complaint_rate',
  metric: 'complaint_rate',
  scope: 'campaign',
  scope_id: 'c1',
  scope_name: 'Spring',
  account_id: 'shop',
  severity: 'critical',
  text: 'Complaint rate of campaign Spring is 0.42 % (12 of 2,850); it should be below 0.3 %',
  advice: 'Test the mail before you send it.',
  value: 0.0042,
  threshold_value: 0.003,
  method: 'threshold',
  day: '2026-06-29',
  first_seen_date: '2026-06-29',
  last_seen_date: '2026-06-29',
  closed_date: null,
  day_count: 1,
  ...more,
});

const tell = (
  warehouse: DeliveryStore,
  channels: readonly Channel[],
  now = '2026-06-30T06:00:00.000Z',
  signal = AbortSignal.timeout(60_000),
) =>
  notify({
    warehouse,
    channels,
    company: 'Acme',
    since: 'P7D',
    clock: { now: () => now },
    signal,
  });
/** Of what was told: event and state, as they are kept. */
const states = ({ deliveries }: { readonly deliveries: readonly Row[] }): readonly unknown[] =>
  deliveries.map((row) => [row['incident_id'], row['channel'], row['event'], row['state']]);

const open = (settings: Partial<ChannelSettings> & Pick<ChannelSettings, 'type'>): Channel =>
  openChannel(
    { id: settings.type, severity: 'info', secret: null, ...settings },
    { log: () => {}, post: { sleep: async () => {}, timeoutMs: 10_000 } },
  );

type Post = { readonly headers: IncomingHttpHeaders; readonly body: string };

async function httpServer(
  answer: (posts: readonly Post[]) => number,
): Promise<{ readonly url: string; readonly posts: Post[] }> {
  const posts: Post[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      posts.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(answer(posts), { 'content-type': 'text/plain' }).end('ok');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ends.push(() => new Promise((done) => server.close(() => done())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/secret-path?token=t`, posts };
}

async function smtpServer(
  refuses: () => boolean = () => false,
  { host = '127.0.0.1', ...tls }: SMTPServerOptions & { readonly host?: string } = {},
): Promise<{ readonly url: string; readonly mails: string[] }> {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    ...tls,
    onAuth: ({ username, password }, _session, done) =>
      username === 'robot@here' && password === 'p@ss' ? done(null, { user: username }) : done(new Error('no')),
    onData: (stream, _session, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        if (refuses()) return done(Object.assign(new Error('later'), { responseCode: 451 }));
        mails.push(text);
        return done();
      });
    },
  });
  // A client that does not trust the certificate leaves.
  server.on('error', () => {});
  await new Promise<void>((done) => server.listen(0, host, done));
  ends.push(
    () =>
      new Promise((done) => {
        server.close(() => done());
      }),
  );
  const { port } = server.server.address() as AddressInfo;
  return { url: `smtp${tls.secure === true ? 's' : ''}://robot%40here:p%40ss@${host}:${port}`, mails };
}

describe('an incident is told', () => {
  it('once when it opens, not again while it is open, and once when it is over', async () => {
    const { url, posts } = await httpServer(() => 200);
    const channels = [open({ type: 'webhook', secret: url })];
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    expect(await tell(warehouse, channels)).toEqual({ opened: 1, closed: 0, failed: [] });
    expect(await tell(warehouse, channels)).toEqual({ opened: 0, closed: 0, failed: [] });
    warehouse.alerts = [incident('i1', { closed_date: '2026-07-02' })];
    expect(await tell(warehouse, channels)).toEqual({ opened: 0, closed: 1, failed: [] });
    expect(await tell(warehouse, channels)).toEqual({ opened: 0, closed: 0, failed: [] });
    expect(posts.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual(['opened', 'closed']);
  });

  it('with number, formula and what to do inside', async () => {
    const { url, posts } = await httpServer(() => 200);
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    await tell(warehouse, [open({ type: 'webhook', secret: url })]);
    const body = JSON.parse(posts[0]!.body) as Record<string, unknown>;
    expect(body).toMatchObject({
      version: 1,
      event: 'opened',
      incident_id: 'i1',
      scope_id: 'c1',
      scope_name: 'Spring',
      value: 0.0042,
      threshold_value: 0.003,
      formula: 'complaint_count / delivered_count',
    });
    expect(body['text']).toContain('0.42 % (12 of 2,850)');
    expect(body['text']).toContain('What to do: Test the mail before you send it.');
    expect(posts[0]!.headers['idempotency-key']).toBe(body['idempotency_key']);
  });

  it('not when it was last seen long ago: the first run does not tell of years', async () => {
    const warehouse = store();
    warehouse.alerts = [
      incident('old', { last_seen_date: '2026-06-22' }),
      incident('new', { last_seen_date: '2026-06-23' }),
    ];
    expect(await tell(warehouse, [open({ type: 'log' })])).toMatchObject({ opened: 1 });
  });

  it('as over when newer data do not show it any more, and not again when they do', async () => {
    const warehouse = store();
    const lines: string[] = [];
    const channels = [
      openChannel(
        { id: 'log', type: 'log', severity: 'info', secret: null },
        { log: (_, text) => void lines.push(text) },
      ),
    ];
    warehouse.alerts = [incident('i1')];
    await tell(warehouse, channels);
    warehouse.alerts = [];
    expect(await tell(warehouse, channels)).toMatchObject({ closed: 1 });
    expect(lines[1]).toMatch(/^No longer so: /);
    warehouse.alerts = [incident('i1')];
    expect(await tell(warehouse, channels)).toEqual({ opened: 0, closed: 0, failed: [] });
  });

  it('not again because its campaign or list is called otherwise', async () => {
    const { url, posts } = await httpServer(() => 200);
    const channels = [open({ type: 'webhook', secret: url })];
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    await tell(warehouse, channels);
    const renamed = { scope_name: 'Spring, corrected', text: 'Complaint rate of campaign Spring, corrected is 0.42 %' };
    warehouse.alerts = [incident('i1', renamed)];
    expect(await tell(warehouse, channels)).toEqual({ opened: 0, closed: 0, failed: [] });
    warehouse.alerts = [incident('i1', { ...renamed, closed_date: '2026-07-02' })];
    expect(await tell(warehouse, channels)).toMatchObject({ closed: 1 });
    expect(JSON.parse(posts[1]!.body)).toMatchObject({ scope_id: 'c1', scope_name: 'Spring, corrected' });
  });

  it.each<[string, string, (incident: Record<string, unknown>) => Row[string]]>([
    ['scopes had names', 'c1', ({ scopeName: _name, ...before }) => JSON.stringify(before)],
    [
      'they had, in a warehouse that gives JSON as what it is',
      'c1',
      ({ scopeName: _name, ...before }) => before as Row[string],
    ],
    ['the incident was kept beside it', '', () => null],
  ])('as over although it was told before %s', async (_what, scope, kept) => {
    const { url, posts } = await httpServer(() => 200);
    const channels = [open({ type: 'webhook', secret: url })];
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    await tell(warehouse, channels);
    const told = warehouse.deliveries.map((row) => ({
      ...row,
      incident: kept(JSON.parse(String(row['incident'])) as Record<string, unknown>),
    }));
    Object.assign(warehouse, { deliveries: told, alerts: [] });
    expect(await tell(warehouse, channels)).toMatchObject({ closed: 1 });
    const body = { event: 'closed', incident_id: 'i1', scope_id: scope, scope_name: scope };
    expect(JSON.parse(posts[1]!.body)).toMatchObject(body);
  });

  it('once, as over already, where it could not be told before it was over', async () => {
    let status = 503;
    const { url } = await httpServer(() => status);
    const channels = [open({ type: 'webhook', secret: url })];
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    expect(await tell(warehouse, channels)).toMatchObject({ opened: 0, failed: [{ channel: 'webhook' }] });
    expect(states(warehouse)).toEqual([['i1', 'webhook', 'opened', 'failed']]);
    status = 200;
    warehouse.alerts = [incident('i1', { closed_date: '2026-06-30' })];
    expect(await tell(warehouse, channels)).toEqual({ opened: 1, closed: 0, failed: [] });
    expect(await tell(warehouse, channels)).toEqual({ opened: 0, closed: 0, failed: [] });
  });

  it('to nobody where there is no channel: the warehouse is not asked', async () => {
    const warehouse: DeliveryStore = { ...store(), query: () => Promise.reject(new Error('asked')) };
    expect(await tell(warehouse, [])).toEqual({ opened: 0, closed: 0, failed: [] });
  });

  it('only to channels that want its severity', async () => {
    const warehouse = store();
    warehouse.alerts = [incident('i1', { severity: 'warning' })];
    expect(await tell(warehouse, [open({ type: 'log', severity: 'critical' })])).toMatchObject({ opened: 0 });
    expect(await tell(warehouse, [open({ type: 'log', severity: 'warning' })])).toMatchObject({ opened: 1 });
    // Who was not told that it began is not told that it is over.
    warehouse.alerts = [incident('i1', { severity: 'warning', closed_date: '2026-06-30' })];
    const both = ['log', 'file'].map((id) => ({ ...open({ type: 'log' }), id, severity: 'critical' as const }));
    expect(await tell(warehouse, both)).toEqual({ opened: 0, closed: 1, failed: [] });
  });
});

describe('a worker that is told to stop', () => {
  const told = async (send: (stop: () => void) => Promise<void>) => {
    const warehouse = store();
    warehouse.alerts = [incident('i1'), incident('i2')];
    const stopped = new AbortController();
    const channel: Channel = { id: 'log', severity: 'info', send: () => send(() => stopped.abort()) };
    await expect(tell(warehouse, [channel], undefined, stopped.signal)).rejects.toThrow('abort');
    return states(warehouse);
  };

  it('ends what it sends and begins nothing else', async () => {
    expect(await told(async (stop) => stop())).toEqual([['i1', 'log', 'opened', 'sent']]);
  });

  it('does not take a message that it broke off for one that was refused', async () => {
    const broken = async (stop: () => void): Promise<void> => {
      stop();
      throw new Error('broken off');
    };
    expect(await told(broken)).toEqual([['i1', 'log', 'opened', 'sending']]);
  });
});

describe('a crash', () => {
  /** Ends in the middle of sending, after the channel took the message and before that was noted. */
  async function crashed(channel: Channel): Promise<DeliveryStore & { alerts: readonly Row[] }> {
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    const replace = warehouse.replaceTable;
    warehouse.replaceTable = async (name, columns, rows) => {
      if (rows.some((row) => row['state'] === 'sent')) throw new Error('the worker was killed');
      return replace(name, columns, rows);
    };
    await expect(tell(warehouse, [channel])).rejects.toThrow('killed');
    expect(states(warehouse)).toEqual([['i1', channel.id, 'opened', 'sending']]);
    warehouse.replaceTable = replace;
    return warehouse;
  }

  it('writes no line twice into a file, even behind a line that was cut', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mailmart-alerts-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'not yet', 'there', 'alerts.jsonl');
    const channel = open({ type: 'file', path });
    const warehouse = await crashed(channel);
    await tell(warehouse, [channel]);
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(1);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -40));
    warehouse.alerts = [incident('i1'), incident('i2')];
    await tell(warehouse, [channel]);
    const last = readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ incident_id: 'i2' });
  });

  it('writes a line again that was cut itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mailmart-alerts-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'alerts.jsonl');
    const channel = open({ type: 'file', path });
    const warehouse = await crashed(channel);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -40));
    await tell(warehouse, [channel]);
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ incident_id: 'i1' });
  });

  it.each(['webhook', 'slack'] as const)(
    'posts to a %s again under the same key, so that the receiver can drop it',
    async (type) => {
      const { url, posts } = await httpServer(() => 200);
      const channel = open({ type, secret: url });
      await tell(await crashed(channel), [channel]);
      expect(posts).toHaveLength(2);
      const keys = new Set(posts.map(({ headers }) => headers['idempotency-key']));
      expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    },
  );

  it('mails again under the same Message-ID', async () => {
    const { url, mails } = await smtpServer();
    const channel = open({ type: 'email', secret: url, from: 'reports@example.com', to: ['team@example.com'] });
    await tell(await crashed(channel), [channel]);
    const ids = mails.map((mail) => /^Message-ID: (.+)$/im.exec(mail)?.[1]);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^<[0-9a-f]{32}\.email@mailmart>$/);
  });
});

describe('a channel', () => {
  it('of e-mail goes through a real SMTP server, with sign-in', async () => {
    const { url, mails } = await smtpServer();
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    const to = ['team@example.com', 'boss@example.com'];
    const channel = open({ type: 'email', secret: url, from: 'reports@example.com', to });
    expect(await tell(warehouse, [channel])).toEqual({ opened: 1, closed: 0, failed: [] });
    expect(mails[0]).toMatch(/^Subject: \[Acme\] critical: Complaint rate/m);
    expect(mails[0]).toMatch(/^From: reports@example\.com\r$/m);
    expect(mails[0]).toMatch(/^To: team@example\.com, boss@example\.com\r$/m);
    // No note of absence answers it.
    expect(mails[0]).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(mails[0]).toContain('What to do: Test the mail');
  });

  const mailed = async (url: string, smtpTls?: object) => {
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    const settings = {
      id: 'email',
      type: 'email',
      severity: 'info',
      from: 'reports@example.com',
      to: ['team@example.com'],
    } as const;
    const channel = openChannel(
      { ...settings, secret: url },
      { log: () => {}, ...(smtpTls !== undefined && { smtpTls }) },
    );
    return await tell(warehouse, [channel]);
  };
  const refused = { opened: 0, failed: [{ channel: 'email' }] };

  it('of e-mail does not send readable over a network: without TLS nothing goes to another machine', async () => {
    // All of 127.0.0.0/8 is this machine; only its first address is known as such.
    const { url, mails } = await smtpServer(undefined, { host: '127.0.0.2' });
    expect(await mailed(url)).toMatchObject(refused);
    expect(mails).toEqual([]);
  });

  it('of e-mail asks no certificate of a server on this machine', async () => {
    const { url } = await smtpServer(undefined, { disabledCommands: [] });
    expect(await mailed(url)).toMatchObject({ opened: 1, failed: [] });
  });

  it('of e-mail speaks TLS from the first word where the address says smtps, to a certificate that it trusts', async () => {
    const { url, mails } = await smtpServer(undefined, { secure: true });
    expect(await mailed(url)).toMatchObject(refused);
    expect(mails).toEqual([]);
    expect(await mailed(url, { rejectUnauthorized: false })).toMatchObject({ opened: 1, failed: [] });
  });

  it('of the log tells what it is about in fields, and the rest in words', async () => {
    const lines: (readonly [object, string])[] = [];
    const log = (fields: object, text: string): void => void lines.push([fields, text]);
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    await tell(warehouse, [openChannel({ id: 'log', type: 'log', severity: 'info', secret: null }, { log })]);
    expect(lines).toEqual([
      [
        { alert: 'complaint_rate', incident: 'i1', event: 'opened', severity: 'critical' },
        expect.stringContaining('Complaint rate of campaign Spring is 0.42 %'),
      ],
    ]);
  });

  it('of a project writes beside its configuration, and what it wants to be told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mailmart-alerts-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const channel = { id: 'here', type: 'file', severity: 'critical', path: 'alerts.jsonl' };
    const project = { config: { alerts: { channels: [channel] } }, dir: folder, channelSecret: () => null };
    const warehouse = store();
    warehouse.alerts = [incident('i1'), incident('i2', { severity: 'warning' })];
    const channels = openChannels(project as unknown as Project, () => {});
    expect(await tell(warehouse, channels)).toEqual({ opened: 1, closed: 0, failed: [] });
    expect(JSON.parse(readFileSync(join(folder, 'alerts.jsonl'), 'utf8'))).toMatchObject({ incident_id: 'i1' });
  });

  it('of Slack gets its text with markup escaped', async () => {
    const { url, posts } = await httpServer(() => 200);
    const warehouse = store();
    warehouse.alerts = [incident('i1', { text: 'Profit of campaign <b> & *co* `is` <!channel> low' })];
    await tell(warehouse, [open({ type: 'slack', secret: url })]);
    const body = JSON.parse(posts[0]!.body) as { text: string; mrkdwn: boolean };
    expect(body.text).toContain('campaign &lt;b&gt; &amp; *co* `is` &lt;!channel&gt; low');
    // Slack has no escape for its stars and backticks: nothing is bold, and a name stays as it is.
    expect(body.mrkdwn).toBe(false);
    expect(body.text).toMatch(/^\[Acme\] critical: [^]*\nWhat to do: Test the mail/);
  });

  it('that fails is tried three times, fails alone, and is tried again after the next run', async () => {
    let status = 503;
    const { url, posts } = await httpServer(() => status);
    const webhook = open({ type: 'webhook', secret: url });
    const lines: string[] = [];
    const log: Channel = { id: 'log', severity: 'info', send: async ({ text }) => void lines.push(text) };
    const warehouse = store();
    warehouse.alerts = [incident('i1'), incident('i2')];
    const first = await tell(warehouse, [webhook, log]);
    expect(first).toMatchObject({ opened: 2, failed: [{ channel: 'webhook' }] });
    expect(posts).toHaveLength(3);
    expect(first.failed[0]?.message).toContain('503');
    expect(first.failed[0]?.message).not.toMatch(/secret-path|token|127\.0\.0\.1/);
    status = 200;
    expect(await tell(warehouse, [webhook, log])).toEqual({ opened: 2, closed: 0, failed: [] });
    expect(lines).toHaveLength(2);
  });

  it('names no secret, whatever its error says', async () => {
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    const send = () =>
      Promise.reject(new Error('ann@example.com: no answer of https://hooks.example.com/T0/B1?token=t'));
    const { failed } = await tell(warehouse, [{ id: 'odd', severity: 'info', send }]);
    expect(failed).toEqual([{ channel: 'odd', message: expect.stringContaining('no answer') }]);
    expect(failed[0]?.message).not.toMatch(/ann@|token/);
    expect(warehouse.deliveries).toMatchObject([{ state: 'failed', changed_at: '2026-06-30T06:00:00.000Z' }]);
  });

  it('whose mail is refused says so without an address', async () => {
    const { url } = await smtpServer(() => true);
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    const channel = open({ type: 'email', secret: url, from: 'reports@example.com', to: ['team@example.com'] });
    const { failed } = await tell(warehouse, [channel]);
    expect(failed).toEqual([{ channel: 'email', message: 'The SMTP server did not take the alert (451).' }]);
  });

  it('is not posted to over plain http, except on this machine', async () => {
    const warehouse = store();
    warehouse.alerts = [incident('i1')];
    const { failed } = await tell(warehouse, [open({ type: 'webhook', secret: 'http://hooks.example.com/x' })]);
    expect(failed[0]?.message).toContain('plain http');
  });
});
