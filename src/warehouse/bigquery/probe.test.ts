import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThroughClient } from 'google-auth-library';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { probeDeeply, probeQuickly } from './probe.ts';

// A BigQuery that answers as its documentation says, and can be told to answer otherwise: what the service itself does is tried by
// `mailmart check --deep` and the smoke suite on a real project.

type Answer = { readonly status?: number; readonly reason?: string; readonly message?: string; readonly job?: object };
type Rule = (statement: string, job: Job) => Answer | undefined;
type Job = { readonly jobReference: { readonly jobId?: string }; readonly configuration: Configuration };
type Configuration = {
  readonly dryRun?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly load?: object;
  readonly query?: { readonly query: string; readonly maximumBytesBilled?: string; readonly createSession?: boolean };
};

let calls: string[] = [];
let rules: readonly Rule[] = [];
let datasets: readonly object[] = [];
let stop: () => void = () => undefined;

const refused = (reason: string, message: string, status = 400): Answer => ({ status, reason, message });

/** As documented. */
const documented: Rule = (sql, { configuration }) => {
  const isDated = /day (=|between) date '2026/.test(sql);
  if (configuration.dryRun === true) return { job: { totalBytesProcessed: isDated ? '2000' : '200000' } };
  if (configuration.query?.maximumBytesBilled === '1') {
    return refused(
      'bytesBilledLimitExceeded',
      'Query exceeded limit for bytes billed: 1. 10485760 or higher required.',
    );
  }
  if (/^select count\(\*\) as n from .*parted`$/.test(sql)) {
    return refused(
      'invalidQuery',
      "Cannot query over table 'parted' without a filter over column(s) 'day' that can be used for partition elimination",
    );
  }
  if (/select error\(/.test(sql)) return refused('invalidQuery', 'mailmart: stop');
  if (sql.startsWith('begin transaction; merge')) {
    return refused(
      'invalidQuery',
      'Transaction is aborted due to concurrent update against table parted. Transaction ID: 1',
    );
  }
  if (/parse_json/.test(sql))
    return refused('invalidQuery', 'Input number cannot round-trip through string representation');
  if (/mailmart-none/.test(sql))
    return refused('accessDenied', 'Access Denied: User does not have permission to query table', 403);
  if (configuration.query?.createSession === true) return { job: { sessionInfo: { sessionId: 'abc' } } };
  return undefined;
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

beforeEach(async () => {
  calls = [];
  rules = [documented];
  datasets = [];
  const jobs = new Map<string, object>();
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '', 'http://x');
      const path = url.pathname.replace(/^.*\/projects\/p/, '');
      calls.push(`${request.method} ${path}`);
      const text = await bodyOf(request);
      const send = (status: number, body: object): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      const deny = ({ status = 400, reason = '', message = '' }: Answer): void =>
        send(status, { error: { code: status, message, errors: [{ reason, message }] } });
      if (path === '/datasets' && request.method === 'GET') return send(200, { datasets });
      if (path.startsWith('/datasets')) {
        const answer = rules
          .map((rule) => rule(`${request.method} ${path}`, { jobReference: {}, configuration: {} }))
          .find(Boolean);
        return answer === undefined ? send(200, {}) : deny(answer);
      }
      if (path.startsWith('/queries')) return send(200, { rows: [{ f: [{ v: '1' }] }] });
      if (path.startsWith('/jobs/')) return send(200, jobs.get(path.slice(6)) ?? {});
      // Sent bytes come as the job and, in another part, what is to be loaded.
      const json = text.startsWith('{') ? text : (/\{"configuration.*\}/.exec(text)?.[0] ?? '{}');
      const job = JSON.parse(json) as Job;
      const id = job.jobReference?.jobId ?? '';
      const sql = job.configuration.query?.query ?? 'load';
      const answer = rules.map((rule) => rule(sql, job)).find(Boolean);
      if (answer?.job === undefined && answer !== undefined) return deny(answer);
      if (jobs.has(id) && !rules.some((rule) => rule('repeat', job) !== undefined)) {
        return deny(refused('duplicate', 'Already Exists: Job', 409));
      }
      const done = { ...job, status: { state: 'DONE' }, statistics: { ...answer?.job } };
      if (id !== '') jobs.set(id, done);
      send(200, done);
    })();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  vi.stubEnv('BIGQUERY_EMULATOR_HOST', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(() => {
  stop();
  vi.unstubAllEnvs();
});

const options = {
  project: 'p',
  location: 'EU',
  datasetPrefix: 'mail_',
  authClient: new PassThroughClient(),
  backoff: () => 1,
  landed: { uri: 'gs://bucket/mailmart/_check/x.ndjson.gz' },
} as const;
const statuses = async (): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await probeDeeply(options)).map(({ item, status }) => [item, status]));

it('a service that does as documented passes every probe, and what was made is removed', async () => {
  const probes = await probeDeeply(options);
  expect(probes.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(probes.map(({ item }) => item)).toEqual([
    'permission:jobs',
    'permission:tables',
    'load',
    'repeated_job',
    'partition_filter',
    'pruning',
    'merge_pruning',
    'bytes_limit',
    'atomicity',
    'conflict',
    'wide_numbers',
    'labels',
    'slot_time',
    'denied_message',
    'clean_up',
  ]);
  expect(calls.filter((call) => /^DELETE \/datasets\/mail_mailmart_check_\w+$/.test(call))).toHaveLength(1);
});

const lenient =
  (pattern: RegExp): Rule =>
  (sql, { configuration }) =>
    pattern.test(sql) ? { job: configuration.dryRun === true ? { totalBytesProcessed: '200000' } : {} } : undefined;

it.each([
  ['partition_filter', /^select count\(\*\) as n from .*parted`$/],
  ['pruning', /^select sum/],
  ['merge_pruning', /^merge into/],
  ['wide_numbers', /parse_json/],
  ['conflict', /^begin transaction; merge/],
  ['atomicity', /select error\(/],
  ['denied_message', /mailmart-none/],
  ['repeated_job', /^repeat$/],
])('a service without %s fails that probe', async (item, pattern) => {
  rules = [lenient(pattern), documented];
  expect(await statuses()).toMatchObject({ [item]: 'failed', clean_up: 'ok' });
});

