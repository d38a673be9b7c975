import { describe, expect, it } from 'vitest';
import type { RunPipelineResult, SyncAccountResult } from '../../workflows/index.ts';
import type { RunProgress } from '../temporal/progress.ts';
import { outputSchemas } from './json-schemas.ts';
import type { Output } from './output.ts';
import type { StreamStatus } from './published-status.ts';
import { watchRun } from './progress.ts';
import { nothingYet } from './read-last.ts';
import { endOfPipeline, endOfSyncs, endOfTransform } from './run-outcome.ts';
import { lastLine, summaryText } from './summary.ts';

const counts = {
  slices: 2,
  pages: 3,
  requests: 4,
  rowsRead: 10,
  rowsInserted: 7,
  rowsUpdated: 2,
  rowsUnchanged: 1,
  rowsDeleted: 0,
  rowsQuarantined: 0,
  bytesRead: 2048,
};
const complete = { kind: 'complete', missing: [], gaps: [] } as const;
const incomplete = { kind: 'incomplete', missing: ['3 of 10 members'], gaps: [] } as const;
const noTransform = { done: 5, unchanged: 2, failed: [], failedCount: 0, skippedCount: 0, blocked: false } as const;

function synced(stream: Partial<SyncAccountResult['streams'][number]> = {}): SyncAccountResult {
  const one = {
    key: { source: 'mailchimp', accountId: 'shop', stream: 'members' },
    counts,
    verdict: complete,
    durationMs: 12.3,
    ...stream,
  };
  return { source: 'mailchimp', accountId: 'shop', runId: 'r', verdict: one.verdict, streams: [one], durationMs: 12 };
}

function pipeline(change: Partial<RunPipelineResult> = {}): RunPipelineResult {
  return {
    runId: 'r',
    verdict: complete,
    transform: noTransform,
    published: true,
    reported: true,
    alerts: null,
    durationMs: 65_000,
    accounts: [{ source: 'mailchimp', accountId: 'shop', verdict: complete, counts, streams: 1, troubled: [] }],
    ...change,
  };
}

const account = (change: Partial<RunPipelineResult['accounts'][number]>): Partial<RunPipelineResult> => ({
  accounts: [
    { source: 'mailchimp', accountId: 'shop', verdict: incomplete, counts, streams: 1, troubled: [], ...change },
  ],
});
const failedWith = (kind: string) => account({ failure: { kind, message: `it was ${kind}` } });
const test = { name: 'checks.marts_x', message: '2 rows', blocking: true } as const;

const unstyled = (text: string): string => text.replaceAll(/[\uE100-\uE106]/g, '');

