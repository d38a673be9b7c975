import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clockFromEnv } from '../contracts/clock.ts';
import { warehouseFailure } from '../warehouse/duckdb/errors.ts';
import { describeError } from './describe-error.ts';

test('a frozen clock that is no instant is a setting to mend, not a mistake of mailmart to report', () => {
  const error = expect.objectContaining({ code: 'CONFIG_VALUE', exit: 'config', fix: 'unset MAILMART_CLOCK' });
  for (const text of ['yesterday', '2026-06-30T12:00:00Z\n']) {
    let failed: unknown;
    try {
      clockFromEnv({ MAILMART_CLOCK: text });
    } catch (thrown) {
      failed = thrown;
    }
    expect(describeError(failed)).toEqual(error);
  }
});

test('a full disk is named, also where the write knows no path: by its number the file system does not say which file it was', () => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
  expect(describeError(error)).toEqual({
    code: 'FILE_WRITE',
    exit: 'error',
    what: 'The file cannot be used: the disk is full.',
    fix: expect.stringContaining('df -h'),
  });
  expect(describeError(Object.assign(error, { path: '/data/x' }))).toMatchObject({ where: '/data/x' });
});

test('a folder that cannot be made because a link leads nowhere is named; any other file that is not there is no fault of the disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-link-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const link = join(folder, 'share');
  symlinkSync(join(folder, 'not', 'mounted'), link);
  const failed = await mkdir(link, { recursive: true }).catch((error: unknown) => error);
  expect(describeError(failed)).toMatchObject({
    code: 'FILE_WRITE',
    what: 'The file cannot be used: a link in the path leads nowhere.',
    where: link,
  });
  const absent = await readFile(link).catch((error: unknown) => error);
  expect(describeError(absent).code).toBe('INTERNAL');
});

test('a run that another one keeps from beginning is named as one that is going on, however deep it was met', () => {
  const failure = Object.assign(new Error('another run of transform was still going on'), {
    name: 'ApplicationFailure',
    type: 'busy',
  });
  const error = Object.assign(new Error('Workflow execution failed', { cause: failure }), {
    name: 'WorkflowFailedError',
  });
  expect(describeError(error)).toMatchObject({ code: 'RUN_ACTIVE', exit: 'error', what: failure.message });
});

test('a run of another project is no error of ours, and says what to do', () => {
  const error = Object.assign(new Error('pipeline is running on task queue x.'), { name: 'RunningElsewhere' });
  expect(describeError(error)).toMatchObject({
    code: 'RUN_ACTIVE',
    what: 'pipeline is running on task queue x.',
    fix: expect.stringContaining('temporal.namespace'),
  });
});

test('a failure of the warehouse in a run is no failure of a source', () => {
  const cause = Object.assign(new Error('Could not publish.'), {
    name: 'ApplicationFailure',
    type: 'rejected',
    details: [{ code: 'WAREHOUSE_REJECTED', fix: 'Make room.' }],
  });
  const error = Object.assign(new Error('failed', { cause }), { name: 'WorkflowFailedError' });
  expect(describeError(error)).toMatchObject({ code: 'WAREHOUSE_REJECTED', exit: 'error', fix: 'Make room.' });
});

test.each([
  ['Read-only file system', 'the file system is read-only', /^Make that disk writable/],
  ['Permission denied', 'this user has no permission', /ls -ld/],
])('a file that may not be written, "%s", is no warehouse that is busy', (words, reason, fix) => {
  const text = `IO Error: Cannot open file "/p/w.duckdb": ${words}`;
  const named = { code: 'FILE_WRITE', exit: 'error', fix: expect.stringMatching(fix) as string };
  const open = warehouseFailure(new Error(text), 'Could not open /p/w.duckdb');
  expect(describeError(open)).toEqual({ ...named, what: `Could not open /p/w.duckdb: ${reason}.` });
  const commit = warehouseFailure(new Error(text), 'Commit');
  expect(describeError(commit)).toEqual({ ...named, what: `Commit (/p/w.duckdb): ${reason}.` });
  // A person may mend it while the run waits.
  expect(open.kind).toBe('transient');
});
