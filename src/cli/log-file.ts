import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import type { Project } from '../config/load.ts';

/** The project's log: a file, because the terminal belongs to the progress. */
export function openLog(project: Project, env: NodeJS.ProcessEnv): Logger {
  mkdirSync(project.paths.logs, { recursive: true, mode: 0o700 });
  chmodSync(project.paths.logs, 0o700);
  const destination = pino.destination({ dest: join(project.paths.logs, 'mailmart.log'), sync: true });
  // A full disk is told by whoever has work to store. Lines that cannot be written wait for room; without a listener they end the process.
  destination.on('error', () => undefined);
  return pino({ level: env['MAILMART_LOG_LEVEL'] ?? 'info' }, destination);
}