describe('how a run ended', () => {
  it.each([
    ['done', pipeline(), 'Complete in 1 min 05 s, published.'],
    ['incomplete', pipeline(account({})), 'Not complete (incomplete)'],
    ['incomplete', pipeline(account({ verdict: { ...complete, kind: 'suspiciously_empty' } })), 'suspiciously empty'],
    [
      'incomplete',
      pipeline(account({ verdict: complete, counts: { ...counts, rowsQuarantined: 1 } })),
      'records in quarantine',
    ],
    ['signIn', pipeline(failedWith('auth')), 'Error SOURCE_AUTH: it was auth'],
    [
      'signIn',
      pipeline(account({ troubled: [{ stream: 'members', kind: 'auth', message: 'no' }] })),
      'Error SOURCE_AUTH',
    ],
    ['quota', pipeline(failedWith('quota_exhausted')), 'Error SOURCE_QUOTA'],
    ['config', pipeline(failedWith('config')), 'Error SOURCE_CONFIG'],
    [
      'dataTest',
      pipeline({ published: false, transform: { ...noTransform, failed: [test], failedCount: 1, blocked: true } }),
      'Error DATA_TEST_FAILED: checks.marts_x failed',
    ],
    ['incomplete', pipeline(failedWith('transient')), 'Not complete'],
    [
      'incomplete',
      pipeline(account({ troubled: [{ stream: 'orders', kind: 'contract', message: 'no', fix: 'Mend the file.' }] })),
      'published. Mend the file. More: mailmart explain DATA_INCOMPLETE',
    ],
  ] as const)('%s', (exit, result, words) => {
    const ended = endOfPipeline(result, false, null, nothingYet);
    expect(ended.exit).toBe(exit);
    expect(unstyled(lastLine(ended))).toContain(words);
    outputSchemas['run']?.parse({ version: 1, command: 'run', ...ended.outcome });
  });

  it('with the code of a fault of the configuration, and its whole fix on a line of its own', () => {
    const message = 'The environment variable MC_KEY is not set.';
    const fix = 'Set it for this shell: read -rs MC_KEY && export MC_KEY';
    const said = `Error SECRET_UNSET: ${message}\n  More: mailmart explain SECRET_UNSET\n  Fix: ${fix}`;
    const known = { kind: 'config', code: 'SECRET_UNSET', fix };
    const run = account({ troubled: [{ stream: 'members', message, ...known }] });
    expect(unstyled(lastLine(endOfPipeline(pipeline(run), false, null, nothingYet)))).toBe(said);
    // As it crosses history: the fix is a part of the message too.
    const failed = synced({ verdict: incomplete, failure: { message: `${message} ${fix}`, ...known } });
    expect(unstyled(lastLine(endOfSyncs('r', false, [failed], 5)))).toBe(said);
  });

  it('of a sync and of a transform', () => {
    expect(endOfSyncs('r', false, [synced()], 5).exit).toBe('done');
    const failed = synced({ verdict: incomplete, failure: { kind: 'quota_exhausted', message: 'come back tomorrow' } });
    expect(endOfSyncs('r', false, [failed], 5).exit).toBe('quota');
    expect(endOfTransform('r', false, { ...noTransform, blocked: true, failed: [test] }, 5).exit).toBe('dataTest');
    for (const [command, ended] of [
      ['sync', endOfSyncs('r', false, [synced(), failed], 5)],
      ['transform', endOfTransform('r', true, noTransform, 5)],
    ] as const) {
      outputSchemas[command]?.parse({ version: 1, command, ...ended.outcome });
    }
  });

  it('repeats what is missing, what failed and how to see the quarantine', () => {
    const text = summaryText(
      endOfSyncs(
        'r',
        false,
        [
          synced({
            verdict: { ...incomplete, gaps: ['2 deleted members'] },
            counts: { ...counts, rowsQuarantined: 3 },
            failure: { kind: 'transient', message: 'no answer' },
          }),
        ],
        5,
      ).outcome,
    );
    expect(text).toContain('shop: 3 of 10 members');
    expect(text).toContain('shop: 2 deleted members');
    expect(text).toContain('shop/members: no answer');
    expect(text).toContain('3 records. See why: mailmart query "from status.quarantine"');
  });

  it.each([
    [0, 0, /^(?![\s\S]*quarantine)/],
    [2, 0, /Still in quarantine from earlier runs: 2 records\. See why: .*open_count > 0/],
    [2, 3, /In quarantine: 3 records/],
    [5, 3, /In quarantine: 3 records[^\n]*\nStill in quarantine from earlier runs: 2 records/],
  ])('of %i records that are not mended, %i of this run', (open, rowsQuarantined, said) => {
    const entry = { source: 'file', account_id: 'shop', stream: 'costs', path: 'at', reason: 'no', last_run_id: 'r' };
    const quarantine = [{ ...entry, rows: 9, open }];
    const run = pipeline(account({ verdict: complete, counts: { ...counts, rowsQuarantined } }));
    const { outcome, exit } = endOfPipeline(run, false, null, { ...nothingYet, quarantine });
    expect(summaryText(outcome)).toMatch(said);
    expect(outcome.quarantine_open).toBe(open);
    expect(exit).toBe(rowsQuarantined === 0 ? 'done' : 'incomplete');
    outputSchemas['run']?.parse({ version: 1, command: 'run', ...outcome });
  });

  it('of amounts without an exchange rate: it ends well, and says which are counted nowhere', () => {
    const gaps = [
      { currency: 'GBP', months: 1, first_month: '2026-03', last_month: '2026-03' },
      { currency: 'USD', months: 5, first_month: '2026-01', last_month: '2026-06' },
    ];
    const last = { ...nothingYet, fx_gaps: gaps };
    for (const { outcome, exit } of [
      endOfPipeline(pipeline(), false, null, last),
      endOfTransform('r', false, noTransform, 5, null, last),
    ]) {
      expect(exit).toBe('done');
      expect(summaryText(outcome)).toMatch(
        /counted nowhere:\n {2}- amounts in GBP of 2026-03\n {2}- amounts in USD of 5 months, 2026-01 to 2026-06\n {2}Give their rates/,
      );
      outputSchemas['run']?.parse({ version: 1, command: 'run', ...outcome });
    }
    expect(summaryText(endOfPipeline(pipeline(), false, null, nothingYet).outcome)).not.toContain('exchange rate');
  });

  it('says once what all streams of a service met, and each failure of its own', () => {
    const unanswered = (stream: string) => `GET /${stream} of mailchimp stream ${stream} got no answer. Tried 3 times.`;
    const failures = {
      lists: unanswered('lists'),
      campaigns: unanswered('campaigns'),
      reports: unanswered('reports'),
      orders: 'GET /orders of mailchimp stream orders gave 403',
      members: 'not read, because it is planned from lists, which was not read',
      sent_to: 'not read, because it is planned from campaigns, which was not read',
      segments: 'not read, because it is planned from lists, which was not read',
    };
    const account = synced();
    const streams = Object.entries(failures).map(([stream, message]) => ({
      ...account.streams[0]!,
      key: { source: 'mailchimp', accountId: 'shop', stream },
      failure: { kind: 'transient', message },
    }));
    const text = summaryText(endOfSyncs('r', false, [{ ...account, streams }], 5).outcome);
    expect(text.slice(text.indexOf('Failed:')).split('\n')).toEqual([
      'Failed:',
      '  - shop: 3 streams: got no answer. Tried 3 times. (lists, campaigns, reports)',
      '  - shop/orders: GET /orders of mailchimp stream orders gave 403',
      '  - shop: 3 streams: not read, because what they are planned from was not read (members, sent_to, segments)',
    ]);
  });
});

