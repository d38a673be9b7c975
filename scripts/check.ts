/** All static checks, one line each: types, lint, format, boundaries, dead code, SQL. Any failure prints its output and fails. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';

type Check = { readonly name: string; readonly command: readonly [string, ...string[]]; readonly mustSay?: RegExp };

const checks: readonly Check[] = [
  { name: 'sql', command: ['node', 'scripts/lint-sql.ts'], mustSay: /^[1-9]\d+ compiled texts linted/m },
  {
    name: 'types',
    command: ['tsc', '--noEmit', '-p', '.', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/tsc.json'],
  },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'], mustSay: /on [1-9]\d* files/ },
  { name: 'format', command: ['prettier', '--check', '--cache', '--log-level', 'warn', '.'] },
  {
    name: 'boundaries',
    command: ['depcruise', '--config', '.dependency-cruiser.json', 'src', 'connectors', 'workflows', 'activities'],
    // It once reported success on zero modules (see docs/decisions): a count is part of passing.
    mustSay: /\([1-9]\d+ modules/,
  },
  { name: 'dead code', command: ['knip', '--no-progress'] },
];

/** Runs one command and returns whether it passed, its output and its time. */
function run(check: Check): Promise<{ readonly ok: boolean; readonly output: string; readonly seconds: number }> {
  const started = performance.now();
  const [program, ...args] = check.command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const end = (ok: boolean): void => resolve({ ok, output, seconds: (performance.now() - started) / 1000 });
    child.on('error', (error) => {
      output += `${program} could not be started (${error.message}): run scripts/setup.sh test\n`;
      end(false);
    });
    child.on('close', (code) => end(code === 0 && (check.mustSay?.test(output) ?? true)));
  });
}

const { positionals } = parseArgs({ allowPositionals: true });
let failed = 0;
// Two at a time, as the machine has two cores; the checks stand longest first.
const limit = pLimit(2);
const wanted = checks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
await limit.map(wanted, async (check) => {
  const { ok, output, seconds } = await run(check);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${check.name} (${seconds.toFixed(1)} s)`);
  if (ok) return;
  failed += 1;
  console.log(output.trimEnd());
});
process.exitCode = failed === 0 ? 0 : 1;
