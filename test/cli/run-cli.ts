import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shim = fileURLToPath(new URL('../../bin/mailmart.js', import.meta.url));

export type CliResult = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds until something was on the screen, whichever stream. */
  readonly firstMs: number;
  readonly totalMs: number;
};

export type CliOptions = {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** As a user whom permissions bind: root's may open anything. */
  readonly isBound?: boolean;
  /** Called with the process, to send it signals. */
  readonly onStart?: (child: {
    kill(signal: NodeJS.Signals): void;
    onOutput(listen: (text: string) => void): void;
  }) => void;
};

const rights = '-dac_override,-dac_read_search';
const unprivileged = ['setpriv', `--bounding-set=${rights}`, `--inh-caps=${rights}`];

/** Runs the real command in a process of its own. The environment is small, so that a test does not depend on the machine's. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const { PATH, HOME, MAILMART_CACHE } = process.env;
  const env = {
    PATH: PATH ?? '',
    HOME: HOME ?? '',
    ...(MAILMART_CACHE !== undefined && { MAILMART_CACHE }),
    ...options.env,
  };
  return new Promise((done, fail) => {
    const started = performance.now();
    const bound = options.isBound === true && process.getuid?.() === 0 ? unprivileged : [];
    const [program = '', ...line] = [...bound, process.execPath, shim, ...args];
    const child = spawn(program, line, { cwd: options.cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    const out = { stdout: '', stderr: '' };
    const listeners: ((text: string) => void)[] = [];
    let firstMs = Number.POSITIVE_INFINITY;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        firstMs = Math.min(firstMs, performance.now() - started);
        out[name] += text;
        for (const listen of listeners) listen(out.stdout + out.stderr);
      });
    }
    child.once('error', fail);
    child.once('close', (code) => done({ code, ...out, firstMs, totalMs: performance.now() - started }));
    child.stdin.end(options.input ?? '');
    options.onStart?.({ kill: (signal) => void child.kill(signal), onOutput: (listen) => void listeners.push(listen) });
  });
}

/** A folder that goes when the test ends (`await using`-free: call `remove`). */
export function temporaryFolder(): { readonly path: string; write(name: string, text: string): void; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mailmart-cli-'));
  return {
    path,
    write: (name, text) => writeFileSync(join(path, name), text),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export const company = 'company: { name: Acme, time_zone: Europe/Berlin, currency: EUR }\n';

/** A source of one small file. */
export const books = `sources:
  - id: books
    type: file
    streams: [costs]
    files:
      - path: costs.csv
        map:
          - entity: costs
            key: [cost_id]
            fields: { cost_id: cost_id, kind: kind, amount: amount, currency_code: { const: EUR }, incurred_on: day }
`;
