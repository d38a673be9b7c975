import { day, hour } from './instant.ts';
import { worldNow, worldUntil } from './profile.ts';
import { createRandom, type Random } from './random.ts';
import { proxyAgent, scannerAgent, userAgentOf } from './sendgrid-agents.ts';
import type { Fate } from './sendgrid-fates.ts';
import { hookOnAt, type PlannedSend } from './sendgrid-plan.ts';
import { dropReasons, type SuppressionBook } from './sendgrid-suppression.ts';
import type { SgContact, SgEvent, SgEventKind, SgMessage, SgSuppressionKind } from './sendgrid-types.ts';
import type { Person, Seconds } from './types.ts';

/** One message on its way: everything its events depend on. */
export type Mailed = {
  readonly seed: number;
  readonly plan: PlannedSend;
  readonly message: SgMessage;
  readonly contact: SgContact;
  readonly person: Person;
  /** Likelier (> 1) or less likely to be opened and clicked, of a variation. */
  readonly appeal: number;
  readonly fate: Fate | undefined;
};

/** More than the 100 events of a message that the logs show. */
const refresherOpens = 108;

type Details = Partial<Omit<SgEvent, 'id' | 'message' | 'kind' | 'at'>>;

/** Lets happen what happens to a message: its events, in no order, and their entries on the suppression lists. */
export function react(mailed: Mailed, book: SuppressionBook): SgEvent[] {
  const { message, plan, contact, fate } = mailed;
  const random = createRandom(mailed.seed, 'sendgrid reactions', plan.send.id, contact.personIndex);
  const events: SgEvent[] = [];
  const add = (kind: SgEventKind, at: Seconds, details: Details = {}): boolean => {
    const event: SgEvent = {
      id: eventId(random),
      message: message.index,
      kind,
      at,
      knownAt: at,
      bounceType: null,
      reason: null,
      status: null,
      isDelayed: false,
      isMachine: false,
      link: null,
      userAgent: null,
      ip: null,
      ...details,
    };
    if (event.knownAt > worldUntil) return false;
    events.push(event);
    return true;
  };
  const suppress = (kind: SgSuppressionKind, at: Seconds, more: Suppressed = {}): void =>
    book.add({
      kind,
      address: contact.address,
      groupId: kind === 'group' ? plan.send.groupId : null,
      at,
      removedAt: more.removedAt ?? null,
      reason: more.reason ?? null,
      status: more.status ?? null,
    });

  const blocked = book.blocking(contact.address, plan.send.groupId, message.at);
  if (blocked !== undefined) {
    add('dropped', message.at, { reason: dropReasons[blocked] });
    return events;
  }
  if (fate === 'invalid') {
    add('dropped', message.at, { reason: dropReasons.invalid_email });
    suppress('invalid_email', message.at, { reason: 'Mail domain mentioned in email address is unknown' });
    return events;
  }
  add('processed', message.at);
  const deliveredAt = deliver(mailed, random, add, suppress);
  if (deliveredAt !== undefined) engage(mailed, random, deliveredAt, add, suppress);
  return events;
}

type Suppressed = { readonly removedAt?: Seconds | null; readonly reason?: string; readonly status?: string };
type Add = (kind: SgEventKind, at: Seconds, details?: Details) => boolean;
type Suppress = (kind: SgSuppressionKind, at: Seconds, more?: Suppressed) => void;

const refusals = {
  hard: { status: '5.1.1', reason: '550 5.1.1 The email account that you tried to reach does not exist' },
  soft: { status: '5.7.1', reason: '554 5.7.1 Service unavailable; Client host blocked using a blocklist' },
  late: { status: '5.2.1', reason: 'The mailbox was disabled after the message had been taken' },
} as const;

/** Hands the mail to the mailbox; undefined when it did not take it (or bounced it later). */
function deliver({ plan, message, fate }: Mailed, random: Random, add: Add, suppress: Suppress): Seconds | undefined {
  const ip = `192.0.2.${random.int(10, 90)}`;
  let at = message.at + random.int(1, 6);
  const chance = random.next();
  const isSlow = fate === 'slow' || (fate === undefined && random.chance(0.03));
  for (let attempts = isSlow ? random.int(1, 3) : 0; attempts > 0; attempts -= 1) {
    add('deferred', at, { reason: '451 4.7.1 Greylisted, please try again later', ip: null });
    at += random.int(300, 1500);
  }
  const isSoft = fate === 'blocked' || plan.slot.allBounce === true || (fate === undefined && chance > 0.985);
  const isHard = fate === 'hard' || (fate === undefined && chance < 0.008);
  if (isHard) {
    const { status, reason } = refusals.hard;
    if (add('bounce', at, { bounceType: 'bounce', status, reason, ip }))
      suppress('bounce', at, { status, reason, removedAt: removal(plan, at, fate, random) });
    return undefined;
  }
  if (isSoft) {
    const { status, reason } = refusals.soft;
    if (add('bounce', at, { bounceType: 'blocked', status, reason, ip }))
      suppress('block', at, {
        status,
        reason,
        removedAt: random.chance(0.3) ? within(at + random.int(day, 30 * day)) : null,
      });
    return undefined;
  }
  add('delivered', at, { ip });
  if (fate !== 'delayed' && !(fate === undefined && random.chance(0.004))) return at;
  // The mailbox took it and sends it back hours later; SendGrid sorts that report out later still.
  const back = at + random.int(hour, 10 * hour);
  const knownAt = back + random.int(2 * hour, 40 * hour);
  const { status, reason } = refusals.late;
  if (add('bounce', back, { bounceType: 'bounce', status, reason, isDelayed: true, knownAt }))
    suppress('bounce', knownAt, { status, reason });
  return undefined;
}

