import { openInbox } from '../src/inbox/reader.ts';
import { atLeast, atMost, median, type Bar } from './bars.ts';
import { removeAtEnd, removeNow, startProgram } from './processes.ts';
import { newProjectFolder } from './project.ts';
import type { Scenario } from './scenarios.ts';

/** How long the receiver is loaded at scale 1, s. */
const fullSeconds = 60;

type Sent = {
  readonly posts: number;
  readonly others: Readonly<Record<string, number>>;
  readonly wallMs: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly cpuSeconds: number;
};
type Took = { readonly peakRssMb: number; readonly cpuSeconds: number };

/** Signed posts of 100 events over 50 connections: how many a second become durable, and how long each takes. */
export const receive: Scenario = {
  name: 'receive',
  about: 'a webhook receiver under signed posts of 100 events from 50 connections, for a minute',
  run: async ({ runs, scale, tell }) => {
    const results: (Sent & Took)[] = [];
    for (let run = 0; run < runs; run += 1) {
      const result = await loadOnce(fullSeconds * scale, tell);
      results.push(result);
      const { posts, wallMs, p50, p99, max, peakRssMb } = result;
      tell(
        `${posts} posts, ${Math.round((posts / wallMs) * 1000)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(0)} ms, ${Math.round(peakRssMb)} MB`,
      );
    }
    const of = (pick: (result: Sent & Took) => number): number => median(results.map(pick));
    const bars: readonly Bar[] = [
      atLeast(
        'receive',
        'posts stored',
        of(({ posts, wallMs }) => (posts / wallMs) * 1000),
        2000,
        '/s',
      ),
      atMost(
        'receive',
        'p99',
        of(({ p99 }) => p99),
        100,
        'ms',
      ),
      atMost(
        'receive',
        'peak memory',
        of(({ peakRssMb }) => peakRssMb),
        300,
        'MB',
      ),
      atMost(
        'receive',
        'posts refused or lost',
        of(({ others }) => Object.values(others).reduce((a, b) => a + b, 0)),
        0,
      ),
    ];
    return bars;
  },
};

async function loadOnce(seconds: number, tell: (text: string) => void): Promise<Sent & Took> {
  const folder = removeAtEnd(newProjectFolder());
  const sender = startProgram('posts', []);
  const { publicKey, postBytes } = await sender.next<{ readonly publicKey: string; readonly postBytes: number }>();
  const receiver = startProgram('receiver', [`--project=${folder}`, `--key=${publicKey}`]);
  const { address } = await receiver.next<{ readonly address: string }>();
  sender.say(JSON.stringify({ address, seconds }));
  const sent = await sender.next<Sent>();
  await sender.ended;
  receiver.say('stop');
  const took = await receiver.next<Took>();
  await receiver.ended;
  const stored = await countStored(folder);
  removeNow(folder);
  tell(
    `posts of ${postBytes} bytes; CPU seconds: receiver ${took.cpuSeconds.toFixed(1)}, sender ${sent.cpuSeconds.toFixed(1)}`,
  );
  // What was acknowledged is there; what was under way when the clock ran out may be.
  if (stored < sent.posts) throw new Error(`${sent.posts} posts were acknowledged, ${stored} are stored`);
  return { ...sent, ...took };
}

async function countStored(folder: string): Promise<number> {
  const inbox = openInbox(folder, 'shop');
  let posts = 0;
  for (const { name, bytes } of await inbox.segments('events')) {
    for await (const _post of inbox.posts('events', name, 0, bytes, new AbortController().signal)) posts += 1;
  }
  return posts;
}
