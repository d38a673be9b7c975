import { existsSync, statfsSync } from 'node:fs';
import type { Project } from '../config/load.ts';
import { CliError } from './cli-error.ts';
import { bytesText } from './durations.ts';

/** What a step of the warehouse or of the Temporal server may want at once. */
const fullBytes = 4 * 1024 ** 2;

type Look = (folder: string) => { readonly bavail: number; readonly bsize: number };

/** What is to be said where the disk of the project's own files is full. */
export function diskAlarm(
  { paths: { state } }: Project,
  look: Look = statfsSync,
): { readonly what: string; readonly fix: string } | undefined {
  if (!existsSync(state)) return undefined;
  const { bavail, bsize } = look(state);
  const free = bavail * bsize;
  return free < fullBytes
    ? { what: `The disk of ${state} is full: ${bytesText(free)} are free.`, fix: 'Free some space (df -h).' }
    : undefined;
}

/** What a full disk does to the servers that write to it looks like their failure: then the disk is what is told. */
export function tellDiskFirst(project: Project, error: unknown, look: Look = statfsSync): unknown {
  const isTold =
    (error instanceof CliError && error.report.code !== 'RUN_FAILED') ||
    (error instanceof Error && error.name === 'ConfigError');
  const alarm = isTold ? undefined : diskAlarm(project, look);
  if (alarm === undefined) return error;
  const fix = `${alarm.fix} Then run the same command again: it goes on from here.`;
  return new CliError(
    { code: 'FILE_WRITE', exit: 'error', ...alarm, why: 'Nothing more can be stored.', fix },
    { cause: error },
  );
}
