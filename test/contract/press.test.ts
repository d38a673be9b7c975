import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectionOf, pageSize, pageText } from '../../bench/collections.ts';
import { fullShape } from '../../bench/shape.ts';
import { createWorld as createBench } from '../../bench/world.ts';
import type { Connector, Stream } from '../../connectors/_kit/contract.ts';
import { Drain } from '../../connectors/_kit/drain.ts';
import { connectors } from '../../connectors/index.ts';
import { startMailchimpSimulator, type MailchimpSimulator } from '../../connectors/mailchimp/simulator.ts';
import { createWorld } from '../../src/demo/world.ts';
import type { Slice } from '../../src/contracts/sync.ts';
import { odd, pagesOf, slices, streamNames } from './press-pages.ts';
import { now, readPages, type Outcome, type Run } from './press-runs.ts';
import { oddValues, pagesWith } from './press-values.ts';

/** For a longer search by hand: `SOAK=20 SEED=7`. */
const soak = Number(process.env['SOAK'] ?? 1);
const seed = Number(process.env['SEED'] ?? 20_260_630);

/** Not to look for the smallest example, which takes long. */
const isHunting = process.env['HUNT'] !== undefined;

const outcome = ({ events, lines, longest, error }: Run): Outcome => ({ events, lines, longest, error });

/** Reads the pages both ways, and returns how many of them were pressed. */
async function compare(
  connector: Connector<never>,
  stream: string,
  slice: Slice,
  pages: readonly Uint8Array[],
): Promise<Run> {
  const expected = await readPages(connector, stream, slice, pages, 'javascript');
  const run = await readPages(connector, stream, slice, pages, 'press');
  expect(run.lines.toString()).toBe(expected.lines.toString());
  expect(outcome(run)).toEqual(outcome(expected));
  return run;
}

const apiKey = 'simulated-key-us1';
const mailchimp = connectors['mailchimp'] as unknown as Connector<never>;
const slice: Slice = {
  id: 'slice',
  item: 'item',
  mode: 'full',
  window: {},
  pathParams: { list_id: 'x', campaign_id: 'x' },
  params: {},
  inherit: {},
  next: { readAt: now },
};

const world = createBench({ ...fullShape, members: 40, campaigns: 2, recipients: 30 }, 1);
const campaign = world.campaignId(0);
const ordinary: readonly (readonly [string, Slice, Buffer])[] = (
  [
    ['members', '/lists/a1b2c3d4e5/members', { list_id: 'a1b2c3d4e5' }],
    ['email_activity', `/reports/${campaign}/email-activity`, { campaign_id: campaign }],
  ] as const
).map(([name, path, inherit]) => {
  const collection = collectionOf(world, path, new URLSearchParams())!;
  return [name, { ...slice, inherit }, Buffer.from(pageText(collection, 0, pageSize))];
});

describe('a page worked in WebAssembly is what JavaScript makes of it', () => {
  for (const stream of streamNames) {
    test(`${stream}: pages with odd things in them`, { timeout: 60_000 * soak }, async () => {
      let [pressed, declined] = [0, 0];
      await fc.assert(
        fc.asyncProperty(slices, pagesOf(stream), async (its, pages) => {
          const run = await compare(odd, stream, its, pages);
          pressed += run.pressed;
          declined += run.declined;
        }),
        { numRuns: 800 * soak, seed, endOnFailure: isHunting },
      );
      // Both ways must have been taken often, or nothing was compared.
      expect(pressed).toBeGreaterThan(200);
      expect(declined).toBeGreaterThan(200);
    });
  }

  test.each(['id', 'at', 'sub', 'n', 'x', 'opt', 'mail', 'flag', 'part', 'whole', 'list', 'other'])(
    'each odd value in %s',
    { timeout: 60_000 },
    async (field) => {
      for (const stream of streamNames)
        for (const value of oddValues) await compare(odd, stream, slice, pagesWith(field, value));
    },
  );

  for (const [name, its, page] of ordinary) {
    test(`${name}: an ordinary page changed at any byte`, { timeout: 60_000 * soak }, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.nat({ max: page.length - 1 }),
          fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from('"\\{}[],: 0e.-\n'))),
          fc.constantFrom('replace', 'insert', 'remove', 'cut'),
          async (at, byte, how) => {
            const rest = page.subarray(how === 'insert' ? at : at + 1);
            const middle = how === 'remove' || how === 'cut' ? [] : [byte];
            const changed = Buffer.concat([
              page.subarray(0, at),
              Buffer.from(middle),
              how === 'cut' ? Buffer.alloc(0) : rest,
            ]);
            await compare(mailchimp, name, its, [changed]);
          },
        ),
        { numRuns: 400 * soak, seed, endOnFailure: isHunting },
      );
    });
  }
});

