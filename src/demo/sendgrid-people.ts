import { day } from './instant.ts';
import { createPerson } from './people.ts';
import { worldNow, worldUntil } from './profile.ts';
import { createRandom, type Random } from './random.ts';
import { sendgridStart, type SgProfile, uuid } from './sendgrid-plan.ts';
import type { SgContact, SgList } from './sendgrid-types.ts';
import type { Person, Seconds } from './types.ts';

/** Person 7's name can be written in two ways of Unicode (people.ts): here it stands in the decomposed one. */
const decomposed = 7;
/** The first few people of the world are on all of Mailchimp's lists; these are SendGrid contacts in every world. */
const certain = 9;

/**
 * About half of the contacts are people of the world, who are on Mailchimp lists too; the others are new and continue the
 * numbers of `known`.
 */
export function createContacts(
  seed: number,
  profile: SgProfile,
  known: readonly Person[],
  lists: readonly SgList[],
): { readonly contacts: SgContact[]; readonly people: Person[] } {
  const shared = chooseShared(seed, Math.round(profile.contacts / 2), known);
  const people: Person[] = [];
  for (let index = known.length; shared.length + people.length < profile.contacts; index += 1)
    people.push(createPerson(createRandom(seed, 'sendgrid person', index), index));
  const contacts = mixed(seed, [...shared, ...people]).map((person, index) =>
    createContact(createRandom(seed, 'sendgrid contact', person.index), profile, person, index, lists),
  );
  return { contacts, people };
}

function chooseShared(seed: number, count: number, known: readonly Person[]): Person[] {
  const rest = mixed(seed, known.slice(certain));
  return [...known.slice(0, certain), ...rest].slice(0, count);
}

function mixed(seed: number, people: readonly Person[]): readonly Person[] {
  const random = createRandom(seed, 'sendgrid order', people.length);
  return shuffled(random, people);
}

/** In random order. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const keyed = items.map((item) => ({ item, key: random.next() }));
  return keyed.sort((left, right) => left.key - right.key).map(({ item }) => item);
}

function createContact(
  random: Random,
  profile: SgProfile,
  person: Person,
  index: number,
  lists: readonly SgList[],
): SgContact {
  const isImported = spread(index, 0.755) < 0.7;
  const createdAt = isImported
    ? sendgridStart + random.int(0, 120)
    : sendgridStart + day + Math.floor(random.next() * (worldUntil - sendgridStart - 2 * day));
  const isNfd = person.index === decomposed || (person.address.includes('ü') && random.chance(0.5));
  const own: SgContact['lists'][number][] = [];
  const changedAt: Seconds[] = [createdAt];
  for (const [place, list] of lists.entries()) {
    if (spread(index + place * 0.6, 0.618) >= (profile.shares[place] ?? 0)) continue;
    // Some come onto a further list later.
    const at = own.length === 0 ? createdAt + random.int(0, 5) : createdAt + random.int(0, 20 * day);
    const removedAt = random.chance(0.04) ? at + random.int(day, 150 * day) : null;
    if (at > worldUntil) continue;
    own.push({ listId: list.id, at, removedAt: removedAt !== null && removedAt <= worldUntil ? removedAt : null });
  }
  for (const { at, removedAt } of own) changedAt.push(at, ...(removedAt === null ? [] : [removedAt]));
  if (random.chance(0.3)) changedAt.push(createdAt + random.int(60, Math.max(60, worldUntil - createdAt)));
  // A few are edited each day, after "now" as well.
  if (createdAt < worldNow && random.chance(0.05)) changedAt.push(worldNow + random.int(60, 6 * day));
  return {
    index,
    personIndex: person.index,
    id: uuid(random),
    address: (isNfd ? person.address.normalize('NFD') : person.address).toLowerCase(),
    createdAt,
    lists: own,
    changedAt: changedAt.filter((at) => at <= worldUntil).sort((left, right) => left - right),
    deletedAt: deletion(random, createdAt),
  };
}

/** Even over [0, 1): a small world has the same numbers of everybody under each seed; who they are is up to the seed. */
function spread(index: number, step: number): number {
  return (index * step) % 1;
}

/** Some are deleted one day, some of them in the week after "now". */
function deletion(random: Random, createdAt: Seconds): Seconds | null {
  const fate = random.next();
  if (fate < 0.03) return createdAt + Math.floor((0.2 + 0.8 * random.next()) * (worldUntil - createdAt));
  if (fate > 0.98) return Math.max(worldNow, createdAt) + random.int(1, worldUntil - Math.max(worldNow, createdAt));
  return null;
}
