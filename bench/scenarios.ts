import { atLeast, atMost, format, median, type Bar } from './bars.ts';
import {
  runBound,
  runSync,
  startSimulator,
  type Load,
  type SimulatorProcess,
  type SyncLoad,
  type SyncOptions,
} from './measure.ts';
import { marts } from './marts.ts';
import { receive } from './receive.ts';
import { fullShape, scaled, smallShape, type Shape } from './shape.ts';

export type Plan = {
  readonly runs: number;
  /** Of the volume; 1 is what the bars are stated for. */
  readonly scale: number;
  /** Says what goes on. */
  readonly tell: (text: string) => void;
};

export type Scenario = {
  readonly name: string;
  readonly about: string;
  readonly run: (plan: Plan) => Promise<readonly Bar[]>;
};

const lanes = 10;
const mostHistory = 2_000;

/** In the order in which they are run. */
export const scenarios: readonly Scenario[] = [
  { name: 'throughput', about: 'no latency: rows a second beside the upper bound', run: throughput },
  { name: 'latency', about: '200 ms: how well ten connections are kept busy', run: latency },
  { name: 'small', about: '50 ms, a tenth of the volume: what a sync costs beside its rows', run: small },
  { name: 'memory', about: 'peak of the worker, and with four times the volume', run: memory },
  { name: 'faults', about: 'one request in twenty fails', run: faults },
  { name: 'kill', about: 'kill -9 at several pages: what is asked for again', run: kill },
  { name: 'accounts', about: 'a hundred small accounts on one worker', run: accounts },
  receive,
  marts,
];

async function withSimulator<T>(
  { tell }: Plan,
  shape: Shape,
  settings: Readonly<Record<string, number>>,
  use: (simulator: SimulatorProcess) => Promise<T>,
): Promise<T> {
  tell(
    `simulator: ${shape.accounts} × (${shape.members} members, ${shape.campaigns} × ${shape.recipients} recipients)`,
  );
  const simulator = await startSimulator(shape);
  try {
    await simulator.set(settings);
    return await use(simulator);
  } finally {
    await simulator.stop();
  }
}

async function sync(
  plan: Plan,
  simulator: SimulatorProcess,
  what: string,
  options: SyncOptions = {},
): Promise<SyncLoad> {
  plan.tell(`mailmart, ${what} …`);
  const load = await runSync(simulator, options);
  plan.tell(`  ${brief(load)}, ${load.historyPerSync} events of history a sync`);
  if (load.stats.refused.length > 0)
    throw new Error(`asked for what the bench has not: ${load.stats.refused.join(', ')}`);
  return load;
}

async function bound(plan: Plan, simulator: SimulatorProcess, what: string): Promise<Load> {
  plan.tell(`upper bound, ${what} …`);
  const load = await runBound(simulator);
  plan.tell(`  ${brief(load)}`);
  return load;
}

const brief = ({ wallMs, stats, rowsPerSecond, cpuSeconds, peakRssMb }: Load): string =>
  `${format(wallMs / 1000)} s (fetching ${format(stats.fetchMs / 1000)} s, an answer ${format(stats.answerMs)} ms), ${format(Math.round(rowsPerSecond))} rows/s, ` +
  `${format(cpuSeconds)} s of processor, ${Math.round(peakRssMb)} MB, ${stats.requests} requests, at most ${stats.peak} at once`;

const rounds = (plan: Plan): readonly string[] =>
  Array.from({ length: plan.runs }, (_, run) => `run ${run + 1} of ${plan.runs}`);

/** Pairs of runs side by side, so that whatever else the machine does meets both. */
async function pairs(plan: Plan, simulator: SimulatorProcess): Promise<readonly { bound: Load; sync: SyncLoad }[]> {
  const found: { bound: Load; sync: SyncLoad }[] = [];
  for (const what of rounds(plan)) {
    found.push({ bound: await bound(plan, simulator, what), sync: await sync(plan, simulator, what) });
  }
  return found;
}

function throughput(plan: Plan): Promise<readonly Bar[]> {
  return withSimulator(plan, scaled(fullShape, plan.scale), {}, async (simulator) => {
    const alone = await runBound(simulator, ['--mode=fetch']);
    const { email_activity: events = 0, members = 0 } = Object.values(await simulator.expected())[0] ?? {};
    const simulated = ((events + members) / alone.stats.fetchMs) * 1000;
    plan.tell(`simulator alone: ${format(Math.round(simulated))} rows/s`);
    const found = await pairs(plan, simulator);
    const fastest = median(found.map((pair) => pair.bound.rowsPerSecond));
    const ours = median(found.map((pair) => pair.sync.rowsPerSecond));
    const share = median(found.map((pair) => pair.sync.rowsPerSecond / pair.bound.rowsPerSecond));
    return [
      atLeast('throughput', 'simulator alone, of the upper bound', simulated / fastest, 3, '×'),
      atLeast(
        'throughput',
        `share of the upper bound (${thousands(ours)} of ${thousands(fastest)} rows/s)`,
        share,
        0.7,
      ),
      atMost('throughput', 'peak memory', median(found.map((pair) => pair.sync.peakRssMb)), 700, 'MB'),
    ];
  });
}

const thousands = (rows: number): string => `${Math.round(rows / 1000)}k`;

