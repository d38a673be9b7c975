import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** A BigQuery emulator and a Google Cloud Storage that it loads from, both in memory, on free ports of this machine. */
export type Google = {
  /** `http://127.0.0.1:<port>` of the emulator. */
  readonly bigquery: string;
  /** The same of fake-gcs-server. */
  readonly storage: string;
  readonly project: string;
  stop(): Promise<void>;
};

const cache = process.env['MAILMART_CACHE'] ?? join(homedir(), '.cache', 'mailmart');

/** Starts both and waits until they answer. The caller stops them; `startGoogleForTest` does that by itself. */
export async function startGoogle(project = 'test'): Promise<Google> {
  const [bigqueryPort, grpcPort, storagePort] = await Promise.all([freePort(), freePort(), freePort()]);
  const storage = `http://127.0.0.1:${storagePort}`;
  const bigquery = `http://127.0.0.1:${bigqueryPort}`;
  const children = [
    start(
      'fake-gcs-server',
      ['-scheme', 'http', '-host', '127.0.0.1', '-port', `${storagePort}`, '-backend', 'memory'],
      {},
    ),
    start(
      'bigquery-emulator',
      [
        `--project=${project}`,
        '--host=127.0.0.1',
        `--port=${bigqueryPort}`,
        `--grpc-port=${grpcPort}`,
        '--database=:memory:',
      ],
      {
        STORAGE_EMULATOR_HOST: storage,
        GOOGLESQLITE_WASM_COMPILATION_MODE: 'compiler',
        GOOGLESQLITE_WASM_CACHE_DIR: join(cache, 'emulator-wasm'),
      },
    ),
  ];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
  };
  try {
    await Promise.all([
      answers(`${storage}/storage/v1/b?project=${project}`),
      answers(`${bigquery}/bigquery/v2/projects/${project}/datasets`),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { bigquery, storage, project, stop };
}

/** For one test. */
export async function startGoogleForTest(): Promise<Google> {
  const google = await startGoogle();
  onTestFinished(() => google.stop());
  return google;
}

function start(name: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const program = join(cache, 'bin', name);
  if (!existsSync(program)) throw new Error(`${name} is not built: run scripts/setup.sh test`);
  const log = process.env['MAILMART_EMULATOR_LOG'];
  const output = log === undefined ? 'ignore' : openSync(`${log}.${name}`, 'w');
  const child = spawn(program, args, {
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'], HOME: homedir(), ...env },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** The emulator's first start on a machine compiles its WebAssembly: a minute. */
async function answers(url: string): Promise<void> {
  const deadline = performance.now() + 180_000;
  while (performance.now() < deadline) {
    const isUp = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await sleep(50);
  }
  throw new Error(`${url} does not answer`);
}
