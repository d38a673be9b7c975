import { mkdtempSync, rmSync, statfsSync } from 'node:fs';

const memory = '/dev/shm';
/** More than the tests have at once. */
const roomBytes = 6 * 1024 ** 3;

/**
 * Puts the folders of tests into memory where the system offers some, and takes them away at the end: on a disk they spend half
 * of their time waiting for it. A test that kills processes sees no difference: what a process has written survives it.
 */
export function keepTemporaryFilesInMemory(): void {
  if (process.env['TMPDIR'] !== undefined || !hasRoom()) return;
  const folder = mkdtempSync(`${memory}/mailmart-tests-`);
  process.env['TMPDIR'] = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > roomBytes;
  } catch {
    return false;
  }
}