function latency(plan: Plan): Promise<readonly Bar[]> {
  const latencyMs = 200;
  return withSimulator(plan, scaled(fullShape, plan.scale), { latencyMs }, async (simulator) => {
    const loads: SyncLoad[] = [];
    for (const what of rounds(plan)) loads.push(await sync(plan, simulator, what));
    const ideal = ({ stats }: Load): number => (stats.requests * latencyMs) / lanes;
    return [
      atMost(
        'latency',
        'fetching, of requests × latency / 10',
        median(loads.map((load) => load.stats.fetchMs / ideal(load))),
        1 / 0.97,
      ),
      atMost('latency', 'whole wall, of the same', median(loads.map((load) => load.wallMs / ideal(load))), 1 / 0.92),
      atMost('latency', 'most requests in flight', Math.max(...loads.map(({ stats }) => stats.peakOfAccount)), lanes),
      atMost('latency', '429 of our own making', Math.max(...loads.map(({ stats }) => stats.limited)), 0),
    ];
  });
}

/** On a worker that has synced another account before, as one that is up has. */
function small(plan: Plan): Promise<readonly Bar[]> {
  const shape = { ...scaled(fullShape, plan.scale / 10), accounts: 2 };
  return withSimulator(plan, shape, { latencyMs: 50 }, async (simulator) => {
    const ratios: number[] = [];
    for (const what of rounds(plan)) {
      const fastest = await bound(plan, simulator, what);
      const { wallMs } = await sync(plan, simulator, `second sync of a worker, ${what}`, { warm: true });
      ratios.push(wallMs / fastest.wallMs);
    }
    return [atMost('small', 'wall, of the upper bound’s', median(ratios), 1.2)];
  });
}

async function memory(plan: Plan): Promise<readonly Bar[]> {
  const peakOf = (times: number): Promise<number> =>
    withSimulator(plan, scaled(fullShape, plan.scale * times), {}, async (simulator) => {
      const peaks: number[] = [];
      for (const what of rounds(plan))
        peaks.push((await sync(plan, simulator, `${times} × the volume, ${what}`)).peakRssMb);
      return median(peaks);
    });
  const once = await peakOf(1);
  const fourfold = await peakOf(4);
  return [
    atMost('memory', 'peak of the worker', Math.round(once), 700, 'MB'),
    atMost('memory', `with 4 × the volume (${Math.round(fourfold)} MB), of that`, fourfold / once, 1.1),
  ];
}

function faults(plan: Plan): Promise<readonly Bar[]> {
  return withSimulator(plan, scaled(fullShape, plan.scale), {}, async (simulator) => {
    const found: { slower: number; extra: number }[] = [];
    for (const [run, what] of rounds(plan).entries()) {
      await simulator.set({ faultRate: 0 });
      const clean = await sync(plan, simulator, `clean, ${what}`);
      await simulator.set({ faultRate: 0.05, faultSeed: run + 1 });
      const faulty = await sync(plan, simulator, `with faults, ${what}`);
      const { faultsDrawn } = faulty.stats;
      plan.tell(`  ${faultsDrawn} faults: ${JSON.stringify(faulty.stats.faults)}`);
      const extra = (faulty.stats.requests - clean.stats.requests) / Math.max(1, faultsDrawn);
      found.push({ slower: faulty.wallMs / clean.wallMs, extra });
    }
    return [
      atMost('faults', 'wall, of the clean run’s', median(found.map(({ slower }) => slower)), 1.15),
      atMost('faults', 'extra requests, of the faults', median(found.map(({ extra }) => extra)), 1.2),
    ];
  });
}

/** At these shares of all pages. */
const killPoints = [0.02, 0.1, 0.3, 0.55, 0.8, 0.97] as const;

function kill(plan: Plan): Promise<readonly Bar[]> {
  // Answers that take a while: a kill then lands between them, not after them all.
  return withSimulator(plan, scaled(fullShape, plan.scale / 4), { latencyMs: 20 }, async (simulator) => {
    const { requests } = (await runBound(simulator)).stats;
    // The tails of whole reads (decision 27) name a page that was read: of every run, so not of the kill.
    const always = (await sync(plan, simulator, 'not killed')).stats.repeated;
    let worst = 0;
    for (const point of killPoints) {
      const page = Math.max(1, Math.round(requests * point));
      const { stats } = await sync(plan, simulator, `killed at page ${page} of ${requests}`, { killAt: page });
      const again = stats.repeated - always;
      plan.tell(`  ${again} pages were asked for again, and ${always} as in every run`);
      worst = Math.max(worst, again);
    }
    return [atMost('kill', `pages asked again, worst of ${killPoints.length} kills`, worst, 20)];
  });
}

function accounts(plan: Plan): Promise<readonly Bar[]> {
  const latencyMs = 1_000;
  const shape = { ...smallShape, accounts: Math.max(2, Math.round(smallShape.accounts * plan.scale)) };
  return withSimulator(plan, shape, { latencyMs }, async (simulator) => {
    const loads: SyncLoad[] = [];
    for (const what of rounds(plan)) loads.push(await sync(plan, simulator, `${shape.accounts} accounts, ${what}`));
    const ideal = ({ stats }: Load): number => (stats.requests * latencyMs) / (lanes * shape.accounts);
    return [
      atMost(
        'accounts',
        'wall, of requests × latency / lanes',
        median(loads.map((load) => load.wallMs / ideal(load))),
        1.2,
      ),
      atMost(
        'accounts',
        'most in flight of one account',
        Math.max(...loads.map(({ stats }) => stats.peakOfAccount)),
        lanes,
      ),
      atMost('accounts', '429 of our own making', Math.max(...loads.map(({ stats }) => stats.limited)), 0),
      atMost(
        'accounts',
        'events of history, largest sync',
        Math.max(...loads.map((load) => load.historyPerSync)),
        mostHistory,
      ),
    ];
  });
}
