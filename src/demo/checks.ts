import { day, secondsOf, utcDateOf } from './instant.ts';
import type { Checked, Mailed, Measurements, SeedPlacement, SpamCheck } from './measurement-types.ts';
import { worldStart, worldUntil } from './profile.ts';
import { createRandom, type Random } from './random.ts';
import type { Seconds } from './types.ts';

type Checks = Pick<Measurements, 'spamChecks' | 'seedPlacements' | 'reputations'>;

const checksFrom = secondsOf('2025-09-01T00:00:00Z');

/** The domains that the company sends from: newsletters, and (with a poor name) everything automatic. */
const newsDomain = 'acme-garden.example';
const lifecycleDomain = 'lifecycle.acme-garden.example';

/** Test mailboxes by provider. */
const seeds: readonly (readonly [string, number])[] = [
  ['gmail.example', 10],
  ['outlook.example', 10],
  ['yahoo.example', 5],
  ['icloud.example', 5],
];

/** What is checked before a mailing, and of the sending domains week by week. */
export function createChecks(mailed: Mailed): Checks {
  return {
    spamChecks: [...campaignChecks(mailed), ...domainChecks(mailed.seed)],
    seedPlacements: createPlacements(mailed),
    reputations: createReputations(mailed.seed),
  };
}

/** A filter whose clean mails have 0 points and whose worst have 10. Every tenth mailing fails; it is mended and goes through. */
function campaignChecks({ seed, accountId, campaigns }: Mailed): SpamCheck[] {
  const checks: SpamCheck[] = [];
  const add = (campaignId: string, at: Seconds, points: number): void => {
    checks.push({
      id: `sa-${checks.length + 1}`,
      of: { accountId, campaignId },
      on: utcDateOf(at),
      tool: 'spam filter',
      score: (points / 10).toFixed(1),
      best: '0',
      worst: '10',
      threshold: null,
      at,
    });
  };
  for (const [index, { id, createdAt, sentAt, type }] of campaigns.entries()) {
    if (createdAt < checksFrom || type === 'automation') continue;
    const random = createRandom(seed, 'spam check', id);
    const isPoor = index % 10 === 7;
    add(id, createdAt + 600, isPoor ? random.int(21, 48) : random.int(-3, 20));
    const isMended = isPoor && sentAt !== null && random.chance(0.5);
    if (isMended) add(id, createdAt + 3600, random.int(2, 19));
  }
  return checks;
}

/** Another tool, which gives marks up to 10 and lets pass what has 7. */
function domainChecks(seed: number): SpamCheck[] {
  const random = createRandom(seed, 'domain checks');
  return weeks().flatMap((at, week) =>
    week % 4 === 0
      ? [newsDomain, lifecycleDomain].map((domain): SpamCheck => {
          const marks = domain === newsDomain ? random.int(88, 100) : random.int(68, 90);
          return {
            id: `mt-${week}-${domain}`,
            of: { domain },
            on: utcDateOf(at),
            tool: 'mail check',
            score: (marks / 10).toFixed(1),
            best: '10',
            worst: '0',
            threshold: '7',
            at,
          };
        })
      : [],
  );
}

function createPlacements({ seed, accountId, campaigns }: Mailed): SeedPlacement[] {
  const placements: SeedPlacement[] = [];
  const test = (random: Random, of: Checked, at: Seconds, spamShare: number): void => {
    for (const [provider, mailboxes] of seeds) {
      let [inbox, tabs, spam, missing] = [0, 0, 0, 0];
      const harsh = provider === 'outlook.example' ? spamShare * 1.8 : spamShare;
      for (let mailbox = 0; mailbox < mailboxes; mailbox += 1) {
        if (random.chance(0.02)) missing += 1;
        else if (random.chance(harsh)) spam += 1;
        else if (provider === 'gmail.example' && random.chance(0.4)) tabs += 1;
        else inbox += 1;
      }
      const id = `seed-${placements.length + 1}`;
      placements.push({ id, of, on: utcDateOf(at), tool: 'seed list', provider, inbox, tabs, spam, missing, at });
    }
  };
  for (const { id, createdAt, sentAt, title } of campaigns) {
    if (sentAt === null || createdAt < checksFrom || !/^(Launch|Sale)/.test(title)) continue;
    test(createRandom(seed, 'placement', id), { accountId, campaignId: id }, createdAt + 1800, 0.05);
  }
  const random = createRandom(seed, 'domain placement');
  for (const at of weeks()) {
    test(random, { domain: newsDomain }, at, 0.04);
    test(random, { domain: lifecycleDomain }, at, 0.4);
  }
  return placements;
}

/** The big provider stated a word until the end of September 2025, and since then complaints alone; the other goes on. */
function createReputations(seed: number): Measurements['reputations'] {
  const random = createRandom(seed, 'reputation');
  const wordsUntil = secondsOf('2025-10-01T00:00:00Z');
  const rows: Measurements['reputations'][number][] = [];
  for (let at = worldStart + 150 * day; at <= worldUntil; at += day) {
    const on = utcDateOf(at);
    for (const domain of [newsDomain, lifecycleDomain]) {
      const isGood = domain === newsDomain;
      const complaintRate = (random.int(0, isGood ? 20 : 45) / 10_000).toFixed(4);
      const word = random.pick(isGood ? (['HIGH', 'HIGH', 'MEDIUM'] as const) : (['MEDIUM', 'LOW', 'BAD'] as const));
      const isStated = at < wordsUntil;
      // Days with little mail have no row.
      if (random.chance(0.85)) {
        const tool = isStated ? 'postmaster page' : 'postmaster page, second version';
        const shown = { on, domain, provider: 'gmail.example', tool, complaintRate, at: at + 2 * day };
        rows.push({ ...shown, word: isStated ? word : null });
      }
      if (random.chance(0.3)) {
        const provider = 'outlook.example';
        rows.push({ on, domain, provider, tool: 'sender data', word, complaintRate: null, at: at + day });
      }
    }
  }
  return rows;
}

/** Mondays at noon since the checks began. */
function weeks(): readonly Seconds[] {
  const instants: Seconds[] = [];
  for (let at = secondsOf('2025-09-01T12:00:00Z'); at <= worldUntil; at += 7 * day) instants.push(at);
  return instants;
}
