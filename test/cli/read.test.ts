import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DuckDBInstance } from '@duckdb/node-api';
import { outputSchemas } from '../../src/cli/json-schemas.ts';
import { openInbox } from '../../src/inbox/reader.ts';
import { removeLoaded } from '../../src/inbox/remove-loaded.ts';
import { openInboxWriter } from '../../src/inbox/writer.ts';
import { writeReceiverRecord } from '../../src/receiver/record.ts';
import { createLocalLanding } from '../../src/landing/local.ts';
import { openDuckdb } from '../../src/warehouse/duckdb/index.ts';
import { company, runCli, temporaryFolder } from './run-cli.ts';

const hostile = '=HYPERLINK("http://x.example","a")\u001B]0;title\u0007\u001B[31m\u202Eevil\r\nINFO fake';
let folder: ReturnType<typeof temporaryFolder>;

const counts = {
  slices: 1,
  pages: 2,
  requests: 2,
  rowsRead: 10,
  rowsInserted: 7,
  rowsUpdated: 2,
  rowsUnchanged: 1,
  rowsDeleted: 0,
  rowsQuarantined: 1,
  bytesRead: 2048,
};

beforeAll(async () => {
  folder = temporaryFolder();
  folder.write('mailmart.yaml', company);
  const state = join(folder.path, '.mailmart');
  mkdirSync(state);
  const warehouse = await openDuckdb({
    path: join(state, 'warehouse.duckdb'),
    publishedPath: join(state, 'published.duckdb'),
    landing: createLocalLanding(join(state, 'landing')),
    clock: { now: () => '2026-06-30T12:00:00.000Z' },
  });
  const key = { source: 'mailchimp', accountId: 'shop', stream: 'members' };
  await warehouse.recordRun({
    runId: 'run-1',
    kind: 'pipeline',
    accountId: null,
    startedAt: '2026-06-30T11:59:00.000Z',
    finishedAt: '2026-06-30T12:00:00.000Z',
    status: 'done',
    verdict: { kind: 'incomplete', missing: ['members: 3 of 10'], gaps: [] },
    message: null,
  });
  await warehouse.recordStream('run-1', {
    key,
    counts,
    verdict: { kind: 'incomplete', missing: ['3 of 10 members'], gaps: ['2 deleted members'] },
    durationMs: 1500,
  });
  const lost = 'GET /lists of mailchimp stream lists got no answer.';
  // As it crosses history: what to do is a part of the message too, not of the verdict.
  const failure = { kind: 'transient', message: `${lost} Look at its status page.` };
  for (const stream of ['lists', 'orders', 'reports']) {
    const verdict = { kind: 'incomplete', missing: [`1 of 1 slices were not read: ${lost}`], gaps: [] } as const;
    await warehouse.recordStream('run-1', { key: { ...key, stream }, counts, verdict, durationMs: 9, failure });
  }
  await warehouse.publish('run-1');
  await warehouse.close();
  // The mart is written straight into the readers' copy: the models are not this test's subject.
  const instance = await DuckDBInstance.create(join(state, 'published.duckdb'));
  const connection = await instance.connect();
  await connection.run(
    'create table marts.campaign_performance (name varchar, sent_count bigint, open_rate double, net_revenue_amount decimal(38, 9), note varchar)',
  );
  await connection.run(
    `insert into marts.campaign_performance values ($1, 100, 0.25, -12.500000000, '-5'), ('Plain, "quoted"', 200, null, 12345678901234567890.123456789, '@cmd'), (null, 0, null, null, '+49 30')`,
    [hostile],
  );
  await connection.run(
    `create table marts.profit_monthly as select month, reason as unavailable_reason from (values
      (date '2026-01-01', 'revenue_amount: no FX rate for GBP, USD; closed_profit_amount: the month is not closed yet'),
      (date '2026-03-01', 'campaign_cost_amount: no FX rate for USD'),
      (date '2026-03-01', 'other_revenue_amount: no FX rate for USD'), (date '2026-04-01', null)) as t (month, reason)`,
  );
  await connection.run('create schema if not exists status');
  await connection.run(
    "create or replace table status.data_as_of as select date '2026-06-30' as as_of_date, null::timestamp as data_changed_at",
  );
  const alert = (id: string, text: string, closed: string) =>
    `select '${id}' as incident_id, 'profit' as rule, 'profit' as metric, 'campaign' as scope, 'c1' as scope_id, 'Spring' as scope_name, 'shop' as account_id,
      'warning' as severity, ${text} as text, 'Mail is not free.' as advice, -23.75 as value, 0.0 as threshold_value,
      null::double as baseline_value, 'threshold' as method, '2026-06-27' as day, '2026-06-20' as first_seen_date,
      '2026-06-27' as last_seen_date, ${closed} as closed_date, true as is_past_threshold`;
  await connection.run(
    `create table marts.alerts as ${alert('i1', `'Profit of ' || $1 || ' is -23.75 EUR'`, 'null::varchar')} union all ${alert('i2', "'Over'", "'2026-06-29'")}`,
    [hostile],
  );
  connection.closeSync();
  instance.closeSync();
  writeFileSync(join(folder.path, 'secret.txt'), 'never shown');
});
afterAll(() => folder.remove());

