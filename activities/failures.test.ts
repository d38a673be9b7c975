import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ConnectorError, type FailureKind } from '../connectors/_kit/errors.ts';
import { registerSecret } from '../connectors/_kit/redact.ts';
import { ConfigError } from '../src/config/problems.ts';
import { LandingError } from '../src/landing/port.ts';
import { TransformError } from '../src/transform/errors.ts';
import { WarehouseError, type WarehouseFailureKind } from '../src/warehouse/port.ts';
import { toFailure } from './failures.ts';

function translated(error: unknown): ApplicationFailure {
  const failure = toFailure(error);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  return failure as ApplicationFailure;
}

const entries = <K extends string>(kinds: Readonly<Record<K, boolean>>) => Object.entries(kinds) as [K, boolean][];

describe('toFailure', () => {
  // Whether trying again is of no use, of every kind that there is.
  const sourceKinds = {
    transient: false,
    rate_limited: false,
    cursor_expired: false,
    quota_exhausted: true,
    pending: true,
    auth: true,
    rejected: true,
    contract: true,
    config: true,
  } satisfies Record<FailureKind, boolean>;
  it.each(entries(sourceKinds))('a source failure %s: final %s', (kind, final) => {
    const failure = translated(new ConnectorError('GET /lists came back odd', { kind, connector: 'fake' }));
    expect([failure.type, failure.nonRetryable]).toEqual([kind, final]);
  });

  const warehouseKinds = {
    transient: false,
    locked: false,
    rejected: true,
    drift: true,
    fenced: true,
    quota: true,
    denied: true,
    over_budget: true,
  } satisfies Record<WarehouseFailureKind, boolean>;
  it.each(entries(warehouseKinds))('a warehouse failure %s: final %s', (kind, final) => {
    const failure = translated(new WarehouseError('commit', { kind }));
    expect([failure.type, failure.nonRetryable]).toEqual([kind, final]);
    // Sources have kinds of the same names: the code tells whose it is.
    expect(failure.details).toEqual([{ code: expect.stringMatching(/^WAREHOUSE_/) }]);
  });

  it.each(['compile', 'selection'] as const)('a failure of the models, %s, is what it is, with what to do', (kind) => {
    const failure = translated(new TransformError('no model is named x', { kind, fix: 'Name another.' }));
    expect([failure.type, failure.nonRetryable]).toEqual([kind, true]);
    expect(failure.details).toEqual([{ fix: 'Name another.' }]);
  });

  it('a rate limit is tried again when the source said, and is no alarm', () => {
    const failure = translated(
      new ConnectorError('429', { kind: 'rate_limited', connector: 'fake', status: 429, retryAfterMs: 40_000 }),
    );
    expect(failure.nextRetryDelay).toBe(40_000);
    expect(failure.category).toBe('BENIGN');
  });

  it('an outage is asked about after ten minutes at the latest, whatever the source says', () => {
    for (const retryAfterMs of [86_400_000, Number.MAX_SAFE_INTEGER]) {
      const error = new ConnectorError('503', { kind: 'transient', connector: 'fake', status: 503, retryAfterMs });
      expect(translated(error).nextRetryDelay).toBe(600_000);
    }
  });

  it('an exhausted quota tells the workflow how long to sleep', () => {
    const failure = translated(
      new ConnectorError('429', { kind: 'quota_exhausted', connector: 'fake', retryAfterMs: 7_200_000 }),
    );
    expect(failure.nextRetryDelay).toBeUndefined();
    expect(failure.details).toEqual([{ retryAfterMs: 7_200_000 }]);
  });

  it('what is wrong and what to do are two sentences', () => {
    const fix = 'Mend the file.';
    const details = { kind: 'contract', connector: 'file', fix } as const;
    expect(translated(new ConnectorError('a.csv: is no text', details)).message).toBe(
      'a.csv: is no text. Mend the file.',
    );
    expect(translated(new ConnectorError('It is no text.', details)).message).toBe('It is no text. Mend the file.');
  });

  it('a fault of the configuration keeps its code, and its fix apart from what is wrong', () => {
    const fix = 'Set it for this shell without leaving it in the history: read -rs MC_KEY && export MC_KEY';
    const problem = {
      code: 'SECRET_UNSET',
      file: 'mailmart.yaml',
      line: 5,
      column: 29,
      path: 'sources[0].credentials.api_key',
      what: 'The environment variable MC_KEY is not set.',
      why: 'mailmart.yaml refers to it for a secret.',
      fix,
    } as const;
    const failure = translated(new ConfigError([problem]));
    expect(failure).toMatchObject({ type: 'config', nonRetryable: true, details: [{ fix, code: 'SECRET_UNSET' }] });
    expect(failure.message).toBe(`The environment variable MC_KEY is not set. (mailmart.yaml:5:29) ${fix}`);
    const both = translated(new ConfigError([problem, { ...problem, line: 9, code: 'SECRET_FILE' }]));
    expect(both.details).toEqual([{ code: 'SECRET_UNSET' }]);
    expect(both.message).toContain('mailmart.yaml:9:29');
  });

  it('says what to do', () => {
    const failure = translated(
      new ConnectorError('The key was refused.', { kind: 'auth', connector: 'fake', fix: 'Make a new key.' }),
    );
    expect(failure.message).toBe('The key was refused. Make a new key.');
  });

  it('lets no secret, address, query or body through, and keeps no cause', () => {
    registerSecret('canary-4711-secret');
    const failure = translated(
      new ConnectorError(
        'GET https://api.example/x?email=ann@example.com with canary-4711-secret: {"email":"bob@example.com"}',
        {
          kind: 'rejected',
          connector: 'fake',
          fix: 'Ask carol@example.com about canary-4711-secret',
        },
        { cause: new Error('dave@example.com') },
      ),
    );
    const text = JSON.stringify([failure.message, failure.details, String(failure.cause)]);
    expect(text).not.toMatch(/canary|ann|bob|carol|dave|email=/);
  });

  it('a file that the warehouse may not open keeps its own name', () => {
    const details = { kind: 'transient', code: 'FILE_WRITE', fix: 'Make that disk writable.' } as const;
    const failure = translated(new WarehouseError('Commit: the file system is read-only.', details));
    expect(failure.details).toEqual([{ code: 'FILE_WRITE', fix: 'Make that disk writable.' }]);
  });

  it('landing', () => {
    expect(translated(new LandingError('disk full', { kind: 'transient' })).nonRetryable).toBe(false);
    expect(translated(new LandingError('name', { kind: 'rejected' })).nonRetryable).toBe(true);
  });

  it('a failure of the operating system may pass', async () => {
    const failure = translated(await readFile('/nowhere/at/all').catch((error: unknown) => error));
    expect([failure.type, failure.nonRetryable, failure.message]).toEqual(['transient', false, 'open failed: ENOENT']);
  });

  it.each([
    ['EISDIR', '/p/report.html', true, '/p/report.html cannot be used: it is a folder.'],
    ['ENOTDIR', '/p/report.html', true, '/p/report.html cannot be used: a part of the path is not a folder.'],
    ['EEXIST', '/p/report.html', true, '/p/report.html cannot be used: it is not a folder.'],
    ['EACCES', '/p/report.html', false, '/p/report.html cannot be used: this user has no permission.'],
    ['ENOSPC', undefined, false, 'A file cannot be used: the disk is full.'],
  ])('a file that cannot be written, %s, is named, and tried again where that may help', (code, dest, final, what) => {
    const failure = translated(Object.assign(new Error(code), { code, syscall: 'rename', path: dest && '/p/x', dest }));
    expect([failure.type, failure.nonRetryable]).toEqual(['transient', final]);
    expect(failure.message).toBe(`${what} Check its permissions (ls -ld) and the free space (df -h).`);
    expect(failure.details).toEqual([{ code: 'FILE_WRITE', fix: expect.stringContaining('ls -ld') }]);
  });

  it('an unknown error is ours: final, and asks to be reported', () => {
    const failure = translated(new TypeError('x is not a function'));
    expect([failure.type, failure.nonRetryable]).toEqual(['unexpected', true]);
    expect(failure.message).toContain('report it');
  });

  it('a cancellation stays one', () => {
    const cancelled = new CancelledFailure('CANCELLED');
    expect(toFailure(cancelled)).toBe(cancelled);
  });
});
