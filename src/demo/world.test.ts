import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { companyFiles, writeCompanyFiles } from './files.ts';
import { day } from './instant.ts';
import { membershipAt, stateAt } from './membership.ts';
import type { World, WorldSize } from './types.ts';
import { advance, createWorld, worldAt } from './world.ts';

const digest = (world: World): string => createHash('sha256').update(JSON.stringify(world)).digest('hex');
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

describe('the demo world', () => {
  it.each(['tiny', 'small'] as const)('is the same to the byte for the same seed (%s)', (size) => {
    expect(digest(createWorld({ seed: 3, size }))).toBe(digest(createWorld({ seed: 3, size })));
    expect(digest(createWorld({ seed: 3, size }))).not.toBe(digest(createWorld({ seed: 4, size })));
  });

  it('has the promised size, in a few seconds', () => {
    const world = worldAt(createWorld({ seed: 1, size: 'demo' }), createWorld({ seed: 1, size: 'tiny' }).now);
    const subscribed = world.memberships.filter(
      (membership) => membershipAt(membership, world.now)?.status === 'subscribed',
    );
    const mailed = new Set(world.sends.map((send) => send.campaignId));
    const mass = world.campaigns.filter((campaign) => campaign.type !== 'automation' && mailed.has(campaign.id));
    expect(world.lists.length).toBeGreaterThanOrEqual(3);
    expect(new Set(subscribed.map((membership) => membership.personIndex)).size).toBeGreaterThanOrEqual(20_000);
    expect(mass).toHaveLength(120);
    const facts = world.sends.length + world.opens.length + world.clicks.length + world.bounces.length;
    expect(facts).toBeLessThan(1_000_000);
    expect(facts).toBeGreaterThan(500_000);
    expectConserved(world);
  });

  it.each(seeds)('holds every kind of event in a tiny world, and nothing impossible (seed %i)', (seed) => {
    const timeline = createWorld({ seed, size: 'tiny' });
    const world = worldAt(timeline, timeline.now);
    expect(world.people.length).toBeLessThanOrEqual(300);
    expect(kinds(timeline, world)).toEqual(
      Object.fromEntries(Object.keys(kinds(timeline, world)).map((kind) => [kind, true])),
    );
    expectConserved(world);
    expectConserved(worldAt(timeline, timeline.until));
  });

  it('knows no more at an earlier instant, and the same when asked twice', () => {
    const timeline = createWorld({ seed: 2, size: 'small' });
    const now = worldAt(timeline, timeline.now);
    expect(digest(worldAt(now, timeline.now))).toBe(digest(now));
    const later = worldAt(timeline, timeline.now + day);
    for (const name of [
      'sends',
      'opens',
      'clicks',
      'bounces',
      'unsubscribes',
      'complaints',
      'orders',
      'costs',
      'conversions',
    ] as const) {
      expect(now[name].length).toBeLessThanOrEqual(later[name].length);
    }
    expect(digest(worldAt(later, timeline.now))).toBe(digest(now));
    expect(() => worldAt(timeline, timeline.until + 1)).toThrow(/ends at/);
  });

  it.each(['demo', 'small', 'tiny'] satisfies WorldSize[])('brings something new a day later (%s)', (size) => {
    const timeline = createWorld({ seed: 1, size });
    const now = worldAt(timeline, timeline.now);
    const moved = advance(timeline, 1);
    const later = worldAt(moved, moved.now);
    const sentCampaigns = (world: World): number =>
      world.campaigns.filter(
        (campaign) => campaign.type !== 'automation' && campaign.sentAt !== null && campaign.sentAt <= world.now,
      ).length;
    expect(sentCampaigns(later) - sentCampaigns(now)).toBe(2);
    const old = new Set(
      now.campaigns
        .filter((campaign) => (campaign.sentAt ?? Infinity) < now.now - 40 * day)
        .map((campaign) => campaign.id),
    );
    const oldOpens = (world: World): number => world.opens.filter((open) => old.has(open.campaignId)).length;
    expect(oldOpens(later)).toBeGreaterThan(oldOpens(now));
    // Late: it happened before "now" and was shown after it.
    expect(later.opens.some((open) => open.at <= now.now && (open.knownAt ?? 0) > now.now)).toBe(true);
    expect(now.opens.some((open) => (open.knownAt ?? open.at) > now.now)).toBe(false);
    const live = now.memberships.filter((membership) => membershipAt(membership, now.now) !== undefined);
    const changed = live.filter((membership) => {
      const after = later.memberships[membership.index];
      return (
        after !== undefined &&
        membershipAt(after, later.now)?.lastChangedAt !== membershipAt(membership, now.now)?.lastChangedAt
      );
    });
    expect(changed.length / live.length).toBeGreaterThan(0.004);
    expect(changed.length / live.length).toBeLessThan(0.04);
    const deleted = (world: World): number =>
      world.memberships.filter((membership) => membership.deletedAt !== null).length;
    const week = worldAt(timeline, timeline.until);
    expect(deleted(week)).toBeGreaterThan(deleted(now));
    expect(() => advance(timeline, 30)).toThrow(/more days/);
  });

  it('writes the company’s files, the same each time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mailmart-files-'));
    try {
      const world = createWorld({ seed: 5, size: 'tiny' });
      const read = async (): Promise<string[]> =>
        Promise.all((await writeCompanyFiles(world, folder)).map((path) => readFile(path, 'utf8')));
      const first = await read();
      expect(await read()).toEqual(first);
      expect(first).toHaveLength(companyFiles.length);
      expect(first[0]?.split('\n')[0]).toBe(
        'cost_id,campaign_account_id,campaign_id,variant,kind,amount,currency,incurred_on',
      );
      expect(first[0]?.trim().split('\n')).toHaveLength(worldAt(world, world.now).costs.length + 1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** What a world that exercises every number must hold. */
function kinds(timeline: World, world: World): Record<string, boolean> {
  const changes = world.memberships.flatMap((membership) => membership.changes.map((change) => change.kind));
  const spellings = Map.groupBy(world.memberships, (membership) => membership.personIndex);
  const variants = [...spellings.values()].filter(
    (own) => new Set(own.map((membership) => membership.address)).size > 1,
  );
  const mailed = new Set(world.sends.map((send) => send.campaignId));
  const sent = world.campaigns.filter((campaign) => mailed.has(campaign.id));
  const recipients = Map.groupBy(world.sends, (send) => send.campaignId);
  const bounced = Map.groupBy(world.bounces, (bounce) => bounce.campaignId);
  const perSecond = Map.groupBy(world.opens, (open) => `${open.campaignId}/${open.member}/${open.at}`);
  const perMember = Map.groupBy(world.opens, (open) => `${open.campaignId}/${open.member}`);
  return {
    joined: changes.includes('joined'),
    confirmed: changes.includes('confirmed'),
    unsubscribed: changes.includes('unsubscribed'),
    resubscribed: changes.includes('resubscribed'),
    cleaned: changes.includes('cleaned'),
    archived: changes.includes('archived'),
    profile: changes.includes('profile'),
    deleted: world.memberships.some((membership) => membership.deletedAt !== null),
    'other spelling of an address': variants.length > 0,
    'same address in two Unicode forms': variants.some((own) =>
      own.some((membership) => membership.address.normalize('NFC') !== membership.address),
    ),
    'proxy open': world.opens.some((open) => open.isProxy),
    'human open': world.opens.some((open) => !open.isProxy),
    'late open': timeline.opens.some((open) => open.knownAt !== undefined),
    'same-second opens': [...perSecond.values()].some((opens) => opens.length > 1),
    'more opens than are listed': [...perMember.values()].some((opens) => opens.length > 1000),
    'scanner click': world.clicks.some((click) => click.isScanner),
    'human click': world.clicks.some((click) => !click.isScanner),
    'hard bounce': world.bounces.some((bounce) => bounce.kind === 'hard'),
    'soft bounce': world.bounces.some((bounce) => bounce.kind === 'soft'),
    unsubscription: world.unsubscribes.length > 0,
    complaint: world.complaints.length > 0,
    forward: world.forwards.length > 0,
    'one recipient': [...recipients.values()].some((sends) => sends.length === 1),
    'all bounced': [...recipients].some(
      ([id, sends]) => new Set(bounced.get(id)?.map((bounce) => bounce.member)).size === sends.length,
    ),
    absplit: sent.some((campaign) => campaign.type === 'absplit'),
    variate: sent.some((campaign) => campaign.type === 'variate'),
    automation: sent.some((campaign) => campaign.type === 'automation'),
    draft: world.campaigns.some((campaign) => campaign.sentAt === null),
    'no tracking of opens': sent.some((campaign) => !campaign.tracksOpens),
    'single link': sent.some((campaign) => campaign.links.length === 1),
    'formula in a subject': sent.some((campaign) => campaign.subject.startsWith('=')),
    'attributed order': world.orders.some((order) => order.campaignId !== null),
    'other order': world.orders.some((order) => order.campaignId === null),
    refund: world.orders.some((order) => order.refundedAt !== null),
    'partial refund': world.orders.some((order) => order.partialRefund !== null),
    cancelled: world.orders.some((order) => order.cancelledAt !== null),
    'foreign currency': new Set(world.orders.map((order) => order.currency)).size > 1,
    'amount before its rate': world.orders.some(
      (order) => order.currency === 'CHF' && order.placedAt < Date.UTC(2025, 6, 1) / 1000,
    ),
    'cost of a campaign': world.costs.some((cost) => cost.campaignId !== null),
    'shared cost': world.costs.some((cost) => cost.campaignId === null),
    'cost of a variant': world.costs.some((cost) => cost.variant !== null),
    'cost of goods': world.costs.some((cost) => cost.kind === 'cost_of_goods'),
    form: world.conversions.some((conversion) => conversion.kind === 'form'),
    call: world.conversions.some((conversion) => conversion.kind === 'call'),
    lead: world.conversions.some((conversion) => conversion.kind === 'lead'),
    'other revenue': world.otherRevenue.length > 0,
  };
}

/** Nothing happens that cannot: counted, not sampled. */
function expectConserved(world: World): void {
  const sends = new Map(world.sends.map((send) => [`${send.campaignId}/${send.member}`, send]));
  const bounced = new Set(world.bounces.map((bounce) => `${bounce.campaignId}/${bounce.member}`));
  const campaigns = new Map(world.campaigns.map((campaign) => [campaign.id, campaign]));
  const wrong: string[] = [];
  const check = (isRight: boolean, what: string, key: string): void => {
    if (!isRight) wrong.push(`${what}: ${key}`);
  };
  check(sends.size === world.sends.length, 'somebody was mailed twice', '');
  for (const send of world.sends) {
    const membership = world.memberships[send.member];
    const key = `${send.campaignId}/${send.member}`;
    check(
      membership !== undefined && stateAt(membership, send.at).status === 'subscribed',
      'mailed though not subscribed',
      key,
    );
    check(membership?.listId === campaigns.get(send.campaignId)?.listId, 'mailed from another list', key);
    check(!(membership?.deletedAt !== null && (membership?.deletedAt ?? 0) <= send.at), 'mailed after deletion', key);
  }
  for (const [name, events] of Object.entries({
    open: world.opens,
    click: world.clicks,
    bounce: world.bounces,
    unsubscribe: world.unsubscribes,
    complaint: world.complaints,
    forward: world.forwards,
  })) {
    for (const event of events) {
      const key = `${name} ${event.campaignId}/${event.member}`;
      const send = sends.get(`${event.campaignId}/${event.member}`);
      const deletedAt = world.memberships[event.member]?.deletedAt ?? Infinity;
      check(send !== undefined && event.at >= send.at, 'before the mail', key);
      check(event.at < deletedAt, 'after deletion', key);
      check(Number.isInteger(event.at), 'not a whole second', key);
      if (name !== 'bounce') check(!bounced.has(`${event.campaignId}/${event.member}`), 'of a bounced mail', key);
    }
  }
  for (const open of world.opens)
    check(campaigns.get(open.campaignId)?.tracksOpens === true, 'open untracked', open.campaignId);
  for (const click of world.clicks) {
    const campaign = campaigns.get(click.campaignId);
    check(
      campaign?.tracksClicks === true && campaign.links[click.link] !== undefined,
      'click untracked',
      click.campaignId,
    );
  }
  for (const { changes, address } of world.memberships) {
    check(
      changes.every((change, index) => index === 0 || change.at >= (changes[index - 1]?.at ?? 0)),
      'history out of order',
      address,
    );
  }
  expect(wrong.slice(0, 5)).toEqual([]);
}
