/** Posts for so long over so many connections, each as soon as the last one is answered, and says how it went. */
import { parseArgs } from 'node:util';
import { ecdsaHeaders, keyPair } from '../src/receiver/receiver.fixture.ts';
import { eventsBody, Poster, quantile, requestBytes } from '../src/receiver/sender.fixture.ts';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '50' },
    events: { type: 'string', default: '100' },
  },
});
/** Different posts, signed before the clock runs. */
const poolSize = 400;
const pair = keyPair();
const pool = Array.from({ length: poolSize }, (_, index) => {
  const body = eventsBody(`bench-${index}`, Number(values.events));
  return {
    id: index,
    request: requestBytes('/hooks/shop/events', ecdsaHeaders(body, 1_782_820_800 + index, pair), body),
  };
});
const postBytes = Math.round(pool.reduce((sum, { request }) => sum + request.length, 0) / poolSize);
console.log(JSON.stringify({ publicKey: pair.publicKey, postBytes }));

const order = await new Promise<{ readonly address: string; readonly seconds: number }>((done) => {
  process.stdin.setEncoding('utf8').once('data', (line: string) => done(JSON.parse(line) as never));
});
const atStart = process.cpuUsage();
const latencies: number[] = [];
const others: Record<number, number> = {};
const start = performance.now();
const until = start + order.seconds * 1000;
await Promise.all(
  Array.from({ length: Number(values.connections) }, async (_, index) => {
    const poster = new Poster(order.address);
    for (let at = index; performance.now() < until; at += 1) {
      const sent = performance.now();
      const status = await poster.send(pool[at % poolSize]!.request);
      if (status === 200) latencies.push(performance.now() - sent);
      else others[status] = (others[status] ?? 0) + 1;
    }
    poster.close();
  }),
);
const wallMs = performance.now() - start;
const cpu = process.cpuUsage(atStart);
console.log(
  JSON.stringify({
    posts: latencies.length,
    others,
    wallMs,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    max: quantile(latencies, 1),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  }),
);
process.exit(0);
