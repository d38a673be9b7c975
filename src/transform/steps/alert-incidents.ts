import { createHash } from 'node:crypto';
import {
  BACK_FROM,
  judgeMedian,
  judgeRise,
  MARKED_RISE,
  OPENS_BELOW,
  pastOf,
  type Counted,
  type Judgement,
} from './alert-baseline.ts';

/** What is watched and when it is bad, as `ops.alert_rules` says it. */
export type WatchRule = {
  readonly rule: string;
  readonly kind: 'threshold' | 'rise' | 'median';
  readonly scope: string;
  readonly threshold: number | null;
  readonly goodSide: 'above' | 'below';
  readonly margin: number;
  readonly closeAfter: number;
  readonly least: number;
  readonly settleDays: number;
};

/** One period of a series: a campaign, a day. */
export type Observation = {
  readonly day: string;
  readonly scopeId: string;
  readonly value: number | null;
  readonly numerator: number | null;
  readonly denominator: number | null;
};

/** A period in which an incident was open. */
export type OpenPeriod = {
  readonly observation: Observation;
  readonly judgement: Judgement | null;
  /** False while it is back but the incident is not closed yet. */
  readonly isPast: boolean;
  readonly incident: Incident;
};

type Incident = {
  readonly id: string;
  readonly firstSeen: string;
  /** Last period that was past the threshold. */
  readonly lastSeen: string;
  /** Null while it is open. */
  readonly closed: string | null;
};

/**
 * The periods of one series in which something was wrong. It opens with the first period past the threshold and closes only
 * when `closeAfter` periods in a row are back by the margin, so that a value on the edge neither opens nor closes anything
 * again and again. A period that cannot be judged (nothing known, too few people, readers still reading) changes nothing.
 */
export function openPeriods(
  rule: WatchRule,
  series: string,
  observations: readonly Observation[],
  asOf: string,
): readonly OpenPeriod[] {
  const ordered = observations.toSorted((a, b) => compare(a.day, b.day) || compare(a.scopeId, b.scopeId));
  const counts = ordered.map(countedOf);
  const found: OpenPeriod[] = [];
  let open: { incident: Mutable<Incident>; backs: number } | null = null;
  for (const observation of ordered) {
    if (!canBeJudged(rule, observation, asOf)) continue;
    const { isBad, isBack, judgement } = judge(rule, observation, counts);
    if (open === null) {
      if (!isBad) continue;
      const id = incidentId([rule.rule, rule.scope, series, observation.day, observation.scopeId]);
      open = { incident: { id, firstSeen: observation.day, lastSeen: observation.day, closed: null }, backs: 0 };
    } else {
      open.backs = isBack ? open.backs + 1 : 0;
      if (open.backs >= rule.closeAfter) {
        open.incident.closed = observation.day;
        open = null;
        continue;
      }
      if (isBad) open.incident.lastSeen = observation.day;
    }
    found.push({ observation, judgement, isPast: isBad, incident: open.incident });
  }
  return found;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function canBeJudged(
  { least, settleDays, kind }: WatchRule,
  { day, value, denominator }: Observation,
  asOf: string,
): boolean {
  if (value === null || (kind !== 'threshold' && denominator === null)) return false;
  if (denominator !== null && denominator < least) return false;
  return Date.parse(asOf) - Date.parse(day) >= settleDays * 86_400_000;
}

function judge(rule: WatchRule, observation: Observation, series: readonly Counted[]) {
  const { value, day } = observation;
  if (rule.kind === 'threshold') return { ...judgeThreshold(rule, value ?? 0), judgement: null };
  const now = countedOf(observation);
  const judgement = (rule.kind === 'rise' ? judgeRise : judgeMedian)(pastOf(series, day), now);
  if (judgement === null) return { isBad: false, isBack: false, judgement };
  const isMarked = rule.kind === 'median' || now.count >= MARKED_RISE * judgement.expected;
  return { isBad: isMarked && judgement.pValue < OPENS_BELOW, isBack: judgement.pValue >= BACK_FROM, judgement };
}

/** At the threshold is good where good is above it (25 % of active readers will do), and bad where good is below (5 % of complaints). */
function judgeThreshold({ threshold, goodSide, margin }: WatchRule, value: number) {
  if (threshold === null) return { isBad: false, isBack: false };
  const distance = Math.abs(threshold) * margin;
  return goodSide === 'above'
    ? { isBad: value < threshold, isBack: value >= threshold + distance }
    : { isBad: value >= threshold, isBack: value < threshold - distance };
}

const countedOf = ({ day, numerator, denominator }: Observation): Counted => ({
  day,
  count: numerator ?? 0,
  of: denominator ?? 0,
});

const incidentId = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);

/** By code unit: the same in every locale. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