describe('what is missing', () => {
  const refused = 'GET /lists of mailchimp stream lists answered 401 (API Key Invalid).';
  const fix = 'Make a new key.';
  const status = (stream: string, missing: readonly string[], failure: string | null): StreamStatus => ({
    ...({} as StreamStatus),
    source: 'mailchimp',
    account_id: 'shop',
    run_id: 'r',
    verdict: 'incomplete',
    gaps: [],
    stream,
    missing,
    failure,
  });
  const missingOf = (text: string): readonly string[] =>
    /^Missing:\n((?: {2}- .*\n)+)/m.exec(`${text}\n`)?.[1]?.trimEnd().split('\n') ?? [];
  const linesOf = (change: Partial<RunPipelineResult['accounts'][number]>, streams: readonly StreamStatus[]) => {
    const { outcome } = endOfPipeline(pipeline(account(change)), false, null, { ...nothingYet, streams });
    const text = summaryText(outcome);
    return { missing: missingOf(text), failed: text.split('Failed:\n')[1]?.split('\n') ?? [] };
  };
  const verdict = (...missing: readonly string[]) => ({ kind: 'incomplete', missing, gaps: [] }) as const;

  it('because of a failure is said there alone; what else is missing of the stream stays', () => {
    const { missing, failed } = linesOf(
      {
        verdict: verdict(
          `lists: ${refused}`,
          `members: 3 of 10 slices were not read: ${refused}`,
          'members: list 7: 2 of 9 members',
          'orders: 1 of 5 orders',
          'and 2 more: see mailmart status',
        ),
      },
      [
        status('lists', [refused], `${refused} ${fix}`),
        status('reports', [`2 of 2 slices were not read: ${refused}`], refused),
        status('members', [`3 of 10 slices were not read: ${refused}`, 'list 7: 2 of 9 members'], `${refused} ${fix}`),
        status('orders', ['1 of 5 orders'], null),
      ],
    );
    expect(missing).toEqual([
      '  - shop: members: 3 of 10 slices were not read',
      '  - shop: members: list 7: 2 of 9 members',
      '  - shop: orders: 1 of 5 orders',
    ]);
    expect(failed.filter((line) => line.includes('401'))).toHaveLength(3);
  });

  it('is found though a line of a verdict is cut, or the failure lacks what to do', () => {
    const failure = { kind: 'auth', message: 'refused '.repeat(30) };
    const cut = { ...verdict(`${failure.message.slice(0, 150)}…`, 'list 7: 2 of 9 members') };
    const first = synced({ verdict: cut, failure }).streams[0]!;
    const streams = [first, { ...first, verdict: verdict(`no. ${fix}`), failure: { kind: 'auth', message: 'no.' } }];
    const named = { ...synced(), streams, verdict: verdict('members: as its streams say') };
    expect(missingOf(summaryText(endOfSyncs('r', false, [named], 5).outcome))).toEqual([
      '  - shop: members: list 7: 2 of 9 members',
    ]);
  });

  it('of an account as a whole, and of a stream that another run took over', () => {
    const failure = { kind: 'auth', message: refused };
    expect(linesOf({ verdict: verdict(refused), failure }, [])).toEqual({
      missing: [],
      failed: [`  - shop: ${refused}`],
    });
    const cut = verdict('members: 3 of 10', 'orders: newer run', 'and 2 more: see mailmart status');
    expect(linesOf({ verdict: cut }, []).missing).toEqual(cut.missing.map((line) => `  - shop: ${line}`));
    expect(linesOf({ verdict: cut }, [status('members', ['3 of 10'], null)]).missing).toEqual([
      '  - shop: members: 3 of 10',
      '  - shop: orders: newer run',
    ]);
  });

  it('in many places is cut: the status has the rest', () => {
    const lines = Array.from({ length: 9 }, (_, index) => `item ${index}`);
    const { missing } = linesOf({ verdict: verdict() }, [status('members', lines, null)]);
    expect(missing).toHaveLength(6);
    expect(missing.at(-1)).toBe('  - shop: and 4 more: see mailmart status');
  });
});

