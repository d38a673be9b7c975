import { Decimal } from 'decimal.js';
import type { Checked, ViewTime } from '../../src/demo/measurement-types.ts';
import type { CheckedThing, Measured, Viewed } from './fact-types.ts';
import type { Gathering } from './facts.ts';

/** What the company's files could tell of measurements at the last sync: they only grow. */
export function measuredFacts({ world, last, person }: Gathering): Measured {
  const { viewTimes, replies, spamChecks, seedPlacements, reputations } = world.measurements;
  const known = <T extends { readonly at: number }>(rows: readonly T[]): readonly T[] =>
    rows.filter((row) => row.at <= last);
  return {
    views: known(viewTimes).map((view) => ({
      accountId: view.accountId,
      campaignId: view.campaignId,
      length: lengthOf(view),
    })),
    replies: known(replies).map(({ accountId, campaignId, address, at, replyClass }) => ({
      accountId,
      campaignId,
      person: person(address),
      at,
      answer: replyClass,
    })),
    scores: known(spamChecks).map((check) => {
      const of10 = (value: string): Decimal => {
        const range = new Decimal(check.best).minus(check.worst);
        const place = new Decimal(value).minus(check.worst).div(range).times(10);
        return Decimal.min(10, Decimal.max(0, place));
      };
      return {
        ...thingOf(check.of, check.on, check.tool),
        score: of10(check.score),
        threshold: check.threshold === null ? null : of10(check.threshold),
      };
    }),
    placements: known(seedPlacements).map(({ of, on, tool, provider, inbox, tabs, spam, missing }) => ({
      ...thingOf(of, on, tool),
      provider,
      inbox,
      tabs,
      spam,
      missing,
    })),
    reputations: known(reputations).map(({ on, provider, word, complaintRate }) => ({
      day: on,
      provider,
      word: word === null ? null : word.toLowerCase(),
      complaints: complaintRate === null ? null : new Decimal(complaintRate),
    })),
  };
}

/** METRICS.md, 17: under 2 seconds glanced, 2 to 8 skimmed, over 8 read. A tool that tells seconds tells no class. */
function lengthOf({ seconds, viewClass }: ViewTime): Viewed['length'] {
  if (seconds === null) return viewClass ?? 'unknown';
  const known = Number(seconds);
  if (known < 0) return 'unknown';
  if (known < 2) return 'glanced';
  return known > 8 ? 'read' : 'skimmed';
}

function thingOf(of: Checked, day: string, tool: string): CheckedThing {
  return 'domain' in of
    ? { accountId: null, campaignId: null, domain: of.domain, day, tool }
    : { accountId: of.accountId, campaignId: of.campaignId, domain: null, day, tool };
}