/** When somebody takes a bounced address off the list again. */
function removal(plan: PlannedSend, at: Seconds, fate: Fate | undefined, random: Random): Seconds | null {
  if (fate === 'hard' && plan.slot.regime === 'hook') return worldNow + random.int(day, 4 * day);
  const isRemoved = fate === 'hard' ? plan.slot.regime === 'totals' : random.chance(0.2);
  return isRemoved ? within(at + random.int(10 * day, 40 * day)) : null;
}

function within(at: Seconds): Seconds | null {
  return at <= worldUntil ? at : null;
}

/** What people and machines do with a mail in the mailbox. */
function engage(mailed: Mailed, random: Random, deliveredAt: Seconds, add: Add, suppress: Suppress): void {
  const { plan, person, fate } = mailed;
  const links = plan.send.links.length;
  if (fate === 'machine' || (person.hasProxy && random.chance(0.9)))
    add('open', deliveredAt + random.delay(200), { isMachine: true, userAgent: proxyAgent, ip: '17.58.0.1' });
  if (links > 0 && (fate === 'scanner' || person.hasScanner)) {
    const start = deliveredAt + random.int(1, 20);
    for (let link = 0; link < links; link += 1)
      add('click', start + link, { link, userAgent: scannerAgent, ip: '198.51.100.7' });
  }
  const temper = createRandom(mailed.seed, 'sendgrid temper', person.index);
  const [opens, clicks] = [0.1 + 0.6 * temper.next() ** 1.5, 0.1 + 0.3 * temper.next()];
  const isForced = fate !== undefined && fate !== 'machine' && fate !== 'scanner' && fate !== 'slow';
  if (!isForced && !random.chance(opens * mailed.appeal)) return;
  const openedAt = deliveredAt + (isForced ? random.int(60, 5 * hour) : random.delay(3 * hour));
  const userAgent = userAgentOf(person.emailClient);
  const seen = { userAgent, ip: person.ip };
  // Behind Apple's proxy the person's own opens are seen now and then only.
  if (isForced || !person.hasProxy || random.chance(0.3)) {
    const isLate = random.chance(0.01);
    add('open', openedAt, isLate ? { ...seen, knownAt: openedAt + random.int(hour, 40 * hour) } : seen);
    for (let at = openedAt; random.chance(0.2);) {
      at += random.delay(5 * hour);
      add('open', at, seen);
    }
  }
  // Twice in a second, from two places.
  if (fate === 'reader') add('open', openedAt, { userAgent, ip: '192.0.2.144' });
  if (fate === 'refresher')
    for (let count = 0; count < refresherOpens; count += 1) add('open', openedAt + 60 + count * 37, seen);
  if (fate === 'late') addLate(random, openedAt, add, seen);
  if (links > 0 && (fate === 'reader' || random.chance(clicks * mailed.appeal))) {
    let at = openedAt + random.int(2, 90);
    do {
      add('click', at, { ...seen, link: random.int(0, links - 1) });
      at += random.int(5, 400);
    } while (random.chance(0.3));
  }
  leave(mailed, random, openedAt, add, suppress);
}

/** Opens that come late: told late, done weeks later, done before "now" and told after it. */
function addLate(random: Random, openedAt: Seconds, add: Add, seen: Details): void {
  add('open', openedAt + 60, { ...seen, knownAt: openedAt + 60 + random.int(hour, 40 * hour) });
  if (openedAt < hookOnAt) add('open', hookOnAt + random.int(day, 10 * day), seen);
  add('open', worldNow - random.int(60, hour), { ...seen, knownAt: worldNow + random.int(hour, 20 * hour) });
  add('open', worldNow + random.int(hour, 20 * hour), seen);
}

/** Complaining and unsubscribing; some come back. */
function leave(mailed: Mailed, random: Random, openedAt: Seconds, add: Add, suppress: Suppress): void {
  const { fate, plan } = mailed;
  const at = openedAt + random.int(100, 900);
  const chance = random.next();
  const drawn = (low: number, high: number): boolean => fate === undefined && chance >= low && chance < high;
  if (fate === 'complains' || drawn(0, 0.004)) {
    if (add('spamreport', at)) suppress('spam_report', at);
  } else if (fate === 'leaves' || drawn(0.004, plan.send.groupId === null ? 0.02 : 0.008)) {
    if (add('unsubscribe', at)) suppress('unsubscribe', at);
  } else if (plan.send.groupId !== null && (fate === 'leaves group' || fate === 'comes back' || drawn(0.008, 0.025))) {
    if (!add('group_unsubscribe', at)) return;
    const back = at + random.int(hour, 4 * day);
    const isBack =
      (fate === 'comes back' || (fate === undefined && random.chance(0.15))) && add('group_resubscribe', back);
    suppress('group', at, { removedAt: isBack ? back : null });
  }
}

/** URL-safe, mostly 22 characters; some are long, as the documents warn. */
function eventId(random: Random): string {
  const bytes = random.chance(0.03) ? random.int(70, 82) : 16;
  return Buffer.from(random.hex(bytes * 2), 'hex').toString('base64url');
}
