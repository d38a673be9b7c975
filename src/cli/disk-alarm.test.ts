import { statfsSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import type { Project } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
import { CliError } from './cli-error.ts';
import { tellDiskFirst } from './disk-alarm.ts';

vi.mock('node:fs', async (actual) => ({ ...(await actual<object>()), statfsSync: vi.fn() }));

const project = { paths: { state: '/' } } as Project;
const free = (bytes: number): unknown =>
  vi.mocked(statfsSync).mockReturnValue({ bavail: bytes / 4096, bsize: 4096 } as never);
const lost = new Error('Namespace default was not found: connection refused');

it('a server that fails on a full disk is told as the disk', () => {
  free(8 * 1024 ** 2);
  expect(tellDiskFirst(project, lost)).toBe(lost);
  free(409_600);
  const told = tellDiskFirst(project, lost);
  expect(told).toMatchObject({
    cause: lost,
    report: {
      code: 'FILE_WRITE',
      what: expect.stringMatching(/disk of \/ is full/),
      fix: expect.stringMatching(/again/),
    },
  });
  const gone = new CliError({ code: 'RUN_FAILED', exit: 'error', what: 'The worker stopped.', fix: 'Run it again.' });
  expect(tellDiskFirst(project, gone)).toMatchObject({ report: { code: 'FILE_WRITE' } });
  // What says itself what is wrong stays.
  for (const known of [told, new ConfigError([]), new CliError({ code: 'USAGE', exit: 'usage', what: 'x', fix: 'y' })])
    expect(tellDiskFirst(project, known)).toBe(known);
});
