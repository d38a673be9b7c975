import { day, hour, secondsOf } from './instant.ts';
import { worldNow } from './profile.ts';
import { createRandom, type Random } from './random.ts';
import { type ListName, type Slot, slots } from './sendgrid-slots.ts';
import type { SgGroup, SgList, SgSingleSend, SgTest } from './sendgrid-types.ts';
import type { Link, Seconds, WorldSize } from './types.ts';

export const sendgridAccountId = 'lifecycle-mail';
/** The company opened its account, and imported the first contacts that day. */
export const sendgridStart: Seconds = secondsOf('2026-01-05T09:00:00Z');
export const hookOnAt: Seconds = secondsOf('2026-06-12T00:00:00Z');

export type SgProfile = {
  readonly contacts: number;
  /** Share of the contacts on each list, in the lists' order. */
  readonly shares: readonly number[];
};

export const sgProfiles: Readonly<Record<WorldSize, SgProfile>> = {
  demo: { contacts: 1500, shares: [0.55, 0.5, 0.03] },
  small: { contacts: 120, shares: [0.45, 0.4, 0.04] },
  tiny: { contacts: 60, shares: [0.37, 0.37, 0.1] },
};

const listNames: Readonly<Record<ListName, string>> = {
  onboarding: 'Onboarding',
  customers: 'Customers & Kunden',
  vip: 'Very important gardeners',
};

export function createLists(seed: number): SgList[] {
  const random = createRandom(seed, 'sendgrid lists');
  return Object.values(listNames).map((name, index) => ({
    id: uuid(random),
    name,
    createdAt: sendgridStart - 2 * hour + index * 60,
  }));
}

export const groups: readonly SgGroup[] = [
  {
    id: 24_101,
    name: 'Tips and onboarding',
    description: 'How to get on with your garden',
    isDefault: true,
    createdAt: sendgridStart - 3 * hour,
  },
  {
    id: 24_102,
    name: 'Offers',
    description: 'Angebote für Kunden & Freunde',
    isDefault: false,
    createdAt: sendgridStart - 3 * hour,
  },
];

export type PlannedSend = {
  readonly slot: Slot;
  /** Its test has no winner yet: that comes of what the test's recipients do. */
  readonly send: Omit<SgSingleSend, 'test'>;
  readonly test: Omit<SgTest, 'winner'> | null;
};

/** All single sends in order of sending, drafts last. */
export function planSends(seed: number, size: WorldSize, lists: readonly SgList[]): PlannedSend[] {
  return slots.filter((slot) => slot.sizes.includes(size)).map((slot) => planSend(seed, slot, lists));
}

function planSend(seed: number, slot: Slot, lists: readonly SgList[]): PlannedSend {
  const random = createRandom(seed, 'sendgrid send', slot.name);
  const sentAt = slot.sentAt === null ? null : secondsOf(slot.sentAt);
  const createdAt = (sentAt ?? worldNow) - (slot.daysBefore ?? 3) * day - random.int(60, 4 * hour);
  const names = Object.keys(listNames);
  const send: PlannedSend['send'] = {
    id: uuid(random),
    name: slot.name,
    createdAt,
    sentAt,
    listIds: slot.list.map((name) => lists[names.indexOf(name)]?.id ?? ''),
    groupId: slot.group === null ? null : (groups[slot.group]?.id ?? null),
    subject: slot.subject,
    categories: slot.categories,
    links: createLinks(random, slot),
  };
  if (slot.test === undefined || sentAt === null) return { slot, send, test: null };
  const { kind, criteria, percentage, hours } = slot.test;
  const subjects = [slot.subject, kind === 'subject' ? `${slot.subject}: now` : slot.subject];
  return {
    slot,
    send,
    test: {
      kind,
      winnerCriteria: criteria,
      testPercentage: percentage,
      duration: `PT${hours}H`,
      variations: subjects.map((subject) => ({ id: uuid(random), subject })),
      winnerSentAt: sentAt + hours * hour,
    },
  };
}

/** The last of several links leads where the first does: a picture and a button, told apart by their place only. */
function createLinks(random: Random, slot: Slot): Link[] {
  const topic = slot.name.toLowerCase().replaceAll(' ', '-');
  return Array.from({ length: slot.links }, (_, index) => {
    const page = index === slot.links - 1 && slot.links > 2 ? 0 : index;
    return { id: random.hex(10), url: `https://www.acme-garden.example/${topic}/${page}?utm_source=lifecycle&q=a%20b` };
  });
}

/** A random UUID (version 4). */
export function uuid(random: Random): string {
  const hex = random.hex(32);
  const variant = '89ab'[Number.parseInt(hex.slice(16, 17), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
