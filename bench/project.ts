import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { accountKey } from './shape.ts';

/** A new folder for a project. */
export function newProjectFolder(): string {
  return mkdtempSync(join(tmpdir(), 'mailmart-bench-'));
}

/** Account ids of a project, and the environment that holds their keys. */
export type BenchProject = {
  readonly accounts: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** Writes mailmart.yaml with one source an account; the same again for a folder that a killed worker left. */
export function writeProject(folder: string, url: string, count: number): BenchProject {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const sources = numbers.map((account) => ({
    id: `account-${account}`,
    type: 'mailchimp',
    credentials: { api_key: `\${env:BENCH_KEY_${account}}` },
    base_url: url,
    // What they are planned from comes along: lists, campaigns, reports, automations.
    streams: ['members', 'email_activity'],
  }));
  const company = { name: 'Bench', time_zone: 'Europe/Berlin', currency: 'EUR' };
  writeFileSync(join(folder, 'mailmart.yaml'), stringify({ company, sources, privacy: { salt: '${file:salt}' } }));
  writeFileSync(join(folder, 'salt'), 'bench-salt-bench-salt-bench-salt-0123456789', { mode: 0o600 });
  chmodSync(folder, 0o700);
  return {
    accounts: sources.map(({ id }) => id),
    env: Object.fromEntries(numbers.map((account) => [`BENCH_KEY_${account}`, accountKey(account)])),
  };
}
