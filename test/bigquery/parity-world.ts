import { day } from '../../src/demo/instant.ts';
import type { Seconds, World } from '../../src/demo/types.ts';
import { createWorld } from '../../src/demo/world.ts';

/** A year is told as a fortnight. */
const shorter = 26;
/** What one recipient does with one mail: the world has people who open a mail a thousand times. */
const mostEvents = 2;
/** What is measured every day for every domain: of so many rows, one. */
const everyMeasure = 3;

/**
 * A tiny world for the emulator, whose joins are quadratic and whose every query costs a tenth of a second: its history told
 * in a twenty-sixth of the time, so that calendars are short, with every ninth recipient's mail and that of some who bounced, left,
 * complained or forwarded, and a third of what is measured by domain. What comes after `now` keeps its time. It need not be
 * likely: both engines read the same rows.
 */
export function parityWorld(seed: number): World {
  const world = createWorld({ seed, size: 'tiny' });
  const { now, until } = world;
  const oldest = now - 20 * 365 * day;
  const told = (at: Seconds): Seconds => (at < now ? now - Math.round((now - at) / shorter) : at);
  const inTime = <T>(value: T): T => {
    if (typeof value === 'number') return (value >= oldest && value <= until ? told(value) : value) as T;
    if (Array.isArray(value)) return value.map(inTime) as T;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inTime(inner)])) as T;
  };
  const rare = [world.bounces, world.unsubscribes, world.complaints, world.forwards];
  const kept = new Set(rare.flatMap((facts) => facts.slice(0, 4).map(({ member }) => member)));
  const some = <T extends { readonly member: number }>(facts: readonly T[]): readonly T[] =>
    facts.filter(({ member }) => member % 9 === 0 || kept.has(member));
  const measured = <T>(rows: readonly T[]): readonly T[] => rows.filter((_, index) => index % everyMeasure === 0);
  return inTime({
    ...world,
    measurements: {
      ...world.measurements,
      reputations: measured(world.measurements.reputations),
      seedPlacements: measured(world.measurements.seedPlacements),
    },
    sends: some(world.sends),
    opens: few(some(world.opens)),
    clicks: few(some(world.clicks)),
    bounces: some(world.bounces),
    unsubscribes: some(world.unsubscribes),
    complaints: some(world.complaints),
    forwards: some(world.forwards),
  });
}

function few<T extends { readonly member: number; readonly campaignId: string }>(facts: readonly T[]): readonly T[] {
  const seen = new Map<string, number>();
  return facts.filter(({ member, campaignId }) => {
    const pair = `${campaignId} ${member}`;
    const count = (seen.get(pair) ?? 0) + 1;
    seen.set(pair, count);
    return count <= mostEvents;
  });
}
