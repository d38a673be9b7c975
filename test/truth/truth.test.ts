import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AnyConnector } from '../../activities/deps.ts';
import { connectors } from '../../connectors/index.ts';
import type { World, WorldSize } from '../../src/demo/types.ts';
import { createWorld } from '../../src/demo/world.ts';
import { tableHash } from '../../src/warehouse/duckdb/index.ts';
import { allDifferences, marts } from './all-marts.ts';
import { gatherFacts } from './facts.ts';
import { goalRules, salt, startInProcess, type InProcess, type InProcessOptions } from './in-process.ts';

const sql = path.resolve(import.meta.dirname, '../../sql');
const running: InProcess[] = [];
afterEach(async () => {
  for (const run of running.splice(0)) await run.stop();
});

async function pipeline(options: InProcessOptions): Promise<InProcess> {
  const run = await startInProcess(options);
  running.push(run);
  await everything(run);
  return run;
}

async function everything(run: InProcess): Promise<void> {
  for (const accountId of ['shop-newsletter', 'books']) {
    for (const stream of await run.sync(accountId)) {
      expect([stream.key.stream, stream.verdict.kind, stream.verdict.missing]).toEqual([
        stream.key.stream,
        'complete',
        [],
      ]);
    }
  }
  expect((await run.transform()).failures).toEqual([]);
}

const differencesOf = (run: InProcess, world: World) =>
  allDifferences(run.warehouse, gatherFacts({ world, syncs: [world.now], salt, rules: goalRules }));

describe('every number of every mart equals the one computed from what the API can show', () => {
  it.each<[number, WorldSize]>([
    [1, 'tiny'],
    [2, 'tiny'],
    [3, 'tiny'],
    [4, 'small'],
  ])('seed %i, %s world', async (seed, size) => {
    const world = createWorld({ seed, size });
    const run = await pipeline({ world });
    expect(await differencesOf(run, world)).toEqual({});
    expect(run.simulator.violations()).toEqual([]);
    expect(run.simulator.maxInFlight()).toBeLessThanOrEqual(10);
  });

  it('a second run with nothing changed asks little and changes no row', async () => {
    const world = createWorld({ seed: 1, size: 'small' });
    const run = await pipeline({ world });
    const hashes = () => hashesOf(run);
    const before = await hashes();
    run.simulator.resetRequests();
    await everything(run);
    expect(await hashes()).toEqual(before);
    const counted = run.simulator.requests().map((request) => request.path.replace(/^\/3\.0/, ''));
    const young = world.campaigns.filter(
      (campaign) =>
        campaign.sentAt !== null && campaign.sentAt <= world.now && world.now - campaign.sentAt <= 5 * 86_400,
    );
    const pages = young.flatMap((campaign) => {
      const recipients = Math.ceil(
        world.sends.filter((send) => send.campaignId === campaign.id && send.at <= world.now).length / 1000,
      );
      return [recipients, recipients];
    });
    const limit = 3 + world.lists.length + pages.reduce((sum, count) => sum + count, 0);
    const barred = counted.filter((one) =>
      /^\/(lists|campaigns|reports)$|\/members$|\/sent-to$|\/email-activity$/.test(one),
    );
    expect(barred.length).toBeGreaterThan(3);
    expect(barred.length).toBeLessThanOrEqual(limit);
  });
});

describe('a planted error turns the comparison red', () => {
  const world = createWorld({ seed: 1, size: 'tiny' });

  it('in the connector: the time of signing up is cut from members', async () => {
    const mailchimp = connectors['mailchimp'] as AnyConnector;
    const members = mailchimp.streams['members'];
    if (members === undefined || !('params' in members)) throw new Error('the stream members has no parameters');
    const cut = {
      ...members,
      params: { ...members.params, exclude_fields: `${members.params?.['exclude_fields']},members.timestamp_signup` },
    };
    const broken: AnyConnector = { ...mailchimp, streams: { ...mailchimp.streams, members: cut } };
    const run = await pipeline({ world, registry: { mailchimp: broken } });
    expect(Object.keys(await differencesOf(run, world))).toContain('audience_growth_daily');
  });

  it('in the simulator: one open is never shown', async () => {
    const campaigns = new Set(
      world.campaigns.filter((one) => one.tracksOpens && one.sentAt !== null).map((one) => one.id),
    );
    const hidden = world.opens.findIndex(
      (open) =>
        campaigns.has(open.campaignId) && world.memberships[open.member]?.deletedAt === null && open.at < world.now,
    );
    expect(hidden).toBeGreaterThanOrEqual(0);
    const shown = { ...world, opens: world.opens.filter((_open, index) => index !== hidden) };
    const run = await pipeline({ world, shown });
    expect(Object.keys(await differencesOf(run, world))).toEqual(
      expect.arrayContaining(['campaign_performance', 'reconciliation']),
    );
  });

  it.each([
    [
      'delivered forgets soft bounces',
      'definitions/marts/int_campaign_counts.sqlx',
      /bounce_type = 'soft'/,
      "bounce_type = 'soft ware'",
      'campaign_performance',
    ],
    [
      'an order belongs to the day in UTC',
      'definitions/core/dim_campaign.sqlx',
      /\$\{dialect\.localDate\("campaigns\.sent_at"\)\}/,
      'cast(campaigns.sent_at as date)',
      'campaign_performance',
    ],
    [
      'refunds are forgotten',
      'definitions/core/fct_order.sqlx',
      /financial_status = 'refunded' then order_total/,
      "financial_status = 'no' then order_total",
      'campaign_profit',
    ],
  ])('in a model: %s', async (_what, file, from, to, mart) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mailmart-sql-'));
    try {
      cpSync(sql, folder, { recursive: true });
      const model = path.join(folder, file);
      const text = readFileSync(model, 'utf8');
      expect(text).toMatch(from);
      writeFileSync(model, text.replace(from, to));
      const run = await startInProcess({ world, projectDir: folder });
      running.push(run);
      for (const accountId of ['shop-newsletter', 'books']) await run.sync(accountId);
      const { failures } = await run.transform();
      // Caught by an assertion, which keeps the marts from being built, or by the comparison.
      const caught = failures.length > 0 ? [mart] : Object.keys(await differencesOf(run, world));
      expect(caught).toContain(mart);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function hashesOf(run: InProcess): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const name of Object.keys(marts))
    hashes[name] = await tableHash((text, params) => run.warehouse.query(text, params), `marts.${name}`);
  return hashes;
}
