import { createHash } from 'node:crypto';

import { lists, tagShares } from './company.ts';
import { day, hour } from './instant.ts';
import { domains, emailClients, firstNames, lastNames, places } from './names.ts';
import { type Profile, worldNow, worldStart, worldUntil } from './profile.ts';
import { createRandom, type Random } from './random.ts';
import type { Membership, MembershipChange, Person, Seconds, Segment } from './types.ts';

/** A membership while the world is being made. */
export type DraftMembership = Omit<Membership, 'changes'> & { changes: MembershipChange[] };

/** What drives a person's reactions; not part of the world, because no source knows it. */
export type Temper = { readonly opens: number; readonly clicks: number; readonly fades: boolean };

export type Population = {
  readonly people: readonly Person[];
  readonly tempers: readonly Temper[];
  readonly memberships: DraftMembership[];
};

/** People and their memberships with everything that does not come from a mailing: joining, archiving, leaving by other ways, deletion. */
export function createPopulation(seed: number, profile: Profile): Population {
  const people: Person[] = [];
  const tempers: Temper[] = [];
  const memberships: DraftMembership[] = [];
  for (let index = 0; index < profile.people; index += 1) {
    const random = createRandom(seed, 'person', index);
    const person = createPerson(random, index);
    people.push(person);
    tempers.push(createTemper(random));
    for (const [position, list] of listsOf(random, index).entries()) {
      memberships.push(createMembership(random, person, list, memberships.length, position, profile));
    }
  }
  return { people, tempers, memberships };
}

export function createPerson(random: Random, index: number): Person {
  const firstName = random.pick(firstNames);
  const lastName = random.pick(lastNames);
  const place = random.pick(places);
  const emailClient = random.pick(emailClients);
  const isApple = emailClient === 'iPhone' || emailClient === 'Apple Mail';
  // Person 7 has a letter that Unicode can write in two ways; the second list spells it in the other one.
  const local = index === 7 ? 'josé.núñez' : `${ascii(firstName)}.${ascii(lastName)}`;
  return {
    index,
    firstName,
    lastName,
    address: `${local}.${index}@${random.pick(domains)}`.normalize('NFC').toLowerCase(),
    ...place,
    language: place.language,
    emailClient,
    hasProxy: isApple && random.chance(0.9),
    hasScanner: random.chance(0.03),
    ip: `203.0.113.${random.int(1, 254)}`,
  };
}

function ascii(name: string): string {
  const plain = name
    .normalize('NFD')
    .replaceAll(/[^A-Za-z]/g, '')
    .toLowerCase();
  return plain === '' ? 'user' : plain;
}

function createTemper(random: Random): Temper {
  const kind = random.next();
  if (kind < 0.22) return { opens: 0.5 + 0.4 * random.next(), clicks: 0.12 + 0.2 * random.next(), fades: false };
  if (kind < 0.62) return { opens: 0.12 + 0.25 * random.next(), clicks: 0.05 + 0.1 * random.next(), fades: false };
  if (kind < 0.84) return { opens: 0.4 + 0.3 * random.next(), clicks: 0.08 + 0.1 * random.next(), fades: true };
  return { opens: 0.02, clicks: 0.05, fades: false };
}

/** Most are on one list, some on several. The first few people are on all lists, so that a tiny world has them too. */
function listsOf(random: Random, index: number): readonly (typeof lists)[number][] {
  if (index < 9) return lists;
  const chosen = lists.filter((list) => random.chance(list.share));
  return chosen.length > 0 ? chosen : lists.slice(0, 1);
}

