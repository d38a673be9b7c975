import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CliError } from '../cli-error.ts';

/** The simulator in a process of its own: it then takes no time from the pipeline, and dies with the demo. */
export type RunningSimulator = SimulatorState & { stop(): Promise<void> };

/** What the simulator says of itself: `url` is Mailchimp's. */
type SimulatorState = {
  readonly url: string;
  readonly adminUrl: string;
  readonly sendgrid: { readonly url: string; readonly publicKey: string };
};

const patienceMs = 120_000;

/** Starts it, on the port of the last time where that is free, so that the configuration stays the same. */
export async function startSimulator(options: {
  readonly dir: string;
  readonly seed: number;
  readonly size: string;
  readonly at: string;
  readonly apiKey: string;
  readonly sendgridApiKey: string;
  readonly stateFile: string;
  readonly filesFolder: string;
  readonly signal: AbortSignal;
}): Promise<RunningSimulator> {
  const earlier = stateOf(options.stateFile);
  const port = await freePortLike(earlier?.url);
  const sendgridPort = await freePortLike(earlier?.sendgrid?.url);
  rmSync(options.stateFile, { force: true });
  const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const program = fileURLToPath(new URL(`../../demo/serve.${suffix}`, import.meta.url));
  const child = spawn(
    process.execPath,
    [
      program,
      `--seed=${options.seed}`,
      `--size=${options.size}`,
      `--port=${port}`,
      `--at=${options.at}`,
      `--api-key=${options.apiKey}`,
      `--sendgrid-port=${sendgridPort}`,
      `--sendgrid-api-key=${options.sendgridApiKey}`,
      `--state=${options.stateFile}`,
      `--files=${options.filesFolder}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString('utf8')}`.slice(-2000)));
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const kill = (): void => void child.kill('SIGTERM');
  process.once('exit', kill);
  for (const until = performance.now() + patienceMs; performance.now() < until;) {
    options.signal.throwIfAborted();
    if (child.exitCode !== null) break;
    const state = stateOf(options.stateFile);
    if (state !== undefined) {
      return {
        ...state,
        stop: async () => {
          process.off('exit', kill);
          kill();
          await ended;
        },
      };
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  kill();
  throw new CliError({
    code: 'RUN_FAILED',
    exit: 'error',
    what: `The simulator did not start${complaint === '' ? '' : `: ${lastLineOf(complaint)}`}.`,
    fix: 'Run it again with --fresh; report the message if it stays.',
  });
}

function lastLineOf(text: string): string {
  const lines = text.trim().split('\n');
  return (lines.find((line) => /Error/.test(line)) ?? lines.at(-1) ?? '').slice(0, 200);
}

function stateOf(file: string): SimulatorState | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SimulatorState) : undefined;
}

function freePortLike(url: string | undefined): Promise<number> {
  const wanted = url === undefined ? 0 : Number(new URL(url).port);
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(0));
    server.listen(wanted, '127.0.0.1', () => server.close(() => done(wanted)));
  });
}