const cli = (...args: readonly string[]) =>
  runCli(args, { cwd: folder.path, env: { MAILMART_CLOCK: '2026-06-30T14:00:00Z' } });
/** The command with something of the shell behind it; the exit code is the command's. */
const shell = (behind: string, ...args: readonly string[]) => {
  const script = `set -o pipefail; "$@" ${behind}`;
  const shim = fileURLToPath(new URL('../../bin/mailmart.js', import.meta.url));
  const options = { cwd: folder.path, encoding: 'utf8' } as const;
  return spawnSync('bash', ['-c', script, 'bash', process.execPath, shim, ...args], options);
};
const all = 'from marts.campaign_performance';

describe('query', () => {
  it('shows a table whose cells leave the terminal alone', async () => {
    const { code, stdout, stderr } = await cli('query', all);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^name +sent_count +open_rate +net_revenue_amount +note$/);
    expect([...stdout].filter((character) => /[\p{Cc}\u202E]/u.test(character) && character !== '\n')).toEqual([]);
    expect(stdout).not.toMatch(/\nINFO fake|\[31m|0;title/);
    expect(stderr).toContain('3 rows');
  });

  it('says when there are more rows', async () => {
    const { stderr } = await cli('query', 'from range(500)', '--limit', '10');
    expect(stderr).toContain('10 rows (there are more');
  });

  it('gives every digit and character in JSON', async () => {
    const { stdout } = await cli('query', all, '--json');
    const document = outputSchemas['query']?.parse(JSON.parse(stdout)) as { columns: unknown; rows: unknown[][] };
    expect(document.rows).toEqual([
      [hostile, 100, 0.25, '-12.500000000', '-5'],
      ['Plain, "quoted"', 200, null, '12345678901234567890.123456789', '@cmd'],
      [null, 0, null, null, '+49 30'],
    ]);
  });

  it('guards formulas in CSV and leaves numbers', async () => {
    const { stdout } = await cli('query', `select name, net_revenue_amount, note ${all}`, '--csv');
    expect(stdout).toBe(
      `name,net_revenue_amount,note\n"'${hostile.replaceAll('"', '""')}",-12.500000000,-5\n"Plain, ""quoted""",12345678901234567890.123456789,'@cmd\n,,'+49 30\n`,
    );
    const raw = await cli('query', `select note ${all}`, '--csv', '--raw');
    expect(raw.stdout).toBe('note\n-5\n@cmd\n+49 30\n');
  });

  it('writes one head for many batches', async () => {
    const { stdout } = await cli('query', 'select range as number from range(10000)', '--csv');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(10_001);
    expect([lines[0], lines[1], lines.at(-1)]).toEqual(['number', '0', '9999']);
  });

  it('fails where the disk takes no more of it, so that half a file does not pass for the whole', () => {
    const query = ['query', 'from range(100000)'];
    for (const args of [[...query, '--csv'], [...query, '--json'], query, ['--help'], ['query', '-h'], ['-V'], []]) {
      const { status, stderr } = shell('> /dev/full', ...args);
      expect(stderr).toMatch(/Error FILE_WRITE: .*cut off: the disk is full/);
      expect(status).toBe(1);
    }
    // Who has seen enough is told nothing.
    for (const flag of ['--csv', '--json']) {
      const { status, stderr } = shell('| head -n 1', 'query', 'from range(1000000)', flag);
      expect([status, stderr]).toEqual([0, '']);
    }
  });

  it('takes the statement from standard input', async () => {
    const { stdout } = await runCli(['query', '-', '--csv'], { cwd: folder.path, input: 'select 1 as one' });
    expect(stdout).toBe('one\n1\n');
  });

  it.each([
    'insert into marts.campaign_performance (name) values (1)',
    'drop table marts.campaign_performance',
    "from read_text('secret.txt')",
    "from read_csv('/etc/passwd')",
    "copy (select 1) to 'out.csv'",
    "attach 'other.duckdb'",
    'install httpfs',
    'load httpfs',
    'set enable_external_access = true',
    "pragma memory_limit='10GB'",
    'select 1; select 2',
    "from '.mailmart/warehouse.duckdb'",
    'select',
    'from marts.none_such',
    'from raw.mailchimp__members',
    '',
  ])('refuses %j', async (sql) => {
    const { code, stdout, stderr } = await cli('query', sql);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/Error QUERY_REFUSED: /);
    expect(stderr).not.toContain('never shown');
    expect(code).toBe(1);
  });

  // With --json the error is on standard output too, behind the rows: no whole document, which could be taken for the answer.
  it.each([
    [
      'fails',
      "case when range = 200000 then error('boom') else 'x' end from range(300000)",
      /QUERY_REFUSED.*boom/s,
      '30',
    ],
    ['is stopped at its time-out', 'a.range from range(100000) a, range(100000) b', /QUERY_TIMEOUT/, '1'],
  ])('ends with an error when it %s part-way', async (_, rest, said, timeout) => {
    const json = await cli('query', `select ${rest}`, '--json', '--timeout', timeout);
    expect(json.stdout.slice(-1000)).toMatch(said);
    expect(() => JSON.parse(json.stdout) as unknown).toThrow(SyntaxError);
    const csv = await cli('query', `select ${rest}`, '--csv', '--timeout', timeout);
    expect(csv.stderr).toMatch(said);
    expect([json.code, csv.code]).toEqual([1, 1]);
  });

  it('interrupts what would never end', async () => {
    const { code, stderr, totalMs } = await cli(
      'query',
      'select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3',
      '--timeout',
      '1',
    );
    expect(stderr).toContain('Error QUERY_TIMEOUT');
    expect(code).toBe(1);
    expect(totalMs).toBeLessThan(15_000);
  });
});