describe('progress without a terminal', () => {
  const at = (state: string, rows: number, more: object = {}): RunProgress =>
    ({
      runId: 'r',
      step: 'sync',
      transform: null,
      accounts: [
        {
          source: 'mailchimp',
          accountId: 'shop',
          streams: [{ stream: 'members', state, slicesDone: 1, slices: 2, pages: 1, rows, requests: 2, ...more }],
        },
      ],
    }) as RunProgress;

  /** Not a terminal; what is said, without its colours, goes to `lines`. */
  const hearing = (lines: string[]): Output => ({
    json: false,
    isTerminal: false,
    document: () => undefined,
    data: () => undefined,
    warn: () => undefined,
    repeatWarnings: () => undefined,
    say: (line) => void lines.push(line.replaceAll(/[\uE100-\uE106]/g, '')),
  });

  async function said(looks: readonly RunProgress[]): Promise<readonly string[]> {
    const lines: string[] = [];
    let index = 0;
    let end: () => void = () => undefined;
    const done = new Promise<void>((resolve) => (end = resolve));
    await watchRun(
      hearing(lines),
      () => {
        const look = looks[Math.min(index, looks.length - 1)] as RunProgress;
        index += 1;
        if (index >= looks.length) end();
        return Promise.resolve(look);
      },
      done,
    );
    return lines;
  }

  it('says each stream once when it ends', async () => {
    const lines = await said([
      at('extracting', 5),
      at('done', 10, { verdict: complete }),
      at('done', 10, { verdict: complete }),
    ]);
    expect(lines.filter((line) => line.startsWith('members complete'))).toEqual([
      'members complete: 1/2 slices, 10 rows, 1 pages, 2 requests',
    ]);
    expect(lines[0]).toContain('Syncing: 0 of 1 streams; members reading: 1/2 slices, 5 rows');
  });

  it('says that it waits for a quota, and how long', async () => {
    const waitingUntil = new Date(Date.now() + 3_600_000).toISOString();
    const lines = await said([at('quota', 5, { waitingUntil }), at('quota', 5, { waitingUntil })]);
    expect(lines[0]).toMatch(/members quota used up, goes on in (?:1 h 00|59 min)/);
  });

  it('says what is tried again, and why', async () => {
    const trouble = { attempt: 3, lastFailure: 'no room for rows\nat line 2' };
    const again = { ...at('extracting', 5), trouble };
    const lines = await said([again, again]);
    expect(lines[0]).toMatch(/^Syncing: 0 of 1 streams; tries again \(attempt 3\): no room for rows; members reading/);
  });

  it('says why nobody answers, where that is known', async () => {
    const lines: string[] = [];
    const done = new Promise<void>((end) => setTimeout(end, 100));
    const alarm = (): string | undefined => (lines.length === 0 ? 'The disk is full.' : undefined);
    await watchRun(hearing(lines), () => new Promise(() => undefined), done, { alarm, alarmMs: 5 });
    expect(lines).toEqual(['The disk is full.']);
  });

  it('keeps looking after a look that failed', async () => {
    const lines: string[] = [];
    let looks = 0;
    await watchRun(
      { ...hearing(lines), json: true, isTerminal: true },
      () =>
        (looks += 1) === 1
          ? Promise.reject(new Error('busy'))
          : Promise.resolve(at('failed', 1, { failure: { kind: 'auth', message: 'key refused' } })),
      new Promise((done) => setTimeout(done, 1200)),
    );
    expect(lines[0]).toContain('key refused');
  });
});
