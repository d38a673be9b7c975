import { day } from './instant.ts';
import { createRandom } from './random.ts';
import { createFateBook } from './sendgrid-fates.ts';
import { createContacts, shuffled } from './sendgrid-people.ts';
import {
  createLists,
  groups,
  hookOnAt,
  type PlannedSend,
  planSends,
  sendgridAccountId,
  sendgridStart,
  sgProfiles,
} from './sendgrid-plan.ts';
import { react } from './sendgrid-reactions.ts';
import { createSuppressionBook, type SuppressionBook } from './sendgrid-suppression.ts';
import type { SendgridWorld, SgContact, SgEvent, SgMessage, SgSingleSend, SgTest } from './sendgrid-types.ts';
import type { Person, Seconds, WorldSize } from './types.ts';

/** Makes the SendGrid half of a world. It takes nothing from the Mailchimp half but its people, and changes nothing there. */
export function createSendgrid(seed: number, size: WorldSize, known: readonly Person[]): SendgridWorld {
  const lists = createLists(seed);
  const { contacts, people } = createContacts(seed, sgProfiles[size], known, lists);
  const personOf = new Map([...known, ...people].map((person) => [person.index, person]));
  const book = createSuppressionBook();
  importSuppressions(book, contacts);
  const fates = createFateBook(size);
  const messages: SgMessage[] = [];
  const events: SgEvent[] = [];
  const sent: SgSingleSend[] = [];

  const post = (plan: PlannedSend, contact: SgContact, at: Seconds, place: Place): SgEvent[] => {
    const person = personOf.get(contact.personIndex);
    if (person === undefined) throw new Error(`contact ${contact.index} is nobody`);
    const message = createMessage(seed, plan, contact, messages.length, at, place);
    messages.push(message);
    const isFree = book.blocking(contact.address, plan.send.groupId, at) === undefined;
    const fate = isFree ? fates.take(plan) : undefined;
    const own = react({ seed, plan, message, contact, person, appeal: appealOf(plan, place), fate }, book);
    events.push(...own);
    return own;
  };

  // A winner goes out hours after its test, when another single send may have gone out in between.
  const runs: Run[] = planSends(seed, size, lists).map((plan) => ({
    plan,
    at: plan.send.sentAt ?? Infinity,
    rest: null,
  }));
  for (let run = nextOf(runs); run !== undefined; run = nextOf(runs)) {
    const { plan, rest } = run;
    if (run.at === Infinity) {
      sent.push({ ...plan.send, test: null });
      continue;
    }
    if (rest !== null) {
      for (const [index, contact] of rest.contacts.entries())
        post(plan, contact, run.at + Math.floor(index / 20), { phase: 'send', variation: rest.winner });
      continue;
    }
    const recipients = shuffled(
      createRandom(seed, 'sendgrid recipients', plan.send.id),
      contacts.filter((contact) => isRecipient(contact, plan.send.listIds, run.at)),
    );
    const { test } = plan;
    if (test === null) {
      for (const [index, contact] of recipients.entries())
        post(plan, contact, run.at + Math.floor(index / 20), { phase: null, variation: null });
      sent.push({ ...plan.send, test: null });
      continue;
    }
    const share = Math.floor((recipients.length * test.testPercentage) / 100 / test.variations.length);
    const tested = recipients.slice(0, share * test.variations.length);
    const happened: SgEvent[][] = test.variations.map(() => []);
    for (const [index, contact] of tested.entries()) {
      const variation = index % test.variations.length;
      const own = post(plan, contact, run.at + Math.floor(index / 20), { phase: 'test', variation });
      happened[variation]?.push(...own);
    }
    const winner = winnerOf(test, happened);
    sent.push({ ...plan.send, test: { ...test, winner } });
    runs.push({ plan, at: test.winnerSentAt, rest: { contacts: recipients.slice(tested.length), winner } });
  }

  return {
    accountId: sendgridAccountId,
    hookOnAt,
    people,
    lists,
    groups,
    contacts,
    singleSends: sent.sort((left, right) => left.createdAt - right.createdAt),
    messages,
    events: events.sort((left, right) => left.at - right.at || left.message - right.message),
    suppressions: book.entries().sort((left, right) => left.at - right.at),
  };
}

/** A sending that is due: a single send, or the winner of its test to `rest`. */
type Run = {
  readonly plan: PlannedSend;
  readonly at: Seconds;
  readonly rest: { readonly contacts: readonly SgContact[]; readonly winner: number } | null;
};

function nextOf(runs: Run[]): Run | undefined {
  let first = 0;
  for (const [index, run] of runs.entries()) if (run.at < (runs[first]?.at ?? 0)) first = index;
  return runs.splice(first, 1)[0];
}

