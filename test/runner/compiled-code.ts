import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Lets every process that tests start, and those that run them, keep what Node compiled, as the command does for itself: a simulator
 * or a receiver starts for half of the processor time.
 */
export function keepCompiledCode(): void {
  const cache = process.env['MAILMART_CACHE'] ?? join(homedir(), '.cache', 'mailmart');
  process.env['NODE_COMPILE_CACHE'] ??= join(cache, 'compiled');
}