function createMembership(
  random: Random,
  person: Person,
  list: (typeof lists)[number],
  index: number,
  position: number,
  profile: Profile,
): DraftMembership {
  const address = spell(random, person, position);
  const emailId = md5(address.toLowerCase());
  const isImported = random.chance(0.45);
  const at = isImported
    ? list.createdAt + hour + random.int(0, 3 * day)
    : list.createdAt + 4 * day + Math.floor(random.next() ** 1.3 * (worldUntil - list.createdAt - 4 * day));
  const isTransactional = !isImported && list.id === 'b2c3d4e5f6' && random.chance(0.01 * Math.min(profile.rare, 3));
  const changes: MembershipChange[] = [];
  let signupAt: Seconds | null = isImported || isTransactional ? null : at;
  if (isTransactional) changes.push(change(at, 'joined', 'transactional'));
  else if (list.doubleOptIn && !isImported) {
    changes.push(change(at, 'pending', 'pending'));
    if (random.chance(0.93)) changes.push(change(at + random.delay(20 * 60), 'confirmed', 'subscribed'));
  } else changes.push(change(at, 'joined', 'subscribed'));
  // Some imports bring the date of an earlier sign-up with them: before history began, so nothing else is known of it.
  if (isImported && random.chance(0.3)) signupAt = worldStart - random.int(1, 300) * day - random.int(0, day);
  const draft: DraftMembership = {
    index,
    personIndex: person.index,
    listId: list.id,
    address,
    emailId,
    uniqueEmailId: createHash('sha1').update(person.address).digest('hex').slice(0, 10),
    contactId: md5(`${list.id}/${person.index}`),
    webId: 500_000_000 + index,
    source: isImported ? 'Import' : random.pick(list.sources),
    signupAt,
    createdAt: at,
    changes,
    deletedAt: deletion(random, at, profile),
    vip: random.chance(0.01),
    rating: random.int(1, 5),
    tags: tagShares.filter(({ share }) => random.chance(share)).map(({ tag }) => tag),
  };
  addOwnChanges(random, draft, profile);
  return draft;
}

/** Some are deleted one day, a few of them in the week after "now". */
function deletion(random: Random, createdAt: Seconds, profile: Profile): Seconds | null {
  const fate = random.next();
  if (fate < 0.006 * Math.min(profile.rare, 4))
    return random.int(createdAt + day, Math.max(createdAt + day, worldUntil));
  if (fate > 1 - 0.002 * Math.min(profile.rare, 8)) return random.int(Math.max(worldNow, createdAt) + hour, worldUntil);
  return null;
}

/** Same person, other spelling: upper case on the second list, decomposed letters for person 7. */
function spell(random: Random, person: Person, position: number): string {
  if (person.index === 7 && position === 1) return person.address.normalize('NFD');
  if (position === 1 || random.chance(0.02)) return person.address.replace(/^./u, (letter) => letter.toUpperCase());
  if (position === 2) return person.address.replace(/^[^@]+/u, (local) => local.toUpperCase());
  return person.address;
}

/** Changes that no mailing caused: edited data, leaving through the account page, archiving. */
function addOwnChanges(random: Random, draft: DraftMembership, profile: Profile): void {
  const span = worldUntil - draft.createdAt;
  const somewhere = (): Seconds => draft.createdAt + 1 + Math.floor(random.next() * span);
  for (let edits = random.int(0, 2) - 1; edits > 0; edits -= 1)
    draft.changes.push(change(somewhere(), 'profile', 'subscribed'));
  if (random.chance(0.01 * Math.min(profile.rare, 2))) {
    const at = somewhere();
    draft.changes.push({
      at,
      kind: 'unsubscribed',
      status: 'unsubscribed',
      campaignId: null,
      reason: 'N/A (Unsubscribed by an admin)',
    });
  } else if (random.chance(0.01 * Math.min(profile.rare, 3)))
    draft.changes.push(change(somewhere(), 'archived', 'archived'));
  // From "now" on one contact in a hundred is edited each day.
  for (let at = Math.max(worldNow, draft.createdAt); at < worldUntil; at += day) {
    if (random.chance(0.01))
      draft.changes.push(change(Math.min(at + random.int(60, day), worldUntil), 'profile', 'subscribed'));
  }
}

export function change(
  at: Seconds,
  kind: MembershipChange['kind'],
  status: MembershipChange['status'],
): MembershipChange {
  return { at, kind, status, campaignId: null, reason: null };
}

/** Tags as saved segments of each list. */
export function createSegments(): Segment[] {
  return lists.flatMap((list, listIndex) =>
    tagShares.map(({ tag }, tagIndex) => ({
      id: 7000 + listIndex * 10 + tagIndex,
      listId: list.id,
      name: tag,
      type: tagIndex === 2 ? ('saved' as const) : ('static' as const),
      createdAt: list.createdAt + hour,
      tag,
    })),
  );
}

function md5(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}
