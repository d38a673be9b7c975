import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigProblem } from './problems.ts';

/**
 * The salt under which addresses are hashed, made on first use: 32 random bytes, readable by the owner alone.
 * Two processes that start at once get the same one, because the name appears only with the finished content.
 */
export function ensureSaltFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(handle, randomBytes(32).toString('hex'));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(temporary);
  }
  return readFileSync(path, 'utf8');
}

/** The default salt file is not there, although rows were read with it. */
export function saltIsGone(file: string, salt: string): ConfigProblem {
  return {
    code: 'SECRET_FILE',
    file,
    path: 'privacy.salt',
    what: `The salt of the person keys is gone: ${salt}.`,
    why: 'The warehouse knows people by keys made with it: with another salt each of them would count twice.',
    fix: 'Restore that file from your backup; without one, begin a new warehouse (warehouse: in mailmart.yaml): all is read again.',
  };
}