/** `variation` is an index into the test's variations. */
type Place = { readonly phase: SgMessage['phase']; readonly variation: number | null };

function createMessage(
  seed: number,
  plan: PlannedSend,
  contact: SgContact,
  index: number,
  at: Seconds,
  { phase, variation }: Place,
): SgMessage {
  const random = createRandom(seed, 'sendgrid message', plan.send.id, contact.personIndex);
  const base = Buffer.from(random.hex(32), 'hex').toString('base64url');
  return {
    index,
    id: `${base}.filterdrecv-${random.hex(10)}-${random.hex(5)}-1-${random.hex(8).toUpperCase()}-${random.int(1, 99)}.0`,
    smtpId: `<${base}@geopod-ismtpd-${random.int(0, 9)}>`,
    singleSendId: plan.send.id,
    contact: contact.index,
    variation: variation === null ? null : (plan.test?.variations[variation]?.id ?? null),
    phase,
    at,
  };
}

function isRecipient(contact: SgContact, listIds: readonly string[], at: Seconds): boolean {
  if (contact.createdAt > at || (contact.deletedAt !== null && contact.deletedAt <= at)) return false;
  return contact.lists.some(
    (entry) => listIds.includes(entry.listId) && entry.at <= at && (entry.removedAt === null || entry.removedAt > at),
  );
}

/** The second of two variations is truly better. */
function appealOf(plan: PlannedSend, { variation }: Place): number {
  return plan.test === null || variation === null ? 1 : variation === 1 ? 1.3 : 0.8;
}

/** The variation with most recipients who opened (clicked) until the winner is due, machines among them; by hand: the second. */
function winnerOf(test: NonNullable<PlannedSend['test']>, happened: readonly (readonly SgEvent[])[]): number {
  if (test.winnerCriteria === 'manual') return 1;
  const kind: SgEvent['kind'] = test.winnerCriteria;
  const counts = happened.map(
    (own) =>
      new Set(
        own.filter((event) => event.kind === kind && event.knownAt <= test.winnerSentAt).map((event) => event.message),
      ).size,
  );
  return counts.indexOf(Math.max(...counts));
}

/** Who had already left or complained elsewhere, as the company imported it; one unsubscription was a mistake and is taken back. */
function importSuppressions(book: SuppressionBook, contacts: readonly SgContact[]): void {
  const early = contacts.filter((contact) => contact.createdAt < sendgridStart + day && contact.deletedAt === null);
  for (const [index, kind] of (['unsubscribe', 'spam_report', 'unsubscribe'] as const).entries()) {
    for (const [place, contact] of early.filter((own) => own.lists.length === 1).entries()) {
      if (place % 40 !== index) continue;
      const removedAt = index === 2 ? sendgridStart + 100 * day : null;
      book.add({
        kind,
        address: contact.address,
        groupId: null,
        at: sendgridStart + 300,
        removedAt,
        reason: null,
        status: null,
      });
    }
  }
}

/**
 * What anybody could know of the SendGrid half at an instant. A planned send time is known beforehand, a test's winner is not.
 * Indices stay: a contact that does not exist yet keeps its place, with `createdAt` in the future and no lists.
 */
export function sendgridAt(world: { readonly sendgrid: SendgridWorld }, at: Seconds): SendgridWorld {
  const { sendgrid } = world;
  const until = (instant: Seconds | null): Seconds | null => (instant !== null && instant <= at ? instant : null);
  const testAt = (test: SgTest | null): SgTest | null =>
    test === null || test.winnerSentAt <= at ? test : { ...test, winner: null };
  return {
    ...sendgrid,
    lists: sendgrid.lists.filter((list) => list.createdAt <= at),
    groups: sendgrid.groups.filter((group) => group.createdAt <= at),
    contacts: sendgrid.contacts.map((contact) => ({
      ...contact,
      lists: contact.lists
        .filter((entry) => entry.at <= at)
        .map((entry) => ({ ...entry, removedAt: until(entry.removedAt) })),
      changedAt: contact.changedAt.filter((changed) => changed <= at),
      deletedAt: until(contact.deletedAt),
    })),
    singleSends: sendgrid.singleSends
      .filter((send) => send.createdAt <= at)
      .map((send) => ({ ...send, test: testAt(send.test) })),
    messages: sendgrid.messages.filter((message) => message.at <= at),
    events: sendgrid.events.filter((event) => event.knownAt <= at),
    suppressions: sendgrid.suppressions
      .filter((entry) => entry.at <= at)
      .map((entry) => ({ ...entry, removedAt: until(entry.removedAt) })),
  };
}
