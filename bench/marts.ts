import { atMost, format, median } from './bars.ts';
import { removeAtEnd, removeNow, runProgram } from './processes.ts';
import { newProjectFolder } from './project.ts';
import type { Plan, Scenario } from './scenarios.ts';

type Model = { readonly name: string; readonly rows: number | null; readonly durationMs: number };
type GraphRun = {
  readonly wallMs: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
  readonly failures: readonly string[];
  readonly models: readonly Model[];
};
type Straight = {
  readonly wallMs: number;
  readonly cpuSeconds: number;
  readonly totals: Readonly<Record<string, string>>;
};
type World = { readonly rows: Readonly<Record<string, number>> };
type Tables = { readonly hashes: Readonly<Record<string, string>>; readonly totals: Readonly<Record<string, string>> };

/** Ten million events, made by SQL: what staging, core and marts cost, whole and after half a percent more. */
export const marts: Scenario = {
  name: 'marts',
  about: 'ten million events: staging, core and marts, beside hand-written SQL; then half a percent more',
  run: async (plan) => {
    const results: Result[] = [];
    for (let run = 0; run < plan.runs; run += 1) results.push(await once(plan));
    const of = (pick: (result: Result) => number): number => median(results.map(pick));
    const { events, straightMs } = results[0] ?? { events: 0, straightMs: 0 };
    return [
      atMost(
        'marts',
        `staging, a million events (${format(events / 1e6)} million)`,
        of(({ staging }) => staging.wallMs / 1000) / (events / 1e6),
        2,
        's',
      ),
      atMost(
        'marts',
        `core and marts, of hand-written SQL’s ${format(Math.round(straightMs / 1000))} s`,
        of((result) => result.whole.wallMs / result.straightMs),
        4,
      ),
      atMost(
        'marts',
        'peak memory, DuckDB’s limit 1 GiB',
        of(({ staging, whole, later }) => Math.max(...[staging, whole, later].map(({ peakRssMb }) => peakRssMb))),
        1536,
        'MB',
      ),
      atMost(
        'marts',
        'with 0.5 % more, of the full build',
        of(({ later, staging, whole }) => later.wallMs / (staging.wallMs + whole.wallMs)),
        0.15,
      ),
      atMost(
        'marts',
        'tables that a full rebuild gives otherwise',
        Math.max(...results.map(({ differing }) => differing)),
        0,
      ),
    ];
  },
};

type Result = {
  readonly events: number;
  readonly staging: GraphRun;
  readonly whole: GraphRun;
  readonly later: GraphRun;
  readonly straightMs: number;
  readonly differing: number;
};

async function once({ scale, tell }: Plan): Promise<Result> {
  const folder = removeAtEnd(newProjectFolder());
  try {
    const graph = async (what: string, ...args: readonly string[]): Promise<GraphRun> => {
      const run = await runProgram<GraphRun>('marts-run', [`--folder=${folder}`, ...args]);
      if (run.failures.length > 0) throw new Error(run.failures.join('\n'));
      tell(`${what}: ${brief(run)}`);
      return run;
    };
    const world = [`--folder=${folder}`, `--scale=${scale}`];
    const { rows } = await runProgram<World>('marts-world', world);
    tell(`raw rows: ${JSON.stringify(rows)}`);
    // Apart, so that "from typed staging" is measured; the first run of a version compiles the project, too.
    await runProgram('marts-run', [`--folder=${folder}`, '--only=staging.stg_mailchimp__lists']);
    const staging = await graph('staging', '--only=staging.*');
    const whole = await graph('core and marts');
    const straight = await runProgram<Straight>('marts-straight', [`--folder=${folder}`]);
    tell(`hand-written SQL: ${format(straight.wallMs / 1000)} s, ${format(straight.cpuSeconds)} s of processor`);
    const { totals } = await runProgram<Tables>('marts-hash', [`--folder=${folder}`, '--totals']);
    const other = Object.keys(straight.totals).filter((name) => straight.totals[name] !== totals[name]);
    for (const name of other) tell(`${name}: by hand ${straight.totals[name] ?? ''}, here ${totals[name] ?? ''}`);
    if (other.length > 0) throw new Error(`hand-written SQL gives other totals: ${other.join(', ')}`);
    const more = await runProgram<World>('marts-world', [...world, '--more']);
    tell(`later: ${JSON.stringify(more.rows)}`);
    const later = await graph('half a percent more');
    const { hashes } = await runProgram<Tables>('marts-hash', [`--folder=${folder}`]);
    await graph('a full rebuild', '--full');
    const rebuilt = await runProgram<Tables>('marts-hash', [`--folder=${folder}`]);
    const differing = Object.keys(rebuilt.hashes).filter((name) => rebuilt.hashes[name] !== hashes[name]);
    for (const name of differing) tell(`${name} is not what a full rebuild gives`);
    const events = whole.models.find(({ name }) => name === 'core.int_mailchimp_message_event')?.rows ?? 0;
    return { events, staging, whole, later, straightMs: straight.wallMs, differing: differing.length };
  } finally {
    removeNow(folder);
  }
}

const brief = ({ wallMs, cpuSeconds, peakRssMb, models }: GraphRun): string =>
  `${format(wallMs / 1000)} s, ${format(cpuSeconds)} s of processor, ${Math.round(peakRssMb)} MB; ` +
  models
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, 8)
    .map(({ name, durationMs }) => `${name.replace(/^\w+\./, '')} ${format(durationMs / 1000)} s`)
    .join(', ');
