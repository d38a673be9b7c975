import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from './replace-file.ts';

/** Writes a file that must not exist yet. */
export function writeNew(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const handle = openSync(path, 'wx', mode);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Where a typed key is kept, relative to the project. */
export function secretFile(sourceId: string): string {
  return `.mailmart/secrets/${sourceId}`;
}

/** Keeps a typed key, in the place of an older one: a folder and a file that only the owner can read. True when it was not there. */
export function writeSecret(dir: string, sourceId: string, key: string): boolean {
  const path = join(dir, secretFile(sourceId));
  if (existsSync(path) && readFileSync(path, 'utf8') === key) return false;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
  replaceFile(path, undefined, key, 0o600);
  return true;
}

/** State and report do not belong into version control; other lines of .gitignore stay. */
export function ensureIgnored(dir: string): void {
  const path = join(dir, '.gitignore');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const lines = new Set(before.split('\n').map((line) => line.trim()));
  const missing = ['.mailmart/', 'report/'].filter((line) => !lines.has(line));
  if (missing.length === 0) return;
  appendFileSync(path, `${before === '' || before.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
}