it.each(['--limit=1', '--csv', '--json'])('Ctrl-C ends a query that would take long: %s', async (flag) => {
  const sql = 'select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3';
  let stoppedMs = 0;
  const { code, stderr } = await runCli(['query', sql, flag], {
    cwd: folder.path,
    onStart: ({ kill }) => {
      setTimeout(() => {
        stoppedMs = performance.now();
        kill('SIGINT');
      }, 3000);
      setTimeout(() => kill('SIGKILL'), 30_000).unref();
    },
  });
  const tookMs = performance.now() - stoppedMs;
  expect(code).toBe(130);
  if (flag !== '--json') expect(stderr).toContain('Error INTERRUPTED');
  // A second by itself; beside other work more. It would take half an hour.
  expect(tookMs).toBeLessThan(10_000);
});

it('a command works on when nobody follows its progress any more', () => {
  const whole = shell('', 'plan');
  expect(whole.stderr).toContain('Looking ahead');
  expect(shell('2>&1 >/dev/null | true', 'plan').status).toBe(whole.status);
});

describe('status', () => {
  it('tells freshness, verdict, rows and lag', async () => {
    const { code, stdout } = await cli('status');
    expect(code).toBe(0);
    expect(stdout).toContain('run-1, pipeline done, incomplete');
    expect(stdout).toMatch(/^shop +members +incomplete .* 2 h 00 min$/m);
    expect(stdout).toContain('shop/members: 3 of 10 members');
    expect(stdout).toContain('shop/members: 2 deleted members');
    expect(stdout.match(/no answer/g)).toHaveLength(1);
    expect(stdout).toContain('  - amounts in USD of 2 months, 2026-01 to 2026-03\n');
    expect(stdout).toContain('  - shop: 3 streams: got no answer. Look at its status page. (lists, orders, reports)\n');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Not complete: 4 of 4 streams.');
  });

  it('in JSON, as its schema says', async () => {
    const { stdout } = await cli('status', '--json');
    const document = outputSchemas['status']?.parse(JSON.parse(stdout)) as { streams: unknown[] };
    expect(document).toMatchObject({
      published_at: '2026-06-30T12:00:00.000Z',
      last_run: { run_id: 'run-1', verdict: 'incomplete' },
      streams: expect.arrayContaining([
        expect.objectContaining({
          account_id: 'shop',
          stream: 'members',
          lag_seconds: 7200,
          rows_inserted: 7,
          rows_quarantined: 1,
        }),
      ]),
      fx_gaps: [
        { currency: 'GBP', months: 1, first_month: '2026-01', last_month: '2026-01' },
        { currency: 'USD', months: 2, first_month: '2026-01', last_month: '2026-03' },
      ],
      marts: ['alerts', 'campaign_performance', 'profit_monthly'],
    });
  });
});

