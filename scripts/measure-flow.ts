/**
 * What orchestration costs: a worker in this process, a development server, and a source that answers at once.
 * `node scripts/measure-flow.ts [rounds]` prints lower quartiles in milliseconds.
 */
import { startSync, startTransform } from '../src/temporal/start.ts';
import { fakeWorld, openBench, type Bench, type FakeStream } from '../test/workflows/harness.ts';

const rounds = Number(process.argv[2] ?? 15);
const links = 20;

const mailchimp: Readonly<Record<string, FakeStream>> = {
  lists: { slices: 1, sliceMs: 0 },
  members: { slices: 1, sliceMs: 0, dependsOn: ['lists'] },
  campaigns: { slices: 1, sliceMs: 0 },
  automations: { slices: 1, sliceMs: 0 },
  automation_emails: { slices: 1, sliceMs: 0, dependsOn: ['automations'] },
  reports: { slices: 1, sliceMs: 0 },
  email_activity: { slices: 20, sliceMs: 0, dependsOn: ['campaigns', 'reports', 'automation_emails'] },
};
const chain: Readonly<Record<string, FakeStream>> = Object.fromEntries(
  Array.from({ length: 10 }, (_, index): [string, FakeStream] => [
    `s${index}`,
    { slices: 1, sliceMs: 0, dependsOn: index === 0 ? [] : [`s${index - 1}`] },
  ]),
);
const actions = Array.from({ length: links }, (_, index) => ({
  name: `core.m${index}`,
  dependsOn: index === 0 ? [] : [`core.m${index - 1}`],
}));

const bench = await openBench();
const options = { client: bench.client, taskQueue: bench.taskQueue, onRunning: 'refuse' } as const;
const sync = async (use: Bench, runId: string): Promise<unknown> =>
  (await startSync({ ...options, client: use.client }, { source: 'fake', accountId: 'shop', runId })).handle.result();

async function quartile(
  world: Parameters<typeof fakeWorld>,
  run: (runId: string) => Promise<unknown>,
): Promise<number> {
  return bench.withWorker(fakeWorld(...world).activities, async () => {
    const times: number[] = [];
    for (let round = 0; round < rounds + 2; round += 1) {
      const started = performance.now();
      await run(`run-${round}`);
      // The first ones fill caches.
      if (round >= 2) times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    // On a machine where others work too, the fast ones say what it costs.
    return times[Math.floor(times.length / 4)] ?? Number.NaN;
  });
}

const print = (what: string, ms: number): void => console.log(`${what}: ${ms.toFixed(1)} ms`);
const empty = await quartile([{}], (runId) => sync(bench, runId));
print('sync of no stream (start, plan, two notes, publish)', empty);
const transform = await quartile([{}, { actions }], async (runId) =>
  (await startTransform(options, { runId })).handle.result(),
);
print(`transform of ${links} models in a row, a model`, transform / (links + 4));
const chained = await quartile([chain], (runId) => sync(bench, runId));
print('a stream that depends on another, of ten in a row', (chained - empty) / 10);
print('sync of 7 streams, depth 3', await quartile([mailchimp], (runId) => sync(bench, runId)));
await bench.close();
process.exit(0);
