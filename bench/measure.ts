import { isDeepStrictEqual } from 'node:util';
import type { Expected } from './page-store.ts';
import { removeAtEnd, removeNow, startProgram, stopProgram } from './processes.ts';
import { newProjectFolder } from './project.ts';
import { accountKey, type Shape } from './shape.ts';
import type { Stats } from './traffic.ts';

/** The simulator's process, and its admin address. */
export type SimulatorProcess = {
  readonly url: string;
  readonly shape: Shape;
  readonly set: (settings: Readonly<Record<string, number>>) => Promise<void>;
  readonly reset: () => Promise<void>;
  readonly stats: () => Promise<Stats>;
  readonly reached: (pages: number) => Promise<Stats>;
  readonly expected: () => Promise<Readonly<Record<string, Expected>>>;
  readonly stop: () => Promise<void>;
};

/** Starts a simulator of this shape; the first time its pages are made, which takes about 12 s for the full one. */
export async function startSimulator(shape: Shape): Promise<SimulatorProcess> {
  const args = Object.entries(shape).map(([name, value]) => `--${name}=${value}`);
  const program = startProgram('simulator', args);
  const { url, adminUrl } = await program.next<{ readonly url: string; readonly adminUrl: string }>();
  const ask = async <T>(method: string, path: string): Promise<T> => {
    const answer = await fetch(`${adminUrl}${path}`, { method });
    if (!answer.ok) throw new Error(`the simulator answered ${answer.status} to ${path}`);
    return (await answer.json()) as T;
  };
  const words = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
  return {
    url,
    shape,
    set: (settings) => ask('POST', `/set?${words(settings)}`),
    reset: () => ask('POST', '/reset'),
    stats: () => ask('GET', '/stats'),
    reached: (pages) => ask('GET', `/wait?pages=${pages}`),
    expected: () => ask('GET', '/expected'),
    stop: () => stopProgram(program),
  };
}

type Rows = Readonly<Record<string, number>>;

/** One load, by whichever program. */
export type Load = {
  readonly rows: number;
  readonly wallMs: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
  readonly rowsPerSecond: number;
  readonly stats: Stats;
};

export type SyncLoad = Load & { readonly historyPerSync: number; readonly historyLargest: number };

type BoundResult = Readonly<Record<'rows' | 'lists' | 'campaigns' | 'reports' | 'members' | 'events', number>> & {
  readonly wallMs: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
};

/** Runs the straight-line upper bound once. */
export async function runBound(simulator: SimulatorProcess, more: readonly string[] = []): Promise<Load> {
  await simulator.reset();
  const folder = removeAtEnd(newProjectFolder());
  const program = startProgram('upper-bound', [`--url=${simulator.url}`, `--folder=${folder}`, ...more]);
  const result = await program.next<BoundResult>();
  await program.ended;
  const stats = await simulator.stats();
  if (!more.includes('--mode=fetch')) {
    const { lists, campaigns, reports, members, events } = result;
    await expectRows(simulator, { 'account-1': { lists, campaigns, reports, members, email_activity: events } }, 1);
  }
  return finished(result, stats);
}

type SyncResult = {
  readonly rows: number;
  readonly loaded: Readonly<Record<string, Rows>>;
  readonly wallMs: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
  readonly historyPerSync: number;
  readonly historyLargest: number;
  readonly incomplete: readonly string[];
};

export type SyncOptions = {
  /** Kills the worker when so many pages have been answered, and starts it again in the same folder. */
  readonly killAt?: number;
  /** Only the first account is measured; the worker has synced the others before. */
  readonly warm?: boolean;
};

/** Runs mailmart once: a worker in a process of its own, waited for until it is up, then the syncs of all accounts. */
export async function runSync(
  simulator: SimulatorProcess,
  { killAt, warm = false }: SyncOptions = {},
): Promise<SyncLoad> {
  const folder = removeAtEnd(newProjectFolder());
  const start = async () => {
    const args = [`--url=${simulator.url}`, `--accounts=${simulator.shape.accounts}`, `--project=${folder}`];
    const program = startProgram('mailmart-run', warm ? [...args, '--warm'] : args);
    await program.next();
    return program;
  };
  let program = await start();
  await simulator.reset();
  program.say('start');
  if (killAt !== undefined) {
    const early = program.next<SyncResult>().then(
      () => true,
      () => false,
    );
    if (await Promise.race([early, simulator.reached(killAt).then(() => false)])) {
      throw new Error(`the sync was over before ${killAt} pages had been answered`);
    }
    program.kill('SIGKILL');
    await program.ended;
    program = await start();
    program.say('start');
  }
  const result = await program.next<SyncResult>();
  await program.ended;
  removeNow(folder);
  if (result.incomplete.length > 0) throw new Error(`not complete: ${result.incomplete.slice(0, 5).join('; ')}`);
  await expectRows(simulator, result.loaded, simulator.shape.accounts);
  return {
    ...finished(result, await simulator.stats()),
    historyPerSync: result.historyPerSync,
    historyLargest: result.historyLargest,
  };
}

function finished({ rows, wallMs, cpuSeconds, peakRssMb }: Omit<Load, 'rowsPerSecond' | 'stats'>, stats: Stats): Load {
  return { rows, wallMs, cpuSeconds, peakRssMb, rowsPerSecond: (rows / wallMs) * 1000, stats };
}

/** A load of other rows than were served is no measurement. */
async function expectRows(
  simulator: SimulatorProcess,
  loaded: Readonly<Record<string, Rows>>,
  accounts: number,
): Promise<void> {
  const served = await simulator.expected();
  for (let account = 1; account <= accounts; account += 1) {
    const ours = loaded[`account-${account}`] ?? {};
    const theirs = served[accountKey(account)];
    if (!isDeepStrictEqual({ ...ours }, { ...theirs })) {
      throw new Error(`account ${account} holds ${JSON.stringify(ours)}, served was ${JSON.stringify(theirs)}`);
    }
  }
}