describe('status of the receiver', () => {
  const document = async (): Promise<Record<string, unknown>> => {
    const { stdout } = await cli('status', '--json');
    return outputSchemas['status']?.parse(JSON.parse(stdout)) as Record<string, unknown>;
  };
  const post = (text: string) => ({
    receivedAt: '2026-06-30T13:00:00.000Z',
    contentType: '',
    isSigned: true,
    body: Buffer.from(text),
  });

  it('is not mentioned where there never was one', async () => {
    expect((await document())['receiver']).toBeNull();
    expect((await cli('status')).stdout).not.toContain('Receiver');
  });

  it('B62 tells what waits to be loaded, and that genuine posts are refused for their age', async () => {
    const alarm = {
      first_at: '2026-06-30T13:10:00.000Z',
      last_at: '2026-06-30T13:40:00.000Z',
      posts: 12,
      skew_seconds: 600,
    };
    writeReceiverRecord(folder.path, {
      address: 'http://127.0.0.1:8787',
      hooks: [
        { account_id: 'shop', hook: 'events' },
        { account_id: 'news', hook: 'lists' },
      ],
      clock_alarms: [{ account_id: 'news', hook: 'lists', ...alarm }],
    });
    const writer = await openInboxWriter(folder.path, { now: () => '2026-06-30T13:00:00.000Z' });
    for (const text of ['one', 'two', 'three']) await writer.append('shop', 'events', post(text));
    const running = await document();
    await writer.close();
    expect(running['receiver']).toMatchObject({
      running: true,
      address: 'http://127.0.0.1:8787',
      inbox: [
        {
          account_id: 'shop',
          hook: 'events',
          segments: 1,
          posts_waiting: 3,
          oldest_waiting_at: '2026-06-30T13:00:00.000Z',
          clock_alarm: null,
        },
        {
          account_id: 'news',
          hook: 'lists',
          segments: 0,
          posts_waiting: 0,
          oldest_waiting_at: null,
          clock_alarm: alarm,
        },
      ],
    });
    const { stdout } = await cli('status');
    expect(stdout).toContain('Receiver:      not running (mailmart receive)');
    expect(stdout).toMatch(
      /shop\/events: 3 posts \(\d+ B\) wait to be loaded, the oldest since 1 h 00 min; \d+ B kept/,
    );
    expect(stdout).toContain('news/lists: nothing waits to be loaded; 0 B kept');
    expect(stdout).toMatch(
      /Clock alarm: 12 genuine posts were refused for their age, the last at 2026-06-30T13:40:00.000Z: this machine’s clock is 10 min 00 s ahead of/,
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Not complete: 4 of 4 streams.');
  });

  it('counts what is loaded as loaded', async () => {
    const [segment] = await openInbox(folder.path, 'shop').segments('events');
    let second = 0;
    for await (const { position, body } of openInbox(folder.path, 'shop').posts(
      'events',
      segment!.name,
      0,
      segment!.bytes,
      AbortSignal.timeout(9_000),
    )) {
      if (Buffer.from(body).toString() === 'two') second = Number(position.split('@')[1]);
    }
    const load = async (to: number) => {
      await removeLoaded(folder.path, 'shop', 'events', {
        loadedTo: () => to,
        keepMs: 86_400_000,
        now: '2026-06-30T14:00:00.000Z',
      });
      return ((await document())['receiver'] as { readonly inbox: readonly unknown[] }).inbox[0];
    };
    expect(await load(second)).toMatchObject({ segments: 1, posts_waiting: 2, bytes_waiting: segment!.bytes - second });
    expect(await load(segment!.bytes)).toMatchObject({
      segments: 1,
      bytes: segment!.bytes,
      posts_waiting: 0,
      bytes_waiting: 0,
      oldest_waiting_at: null,
    });
  });
});

describe('report', () => {
  it('says what to do where the published tables are of another version', async () => {
    const { code, stderr } = await cli('report');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /Error DATA_OUTDATED: The published tables are of another version of mailmart: they have no \w+\.$/m,
    );
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('  Fix: mailmart transform');
  });
});

