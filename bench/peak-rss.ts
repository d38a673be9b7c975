import { readFileSync } from 'node:fs';

/**
 * Most memory that this process ever held, threads and native libraries included. Linux says it of the program alone;
 * the general figure may be that of the parent at the moment it started us.
 */
export function peakRssMb(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? Number.NaN) / 1024;
}
