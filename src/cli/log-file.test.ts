import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Project } from '../config/load.ts';
import { openLog } from './log-file.ts';

it('a full disk does not end a run by its log', () => {
  const logs = mkdtempSync(join(tmpdir(), 'mailmart-log-'));
  onTestFinished(() => rmSync(logs, { recursive: true }));
  symlinkSync('/dev/full', join(logs, 'mailmart.log'));
  const log = openLog({ paths: { logs } } as Project, {});
  expect(() => log.info('no room')).not.toThrow();
});