describe('alerts', () => {
  it('says under each open alert what it is about and what to do, without what a name would do to a terminal', async () => {
    const { stdout, stderr } = await cli('alerts');
    expect(stdout.split('\n')).toEqual([
      'since       last seen   severity  rule    scope     account',
      '2026-06-20  2026-06-27  warning   profit  campaign  shop',
      '    Profit of =HYPERLINK("http://x.example","a")evil INFO fake is -23.75 EUR.',
      '    Mail is not free.',
      '',
    ]);
    // Without a channel they wait here for somebody to ask.
    expect(stderr).toContain('1 open alert; nobody is told: mailmart.yaml has no alerts.channels');
  });

  it('does not take --since for a filter of what is open', async () => {
    const { code, stderr } = await cli('alerts', '--since', '30d');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--since goes with test')]);
  });

  it('has the same as a document', async () => {
    const { stdout } = await cli('alerts', '--json');
    expect(outputSchemas['alerts']?.parse(JSON.parse(stdout))).toMatchObject({
      mode: 'open',
      incidents: [{ incident_id: 'i1', scope_id: 'c1', scope_name: 'Spring', value: -23.75, days: 1 }],
    });
  });
});

describe('discover', () => {
  it('works without a project and says what is incremental', async () => {
    const { stdout } = await runCli(['discover', 'mailchimp', '--json'], { cwd: '/' });
    const document = outputSchemas['discover']?.parse(JSON.parse(stdout)) as {
      sources: { streams: { name: string }[] }[];
    };
    const stream = (name: string) => document.sources[0]?.streams.find((one) => one.name === name);
    expect(stream('members')).toMatchObject({
      incremental: 'source',
      cursor: 'last_changed',
      person_field: 'email_address',
      parent: 'lists',
    });
    expect(stream('lists')).toMatchObject({ kind: 'snapshot', incremental: 'no' });
    expect(stream('email_activity')).toMatchObject({ incremental: 'by_age', parent: 'campaigns' });
  });
});