it('a limit that is refused in other words than ours is found', async () => {
  rules = [
    (_, { configuration }) =>
      configuration.query?.maximumBytesBilled === '1' ? refused('invalidQuery', 'too much') : undefined,
    documented,
  ];
  expect(await statuses()).toMatchObject({ bytes_limit: 'failed' });
});

it('an account that may make no dataset uses the one for loads, and removes its tables', async () => {
  rules = [
    (call) =>
      call === 'POST /datasets' ? refused('accessDenied', 'Access Denied: bigquery.datasets.create', 403) : undefined,
    documented,
  ];
  expect(await statuses()).toMatchObject({ 'permission:tables': 'ok', clean_up: 'ok' });
  expect(calls.filter((call) => /^DELETE \/datasets\/mail_loads\/tables\/check_\w+_parted$/.test(call))).toHaveLength(
    1,
  );
});

it('an account that may run no job is told so, and the rest is skipped', async () => {
  rules = [
    () => refused('accessDenied', 'Access Denied: Project p: User does not have bigquery.jobs.create permission', 403),
  ];
  const probes = await probeDeeply(options);
  expect(probes[0]).toMatchObject({
    item: 'permission:jobs',
    status: 'failed',
    fix: expect.stringContaining('roles') as string,
  });
  expect(probes.slice(1).every(({ status }) => status === 'skipped')).toBe(true);
  expect(probes.length).toBeGreaterThan(10);
});

it('what cannot be removed is a warning that names it', async () => {
  rules = [
    (call) => (call.startsWith('DELETE') ? refused('accessDenied', 'Access Denied', 403) : undefined),
    documented,
  ];
  const last = (await probeDeeply(options)).at(-1);
  expect(last).toMatchObject({ item: 'clean_up', status: 'warning', fix: expect.stringContaining('bq rm') as string });
});

it('quickly: one request; datasets that are elsewhere are named', async () => {
  expect(await probeQuickly(options)).toMatchObject([
    { item: 'credentials', status: 'ok' },
    { item: 'datasets', status: 'ok', message: expect.stringContaining('mail_raw, mail_staging') as string },
  ]);
  expect(calls).toEqual(['GET /datasets']);
  datasets = [{ datasetReference: { datasetId: 'mail_raw' }, location: 'US' }];
  expect(await probeQuickly(options)).toContainEqual({
    item: 'datasets',
    status: 'failed',
    message: 'mail_raw is in US; warehouse.location says EU.',
    fix: 'Write location: US in mailmart.yaml, or choose another dataset_prefix.',
  });
});
