/** A receiver with one hook, in a process of its own: says where it listens, and at the end what it took. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { hooks } from '../src/receiver/receiver.fixture.ts';
import { endpointsOf } from '../src/receiver/endpoints.ts';
import { startReceiver } from '../src/receiver/receiver.ts';
import { peakRssMb } from './peak-rss.ts';

const { values } = parseArgs({
  options: { project: { type: 'string' }, key: { type: 'string' }, 'segment-bytes': { type: 'string' } },
});
const config = { keys: [values.key ?? ''] };
const quiet = (): void => undefined;
const receiver = await startReceiver({
  projectDir: values.project ?? '',
  endpoints: endpointsOf([{ accountId: 'shop', hooks: { events: hooks.events }, config }]),
  host: '127.0.0.1',
  port: 0,
  maxBody: 10 * 1024 * 1024,
  maxDisk: 100 * 1024 ** 3,
  publicUrl: '',
  clock: { now: () => new Date().toISOString() },
  ...(values['segment-bytes'] === undefined ? {} : { segmentBytes: Number(values['segment-bytes']) }),
  logger: { info: quiet, warn: quiet, error: (fields, message) => console.error(message, fields) },
});
const atStart = process.cpuUsage();
console.log(JSON.stringify({ address: receiver.address }));
await once(process.stdin, 'data');
await receiver.stop(5_000);
const cpu = process.cpuUsage(atStart);
console.log(JSON.stringify({ peakRssMb: peakRssMb(), cpuSeconds: (cpu.user + cpu.system) / 1e6 }));
process.exit(0);
