import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import type { Project } from '../config/load.ts';

/** The project's log: a file, because the terminal belongs to the progress. */
export function openLog(project: Project, env: NodeJS.ProcessEnv): Logger {
  mkdirSync(project.paths.logs, { recursive: true, mode: 0o700 });
  chmodSync(project.paths.logs, 0o700);
  return pino(
    { level: env['MAILMART_LOG_LEVEL'] ?? 'info' },
    pino.destination({ dest: join(project.paths.logs, 'mailmart.log'), sync: true }),
  );
}
