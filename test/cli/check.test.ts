import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { outputSchemas } from '../../src/cli/json-schemas.ts';
import { noCounts } from '../../src/contracts/counts.ts';
import { createLocalLanding } from '../../src/landing/local.ts';
import { openDuckdb } from '../../src/warehouse/duckdb/index.ts';
import { books, company, runCli, temporaryFolder } from './run-cli.ts';

const canary = '0123456789abcdef0123456789abcdef-us1';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
type Finding = { group: string; item: string; status: string; message: string; fix?: string; code?: string };

let folder: ReturnType<typeof temporaryFolder>;
let server: Server | undefined;
let requests = 0;

beforeEach(() => {
  folder = temporaryFolder();
  requests = 0;
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((done) => (server === undefined ? done() : server.close(() => done())));
  server = undefined;
  folder.remove();
});

async function serve(handler: Handler): Promise<string> {
  server = createServer((request, response) => {
    requests += 1;
    handler(request, response);
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/3.0`;
}

const answer =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Handler =>
  (_request, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, {
      'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
      ...headers,
    });
    response.end(text);
  };

const problem = (status: number, title: string, detail: string): unknown => ({
  type: 'about:blank',
  title,
  status,
  detail,
  instance: 'x',
});

const healthy: Handler = (request, response) => {
  const path = (request.url ?? '').split('?')[0];
  if (path === '/3.0/')
    return answer(200, { account_id: 'a', account_name: 'Acme\u001B[31m', role: 'owner' })(request, response);
  return answer(200, { total_items: 3, lists: [], stores: [] })(request, response);
};

function configure(baseUrl: string, rest = ''): void {
  folder.write(
    'mailmart.yaml',
    `${company}sources:\n  - id: shop\n    type: mailchimp\n    credentials: { api_key: "\${env:MC_KEY}" }\n    base_url: ${baseUrl}\n${rest}`,
  );
}

const openWarehouse = (state: string) =>
  openDuckdb({
    path: join(state, 'warehouse.duckdb'),
    publishedPath: join(state, 'published.duckdb'),
    landing: createLocalLanding(join(state, 'landing')),
    clock: { now: () => '2026-06-30T12:00:00.000Z' },
  });

async function check(env: Readonly<Record<string, string>> = { MC_KEY: canary }, more: readonly string[] = []) {
  const before = readdirSync(folder.path, { recursive: true }).toSorted();
  const result = await runCli(['check', '--json', ...more], { cwd: folder.path, env });
  // Looks and writes nothing.
  expect(readdirSync(folder.path, { recursive: true }).toSorted()).toEqual(before);
  expect(`${result.stdout}${result.stderr}`).not.toContain(canary);
  const document = outputSchemas['check']?.parse(JSON.parse(result.stdout)) as { findings: Finding[] };
  const { findings } = document;
  const source = findings.filter(({ group }) => group === 'source shop');
  return { ...result, findings, source, failed: source.find(({ status }) => status === 'failed') };
}

it('a warehouse file or a published copy that is none is no OK', async () => {
  folder.write('mailmart.yaml', company);
  mkdirSync(join(folder.path, '.mailmart'));
  for (const name of ['warehouse', 'published'])
    folder.write(`.mailmart/${name}.duckdb`, 'a mistaken copy of something');
  const { code, findings } = await check();
  const failed = findings.filter(({ status }) => status === 'failed');
  expect(failed.map(({ item, code: error }) => [item, error])).toEqual([
    ['file', 'WAREHOUSE_DRIFT'],
    ['published', 'WAREHOUSE_DRIFT'],
  ]);
  expect(failed.map(({ fix }) => fix)).toEqual([expect.stringMatching(/newest backup/), 'mailmart run']);
  expect(code).toBe(1);
});

it('a place where a run could not write its landing, report or logs fails, and is left as it is', async () => {
  const folders = async (): Promise<readonly Finding[]> => {
    const { stdout } = await runCli(['check', '--json'], { cwd: folder.path });
    return (JSON.parse(stdout) as { findings: Finding[] }).findings.filter(({ item }) => item === 'folders');
  };
  const settings = `${company}sources: []\nlanding: { path: in/landing }\nreport: { path: out/report.html, email_path: mail.html }\n`;
  folder.write('mailmart.yaml', settings);
  expect(await folders()).toMatchObject([
    { status: 'ok', message: 'Can be written: landing, report, report in short, logs.' },
  ]);
  expect(readdirSync(folder.path)).toEqual(['mailmart.yaml']);

  folder.write('in', 'no folder');
  mkdirSync(join(folder.path, 'mail.html'));
  symlinkSync(join(folder.path, 'not-mounted'), join(folder.path, 'out'));
  folder.write('.mailmart', '');
  expect(await folders()).toMatchObject([
    {
      status: 'failed',
      message: `Landing: ${join(folder.path, 'in')} cannot be used: a part of the path is not a folder.`,
      fix: `Move what stands there, or set landing.path in ${join(folder.path, 'mailmart.yaml')}.`,
      code: 'FILE_WRITE',
    },
    {
      status: 'failed',
      message: `Report: ${join(folder.path, 'out')} cannot be used: a link in the path leads nowhere.`,
      fix: 'Check its permissions (ls -ld) and the free space (df -h).',
    },
    {
      status: 'failed',
      message: `Report in short: ${join(folder.path, 'mail.html')} cannot be used: it is a folder.`,
      fix: `Move what stands there, or set report.email_path in ${join(folder.path, 'mailmart.yaml')}.`,
    },
    {
      status: 'failed',
      message: `Logs: ${join(folder.path, '.mailmart')} cannot be used: a part of the path is not a folder.`,
      fix: 'Move what stands there.',
    },
  ]);
});

it('a warehouse of a newer mailmart fails, as a run would, unless its owner is at work; the file stays as it was', async () => {
  folder.write('mailmart.yaml', company);
  const state = join(folder.path, '.mailmart');
  const path = join(state, 'warehouse.duckdb');
  const open = () => openWarehouse(state);
  const failed = async (...more: readonly string[]) => {
    // Not read: closing it would let go of this process's lock.
    const { mtimeMs, size } = statSync(path);
    const { findings } = await check(undefined, more);
    expect(statSync(path)).toMatchObject({ mtimeMs, size });
    return findings.filter(({ group, status }) => group.startsWith('warehouse') && status === 'failed');
  };
  await (await open()).close();
  expect(await failed()).toEqual([]);
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(`insert into ops.schema_version values (999, 'future', now()::timestamp)`);
  // Held open: its owner is at work.
  expect(await failed()).toEqual([]);
  connection.closeSync();
  instance.closeSync();
  const newer = {
    status: 'failed',
    code: 'WAREHOUSE_DRIFT',
    message: expect.stringMatching(/has schema version 999, this mailmart knows \d/) as string,
    fix: 'Use the version of mailmart that wrote the file, or a newer one.',
  };
  await expect(open()).rejects.toMatchObject({ message: newer.message, fix: newer.fix });
  expect(await failed()).toEqual([{ group: 'warehouse', item: 'file', ...newer }]);
  // Which opens the file itself.
  expect(await failed('--deep')).toEqual([{ group: 'warehouse, deep', item: 'ledger', ...newer }]);
});

describe('a file that this user may not read', () => {
  const bound = (...args: readonly string[]) => runCli(args, { cwd: folder.path, isBound: true });
  const said = (text: string) => expect.stringMatching(new RegExp(text));

  it('is one finding among the others, and no command takes it for missing or for a full disk', async () => {
    folder.write('mailmart.yaml', company);
    const state = join(folder.path, '.mailmart');
    mkdirSync(state);
    for (const name of ['person-salt', 'published.duckdb']) {
      folder.write(`.mailmart/${name}`, '0'.repeat(64));
      chmodSync(join(state, name), 0);
    }
    const { stdout } = await bound('check', '--json');
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    for (const item of ['salt', 'published'])
      expect(findings.find((finding) => finding.item === item)).toMatchObject({
        status: 'failed',
        code: 'FILE_WRITE',
        message: said('cannot be used: this user has no permission'),
      });
    expect(findings.find(({ group }) => group === 'temporal')).toBeDefined();
    const unread = await bound('status');
    expect(unread.stderr).toMatch(/this user has no permission/);
    expect(unread.stderr).toMatch(/Fix: Check its permissions/);
    chmodSync(state, 0);
    const hidden = await bound('query', 'select 1');
    chmodSync(state, 0o700);
    expect(hidden.stderr).toMatch(/Error FILE_WRITE: .*no permission/);
  });

  it('nor is a folder of files: a pattern would find none in it', async () => {
    folder.write('mailmart.yaml', `${company}${books.replace('path: costs.csv', 'path: data/*/costs.csv')}`);
    const inner = join(folder.path, 'data', 'inner');
    mkdirSync(inner, { recursive: true });
    folder.write('data/inner/costs.csv', 'cost_id,kind,amount,day\n1,staff,10.50,2026-01-01\n');
    expect((await check()).findings).toContainEqual(expect.objectContaining({ status: 'ok', message: '1 file found' }));
    for (const place of [inner, join(folder.path, 'data')]) {
      chmodSync(place, 0);
      const { stdout } = await bound('check', '--json');
      chmodSync(place, 0o700);
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      expect(findings.find(({ item }) => item.startsWith('file:'))).toMatchObject({
        status: 'failed',
        message: said(`${place} cannot be used: this user has no permission`),
      });
    }
  });
});

it('a salt that is gone is no salt to be made: people who are known would count twice', async () => {
  folder.write('mailmart.yaml', company);
  const salt = async () => (await check()).findings.find(({ item }) => item === 'salt');
  expect(await salt()).toMatchObject({ status: 'ok', message: expect.stringMatching(/made on the first run/) });
  const state = join(folder.path, '.mailmart');
  mkdirSync(state);
  const warehouse = await openWarehouse(state);
  await warehouse.recordStream('run-1', {
    key: { source: 'mailchimp', accountId: 'shop', stream: 'members' },
    counts: noCounts,
    verdict: { kind: 'complete', missing: [], gaps: [] },
    durationMs: 1,
  });
  await warehouse.publish('run-1');
  await warehouse.close();
  const { code, findings } = await check();
  expect(findings.find(({ item }) => item === 'salt')).toMatchObject({
    status: 'failed',
    code: 'SECRET_FILE',
    message: expect.stringMatching(/salt of the person keys is gone/),
    fix: expect.stringMatching(/Restore that file/),
  });
  expect(code).toBe(3);
});

describe('check, one fault at a time', () => {
  it('finds nothing wrong with a healthy account, in three requests', async () => {
    configure(await serve(healthy));
    const { code, source, failed } = await check();
    expect(failed).toBeUndefined();
    expect(code).toBe(0);
    expect(requests).toBeLessThanOrEqual(3);
    expect(source.filter(({ item }) => item.startsWith('stream:')).length).toBeGreaterThan(20);
    expect(source.every(({ status }) => status === 'ok')).toBe(true);
  });

  const faults: readonly (readonly [string, Handler, number, string, RegExp])[] = [
    [
      'wrong key',
      answer(401, problem(401, 'API Key Invalid', 'Your API key may be invalid')),
      4,
      'credentials',
      /key/i,
    ],
    [
      'user disabled',
      answer(403, problem(403, 'User Disabled', 'This account has been deactivated')),
      4,
      'credentials',
      /./,
    ],
    [
      'missing permission',
      answer(403, problem(403, 'Forbidden', 'Missing scope')),
      4,
      'credentials',
      /role|permission|owner/i,
    ],
    ['not the API', answer(404, 'not here'), 1, 'reachability', /base_url/],
    ['another web page', answer(200, '<html>login</html>'), 1, 'reachability', /./],
    [
      'too many requests',
      answer(429, problem(429, 'Too Many Requests', 'slow down'), { 'retry-after': '2' }),
      1,
      'reachability',
      /./,
    ],
    [
      'too many requests, for hours',
      answer(429, problem(429, 'Too Many Requests', 'x'), { 'retry-after': '7200' }),
      7,
      'reachability',
      /./,
    ],
    ['server error', answer(500, problem(500, 'Internal', 'x')), 1, 'reachability', /./],
    ['maintenance', answer(503, 'down for maintenance'), 1, 'reachability', /./],
    ['a redirect to elsewhere', answer(302, '', { location: 'https://evil.example/' }), 1, 'reachability', /./],
    ['a proxy that asks for credentials', answer(407, ''), 1, 'reachability', /directly/],
    ['connection reset', (request) => void request.socket.destroy(), 1, 'reachability', /./],
    [
      'truncated JSON',
      answer(200, '{"account_name": "Ac', { 'content-type': 'application/json' }),
      1,
      'reachability',
      /./,
    ],
  ];

  it.each(faults)('%s', async (_name, handler, exit, item, fix) => {
    configure(await serve(handler));
    const { code, failed, source } = await check();
    expect(failed).toMatchObject({ item, fix: expect.stringMatching(fix) as string });
    expect(code).toBe(exit);
    expect(requests).toBeLessThanOrEqual(3);
    const streams = source.filter(({ item: name }) => name.startsWith('stream:'));
    expect(streams.every(({ status }) => status === 'skipped')).toBe(true);
  });

  it('a server that never answers costs five seconds at most', async () => {
    configure(await serve(() => undefined));
    const { code, failed, totalMs } = await check();
    expect(failed).toMatchObject({ item: 'reachability' });
    expect(code).toBe(1);
    // The probe's own limit, plus the start of a process on a busy machine.
    expect(totalMs).toBeLessThan(10_000);
  });

  it('a port that nobody listens on', async () => {
    const url = await serve(healthy);
    await new Promise<void>((done) => server?.close(() => done()));
    server = undefined;
    configure(url);
    const { code, failed } = await check();
    expect(failed).toMatchObject({ item: 'reachability' });
    expect(code).toBe(1);
  });

  it('a server without TLS behind https', async () => {
    configure((await serve(healthy)).replace('http:', 'https:'));
    const { failed } = await check();
    expect(failed?.item).toMatch(/reachability|config/);
  });

  it('a key of another data centre', async () => {
    configure('https://us1.api.mailchimp.com/3.0');
    const { source, code } = await check({ MC_KEY: canary.replace('us1', 'us2') });
    expect(source).toContainEqual(expect.objectContaining({ item: 'data_centre', status: 'failed' }));
    expect(code).toBe(4);
  });

  it('a permission for some streams only', async () => {
    configure(
      await serve((request, response) =>
        (request.url ?? '').includes('ecommerce')
          ? answer(403, problem(403, 'Forbidden', 'no'))(request, response)
          : healthy(request, response),
      ),
    );
    const { source, code } = await check();
    const status = (stream: string): string | undefined =>
      source.find(({ item }) => item === `stream:${stream}`)?.status;
    expect([status('orders'), status('customers'), status('members')]).toEqual(['warning', 'warning', 'ok']);
    expect(code).toBe(0);
  });

  it('a webhook whose posts no chosen stream loads', async () => {
    const url = await serve(healthy);
    const webhook = '    webhook: { path_secret: "${env:MC_PATH}" }\n';
    const env = { MC_KEY: canary, MC_PATH: 'a-path-that-nobody-guesses' };
    configure(url, `${webhook}    streams: [members]\n`);
    const { source, stdout } = await check(env);
    expect(source.find(({ item }) => item === 'hook:lists')).toMatchObject({
      status: 'warning',
      fix: 'Add webhook_events to the streams of shop, or remove its webhook.',
    });
    expect(stdout).not.toContain(env.MC_PATH);
    configure(url, `${webhook}    streams: [members, webhook_events]\n`);
    expect((await check(env)).source.map(({ item }) => item)).not.toContain('hook:lists');
  });

  it('a secret that is not set, and one with a line break', async () => {
    configure(await serve(healthy));
    expect(await check({})).toMatchObject({ code: 3, failed: { code: 'SECRET_UNSET', item: 'credentials' } });
    expect(await check({ MC_KEY: `${canary}\n` })).toMatchObject({ code: 3, failed: { code: 'SECRET_WHITESPACE' } });
    expect(requests).toBe(0);
  });

  it('a Temporal address that nobody answers at', async () => {
    configure(await serve(healthy), 'temporal: { address: "127.0.0.1:1" }\n');
    const { findings, code } = await check();
    expect(findings).toContainEqual(
      expect.objectContaining({ group: 'temporal', status: 'failed', code: 'TEMPORAL_UNREACHABLE' }),
    );
    expect(code).toBe(1);
  });

  it('no Temporal program at all', async () => {
    configure(await serve(healthy));
    const cache = temporaryFolder();
    onTestFinished(() => cache.remove());
    const { findings } = await check({ MC_KEY: canary, PATH: '/nowhere', MAILMART_CACHE: cache.path });
    expect(findings).toContainEqual(
      expect.objectContaining({ group: 'temporal', status: 'failed', code: 'TEMPORAL_MISSING' }),
    );
  });

  it('a broken configuration is a finding with its place', async () => {
    folder.write('mailmart.yaml', 'company: { name: A, time_zone: UTC, currency: EURO }\n');
    const { findings, code } = await check();
    expect(findings).toContainEqual(
      expect.objectContaining({
        item: 'config',
        status: 'failed',
        message: expect.stringContaining('mailmart.yaml:1:47') as string,
      }),
    );
    expect(code).toBe(3);
  });

  it('works without a project', async () => {
    const { findings, code } = await check();
    expect(findings).toContainEqual(expect.objectContaining({ item: 'config', status: 'skipped' }));
    expect(code).toBe(0);
  });

  it('says it in words, each fix below its failure, escapes of the account name stripped', async () => {
    configure(await serve(healthy));
    const { stdout, stderr } = await runCli(['check'], { cwd: folder.path, env: { MC_KEY: canary } });
    expect(stdout).toMatch(/^source shop\n {2}OK +reachability: 127\.0\.0\.1/m);
    expect(stdout).not.toContain('\u001B');
    expect(stderr).toMatch(/OK, (?:1 warning|(?!1 )\d+ warnings), 0 failed/);
  });
});
