import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from '../cli-error.ts';

/** Replaces a file by rename, keeping its mode unless one is given; refuses when it is no longer what was read. */
export function replaceFile(path: string, before: string | undefined, after: string, wanted?: number): void {
  mkdirSync(dirname(path), { recursive: true });
  if (before !== undefined && readFileSync(path, 'utf8') !== before) {
    throw new CliError({
      code: 'FILE_WRITE',
      exit: 'error',
      what: 'The file was changed by somebody else meanwhile; nothing was written.',
      where: path,
      fix: 'Run the command again.',
    });
  }
  const mode = wanted ?? (existsSync(path) ? statSync(path).mode : 0o644);
  const temporary = `${path}.${process.pid}.tmp`;
  const handle = openSync(temporary, 'wx', mode);
  try {
    writeSync(handle, after);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
}
