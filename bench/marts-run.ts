/** The transform graph on a warehouse that is there, in a process of its own: how long each model takes, and what it takes in memory. */
import { parseArgs } from 'node:util';
import { runTransform } from '../src/transform/index.ts';
import { clock, openWarehouse } from './marts-warehouse.ts';
import { peakRssMb } from './peak-rss.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    full: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    /** As the workflow does; with 1 the seconds of processor are each model's own. */
    parallel: { type: 'string', default: '2' },
  },
});
const warehouse = await openWarehouse(values.folder ?? '', '1GiB');
const started = performance.now();
const before = process.cpuUsage();
/** Of each model, what came before the first included there: others on the machine move it less than the wall. */
const cpuMs = new Map<string, number>();
const { runs, failures } = await runTransform({
  warehouse,
  config: {
    company: { time_zone: 'Europe/Berlin', currency: 'EUR' },
    sources: [{ id: 'shop', type: 'mailchimp' }],
    campaigns: [],
  },
  clock,
  runId: 'bench',
  parallel: Number(values.parallel),
  onProgress: ({ run }) => {
    const { user, system } = process.cpuUsage(before);
    cpuMs.set(run.name, (user + system) / 1000 - [...cpuMs.values()].reduce((a, b) => a + b, 0));
  },
  ...(values.full !== undefined && { full: values.full }),
  ...(values.only && { select: values.only }),
});
const wallMs = performance.now() - started;
const cpu = process.cpuUsage(before);
await warehouse.close();
console.log(
  JSON.stringify({
    wallMs,
    peakRssMb: peakRssMb(),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    failures: failures.map(({ name, message }) => `${name}: ${message ?? ''}`),
    models: runs.map(({ name, rows, durationMs }) => ({
      name,
      rows,
      durationMs,
      cpuMs: Math.round(cpuMs.get(name) ?? 0),
    })),
  }),
);
