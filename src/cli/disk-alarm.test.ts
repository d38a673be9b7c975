import { expect, it } from 'vitest';
import type { Project } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
import { CliError } from './cli-error.ts';
import { tellDiskFirst } from './disk-alarm.ts';

const project = { paths: { state: '/' } } as Project;
const free = (bytes: number) => () => ({ bavail: bytes / 4096, bsize: 4096 });
const full = free(409_600);
const lost = new Error('Namespace default was not found: connection refused');

it('a server that fails on a full disk is told as the disk', () => {
  expect(tellDiskFirst(project, lost, free(8 * 1024 ** 2))).toBe(lost);
  const told = tellDiskFirst(project, lost, full);
  expect(told).toMatchObject({
    cause: lost,
    report: {
      code: 'FILE_WRITE',
      what: expect.stringMatching(/disk of \/ is full/),
      fix: expect.stringMatching(/again/),
    },
  });
  const gone = new CliError({ code: 'RUN_FAILED', exit: 'error', what: 'The worker stopped.', fix: 'Run it again.' });
  expect(tellDiskFirst(project, gone, full)).toMatchObject({ report: { code: 'FILE_WRITE' } });
  // What says itself what is wrong stays.
  for (const known of [told, new ConfigError([]), new CliError({ code: 'USAGE', exit: 'usage', what: 'x', fix: 'y' })])
    expect(tellDiskFirst(project, known, full)).toBe(known);
});
