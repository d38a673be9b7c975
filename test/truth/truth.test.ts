import { describe, expect, it } from 'vitest';
import { day } from '../../src/demo/instant.ts';
import type { World, WorldSize } from '../../src/demo/types.ts';
import { createWorld } from '../../src/demo/world.ts';
import { tableHash } from '../../src/warehouse/duckdb/index.ts';
import { marts } from './all-marts.ts';
import type { SourceName } from './facts.ts';
import type { InProcess } from './in-process.ts';
import { both, differencesOf, everything, pipeline } from './pipeline.ts';

// On all cores, as users have it: what depends on the order of rows shows then.
delete process.env['MAILMART_DUCKDB_THREADS'];

describe('every number of every mart equals the one computed from what the APIs and posts can show', () => {
  it.each<[number, WorldSize, readonly SourceName[]]>([
    [1, 'tiny', ['mailchimp']],
    [1, 'tiny', both],
  ])('seed %i, %s world, %j', async (seed, size, sources) => {
    await agrees(createWorld({ seed, size }), sources);
  });

  it('seed 2, tiny world, and three days later too: people are gone, came back, read old mails', async () => {
    const world = createWorld({ seed: 2, size: 'tiny' });
    const run = await agrees(world, both);
    const syncs = [world.now, world.now + 3 * day];
    await run.moveTo(world.now + 3 * day);
    await everything(run);
    expect(await differencesOf(run, world, { sources: both, syncs })).toEqual({});
  });

  it('what a lost post had is in the logs', async () => {
    const world = createWorld({ seed: 3, size: 'tiny' });
    const { sendgrid } = world;
    const isLogged = (message: number): boolean => (sendgrid.messages[message]?.at ?? 0) >= world.now - 30 * day;
    const posted = {
      ...world,
      sendgrid: { ...sendgrid, events: sendgrid.events.filter((event) => !isLogged(event.message)) },
    };
    const run = await pipeline({ world, posted, sources: ['sendgrid'] });
    expect(await differencesOf(run, world, { sources: ['sendgrid'] })).toEqual({});
  });

  it('seed 4, small world; a second run with nothing changed asks little and changes no row', async () => {
    const world = createWorld({ seed: 4, size: 'small' });
    const run = await agrees(world, both);
    const before = await hashesOf(run);
    run.simulator.resetRequests();
    await everything(run);
    expect(await hashesOf(run)).toEqual(before);
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

/** The whole pipeline once: every number, and nothing that a source would mind. */
async function agrees(world: World, sources: readonly SourceName[]): Promise<InProcess> {
  const run = await pipeline({ world, sources });
  expect(await differencesOf(run, world, { sources })).toEqual({});
  expect([run.simulator.violations(), run.sendgrid.violations()]).toEqual([[], []]);
  expect(run.simulator.maxInFlight()).toBeLessThanOrEqual(10);
  return run;
}

async function hashesOf(run: InProcess): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const name of Object.keys(marts))
    hashes[name] = await tableHash((text, params) => run.warehouse.query(text, params), `marts.${name}`);
  return hashes;
}
