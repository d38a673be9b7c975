import { createRandom } from '../../src/demo/random.ts';
import type {
  SendgridWorld,
  SgContact,
  SgEvent,
  SgMessage,
  SgSingleSend,
  SgSuppression,
} from '../../src/demo/sendgrid-types.ts';
import { sendgridAt } from '../../src/demo/sendgrid.ts';
import { uuid } from '../../src/demo/sendgrid-plan.ts';
import type { Person, Seconds, World } from '../../src/demo/types.ts';

/** The account as it stands at one instant, with what answers look up often. */
export type View = {
  readonly at: Seconds;
  readonly seed: number;
  readonly half: SendgridWorld;
  /** Those that exist and are not deleted, in order of creation. */
  readonly contacts: readonly SgContact[];
  /** Entries that a list shows now, oldest first. */
  readonly suppressions: readonly SgSuppression[];
  send(id: string): SgSingleSend | undefined;
  person(contact: SgContact): Person;
  contactOf(message: SgMessage): SgContact;
  sendOf(message: SgMessage): SgSingleSend;
  messageOf(event: SgEvent): SgMessage;
  /** In order of happening. */
  eventsOf(message: SgMessage): readonly SgEvent[];
  messagesOf(send: SgSingleSend): readonly SgMessage[];
};

export function createView(world: World, at: Seconds): View {
  const half = sendgridAt(world, at);
  const sends = new Map(half.singleSends.map((send) => [send.id, send]));
  const people = new Map([...world.people, ...half.people].map((person) => [person.index, person]));
  // `message` of an event is an index into the whole timeline; sendgridAt drops messages from the end only in order of time.
  const messages = new Map(half.messages.map((message) => [message.index, message]));
  const events = Map.groupBy(half.events, (event) => event.message);
  const bySend = Map.groupBy(half.messages, (message) => message.singleSendId);
  return {
    at,
    seed: world.seed,
    half,
    contacts: half.contacts
      .filter((contact) => contact.createdAt <= at && contact.deletedAt === null)
      .sort((left, right) => left.createdAt - right.createdAt || left.index - right.index),
    suppressions: half.suppressions.filter((entry) => entry.removedAt === null),
    send: (id) => sends.get(id),
    person: (contact) => found(people.get(contact.personIndex)),
    contactOf: (message) => found(half.contacts[message.contact]),
    sendOf: (message) => found(sends.get(message.singleSendId)),
    messageOf: (event) => found(messages.get(event.message)),
    eventsOf: (message) => events.get(message.index) ?? [],
    messagesOf: (send) => bySend.get(send.id) ?? [],
  };
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the world is inconsistent: something it refers to is missing');
  return value;
}

/** The template (`d-…` in the API) that a single send's mails are made of. */
export function templateId(send: SgSingleSend): string {
  return uuid(createRandom('sendgrid template', send.id));
}

/** The template's version of a message: of a test its variation. Stats call the same id `ab_variation`. */
export function versionId(send: SgSingleSend, variation: string | null): string {
  return variation ?? uuid(createRandom('sendgrid version', send.id));
}

/** Lists that a contact is on, at the view's instant. */
export function listIdsOf(contact: SgContact): string[] {
  return contact.lists.filter((entry) => entry.removedAt === null).map((entry) => entry.listId);
}