describe('ordinary pages are pressed', () => {
  for (const [name, its, page] of ordinary) {
    test(name, async () => {
      const run = await compare(mailchimp, name, its, [page]);
      expect(run).toMatchObject({ pressed: 1, declined: 0, error: undefined });
      expect(run.rows).toBeGreaterThan(10);
    });
  }
});

describe('pages of the simulator are pressed', () => {
  let simulator: MailchimpSimulator;
  beforeAll(async () => {
    simulator = await startMailchimpSimulator({
      world: createWorld({ seed: 4, size: 'small' }),
      apiKey,
      at: () => now,
    });
  });
  afterAll(() => simulator.stop());

  const page = async (path: string, offset = 0): Promise<Buffer> => {
    const authorization = `Basic ${Buffer.from(`any:${apiKey}`).toString('base64')}`;
    const answer = await fetch(`${simulator.url}${path}${path.includes('?') ? '&' : '?'}count=1000&offset=${offset}`, {
      headers: { authorization },
    });
    return Buffer.from(await answer.arrayBuffer());
  };
  const pages = async (path: string): Promise<readonly Buffer[]> => {
    const all = [await page(path)];
    const { total_items: total } = JSON.parse(all[0]!.toString()) as { readonly total_items: number };
    while (1000 * all.length < total) all.push(await page(path, 1000 * all.length));
    return all;
  };
  const rowsOf = async (path: string, name: string): Promise<readonly Readonly<Record<string, string>>[]> =>
    (JSON.parse((await page(path)).toString()) as Record<string, []>)[name]!;

  test.each([
    ['sent_to', 'sent-to'],
    ['email_activity', 'email-activity'],
    ['open_details', 'open-details'],
    ['unsubscribes', 'unsubscribed'],
    ['click_details', 'click-details'],
  ])('%s', async (name, path) => {
    let rows = 0;
    const campaigns = (await rowsOf('/campaigns', 'campaigns')).filter(({ status }) => status === 'sent');
    for (const { id } of campaigns.slice(0, 10)) {
      const its = { ...slice, inherit: { campaign_id: id! } };
      const run = await compare(mailchimp, name, its, await pages(`/reports/${id}/${path}`));
      expect(run.declined).toBe(0);
      rows += run.rows;
    }
    expect(rows).toBeGreaterThan(0);
  });

  test('members', async () => {
    for (const { id } of await rowsOf('/lists', 'lists')) {
      const its = { ...slice, inherit: { list_id: id! } };
      const run = await compare(mailchimp, 'members', its, await pages(`/lists/${id}/members`));
      expect(run.declined).toBe(0);
      expect(run.rows).toBeGreaterThan(0);
    }
  });
});

test('a record that was read before a checkpoint is recognised, whatever its key is spelled in', async () => {
  const page = Buffer.from('{"rows":[{"id":"\\u00e9\\ud83d\\ude00 ü","at":"2026-06-01T00:00:00Z","sub":1}],"total":2}');
  const lines = { nextRow: () => 0, batchUnits: 512, add: () => undefined };
  const stream = odd.streams['loose'] as Stream<never, never>;
  const drainOf = () => new Drain('odd', 'loose', stream, { slice, now, salt: 'pepper', lines });
  const earlier = { pages: 1, units: 1, total: 2, refused: 0 };
  const keys = async function* (key: string) {
    yield JSON.stringify([key]);
  };
  const drain = drainOf();
  await drain.restore(earlier, keys('é😀 ü'));
  expect(drain.press()!(page)).toBeNull();
  const other = drainOf();
  await other.restore(earlier, keys('é😀 u'));
  expect(other.press()!(page)?.units).toBe(1);
});

test('memory that a giant page took is given back, and the next page is worked all the same', async () => {
  const [name, its, small] = ordinary[1]!;
  const giant = Buffer.concat([
    Buffer.from('{"emails":[],"pad":"'),
    Buffer.alloc(40_000_000, 'x'),
    Buffer.from('","total_items":0}'),
  ]);
  expect((await compare(mailchimp, name, its, [giant])).declined).toBe(0);
  expect((await compare(mailchimp, name, its, [small])).declined).toBe(0);
});
