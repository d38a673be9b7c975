/**
 * Processor time of a row between the bytes of a page and the bytes of its lines, with and without WebAssembly: the bench's pages,
 * no network, no disk. Run by hand: `node scripts/measure-reader.ts`.
 */
import { parseArgs } from 'node:util';
import { collectionOf, pageSize, pageText } from '../bench/collections.ts';
import { fullShape } from '../bench/shape.ts';
import { createWorld } from '../bench/world.ts';
import type { Connector } from '../connectors/_kit/contract.ts';
import { lastReason } from '../connectors/_kit/press/press.ts';
import { connectors } from '../connectors/index.ts';
import { now, readPages } from '../test/contract/press-runs.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const most = 8;
const world = createWorld({ ...fullShape, members: 8_000, campaigns: 2, recipients: 4_000 }, 1);
const campaign = world.campaignId(0);
const streams = [
  { name: 'members', path: '/lists/a1b2c3d4e5/members', inherit: { list_id: 'a1b2c3d4e5' } },
  { name: 'email_activity', path: `/reports/${campaign}/email-activity`, inherit: { campaign_id: campaign } },
];

for (const { name, path, inherit } of streams) {
  const collection = collectionOf(world, path, new URLSearchParams())!;
  const pages: Buffer[] = [];
  for (let offset = 0; offset < collection.total && pages.length < most; offset += pageSize)
    pages.push(Buffer.from(pageText(collection, offset, pageSize)));
  const slice = {
    id: 'one',
    item: 'one',
    mode: 'full',
    window: {},
    pathParams: { list_id: 'x', campaign_id: 'x' },
    params: {},
    inherit,
    next: { readAt: now },
  } as const;
  for (const way of ['javascript', 'press'] as const) {
    const mailchimp = connectors['mailchimp'] as unknown as Connector<never>;
    const read = () => readPages(mailchimp, name, slice, pages, way, { batchUnits: 262_144, isKept: false });
    // The compilers settle.
    for (let warm = performance.now(); performance.now() - warm < 1_000;) await read();
    const started = process.cpuUsage();
    let rows = 0;
    let declined = 0;
    for (const begun = performance.now(); performance.now() - begun < Number(values.seconds) * 1_000;) {
      const run = await read();
      if (run.error !== undefined) throw new Error(run.error);
      rows += run.rows;
      declined += run.declined;
    }
    const { user, system } = process.cpuUsage(started);
    const of = way === 'press' ? `, ${declined} pages declined, the last for reason ${lastReason()}` : '';
    console.log(`${name} ${way}: ${((user + system) / rows).toFixed(2)} µs a row (${rows} rows${of})`);
  }
}
