import { companyZone } from '../../src/demo/profile.ts';
import { createRandom } from '../../src/demo/random.ts';
import type { SgEvent, SgMessage } from '../../src/demo/sendgrid-types.ts';
import type { Body } from './simulator-answer.ts';
import { dateIn } from './simulator-dates.ts';
import { templateId, versionId, type View } from './simulator-view.ts';

/** The class that SendGrid puts a bounce into. */
export function classify(event: SgEvent): string {
  if (event.bounceType === 'blocked') return 'Reputation';
  return event.isDelayed ? 'Mailbox Unavailable' : 'Invalid Address';
}

/** What the company's own programs give every mail along. */
export function ownArgs(view: View, message: SgMessage): Readonly<Record<string, string>> {
  const contact = view.contactOf(message);
  return { journey: contact.index % 3 === 0 ? 'win-back' : 'standard', batch: String(message.index % 10) };
}

/** What Single Sends give along by themselves, as text. */
export function singleSendArgs(view: View, message: SgMessage): Readonly<Record<string, string>> {
  const send = view.sendOf(message);
  return {
    singlesend_id: send.id,
    singlesend_name: send.name,
    mc_stats: 'singlesend',
    phase_id: message.phase ?? 'send',
    template_id: templateId(send),
    template_version_id: versionId(send, message.variation),
  };
}

/** Fields of an event that the webhook and the logs share, without those of its message. */
function ownFields(view: View, event: SgEvent, message: SgMessage): Body {
  const { kind, ip } = event;
  const link = event.link === null ? undefined : view.sendOf(message).links[event.link];
  const address = ip === null ? {} : { ip };
  const agent = event.userAgent === null ? {} : { useragent: event.userAgent };
  switch (kind) {
    case 'processed':
      return { 'smtp-id': message.smtpId };
    case 'deferred':
      return {
        'smtp-id': message.smtpId,
        response: event.reason ?? '',
        attempt: String(attemptOf(view, event)),
        tls: 1,
      };
    case 'delivered':
      return { 'smtp-id': message.smtpId, response: '250 2.0.0 OK', ...address, tls: 1 };
    case 'dropped':
      return { 'smtp-id': message.smtpId, reason: event.reason ?? '' };
    case 'bounce':
      return {
        'smtp-id': message.smtpId,
        ...address,
        reason: event.reason ?? '',
        status: event.status ?? '',
        type: event.bounceType ?? 'bounce',
        bounce_classification: classify(event),
      };
    case 'open':
      return { ...address, ...agent, sg_content_type: 'html' };
    case 'click':
      return { ...address, ...agent, url: link?.url ?? '', url_offset: { index: event.link ?? 0, type: 'html' } };
    case 'spamreport':
    case 'unsubscribe':
    case 'group_unsubscribe':
    case 'group_resubscribe':
      return {};
  }
}

/** Counted from zero: earlier deferrals of the message. */
function attemptOf(view: View, event: SgEvent): number {
  return view
    .eventsOf(view.messageOf(event))
    .filter((other) => other.kind === 'deferred')
    .findIndex((other) => other.id === event.id);
}

/**
 * An event as `GET /v3/logs/{id}` shows it: custom arguments are the message's, `sg_machine_open` is there only when true,
 * a delayed bounce has its message (but no ip).
 */
export function logEvent(view: View, event: SgEvent): Body {
  const message = view.messageOf(event);
  const send = view.sendOf(message);
  const hasGroup = !['spamreport', 'unsubscribe'].includes(event.kind) && send.groupId !== null;
  return {
    event: event.kind,
    email: view.contactOf(message).address,
    timestamp: event.at,
    sg_event_id: event.id,
    sg_message_id: message.id,
    ...ownFields(view, event, message),
    ...(event.isMachine ? { sg_machine_open: true } : {}),
    ...(event.kind === 'unsubscribe' ? { date: dateIn(event.at, companyZone) } : {}),
    ...(send.categories.length === 0 ? {} : { category: send.categories }),
    ...(hasGroup ? { asm_group_id: send.groupId } : {}),
  };
}

/**
 * An event as the Event Webhook posts it: custom arguments and the single send's own stand among the system's fields, a single
 * category is text or an array, `send_at` is text in seconds or milliseconds, `sg_machine_open` is there on every open, and a
 * delayed bounce has neither its message's id nor an ip.
 */
export function hookEvent(view: View, event: SgEvent): Body {
  const message = view.messageOf(event);
  const send = view.sendOf(message);
  const random = createRandom('sendgrid hook event', event.id);
  const [only, ...more] = send.categories;
  const category = more.length === 0 && random.chance(0.5) ? only : send.categories;
  const sendAt = send.sentAt ?? message.at;
  return {
    email: view.contactOf(message).address,
    timestamp: event.at,
    event: event.kind,
    sg_event_id: event.id,
    ...(event.isDelayed ? {} : { sg_message_id: message.id }),
    ...ownFields(view, event, message),
    ...(event.kind === 'open' ? { sg_machine_open: event.isMachine } : {}),
    ...(only === undefined ? {} : { category }),
    ...(send.groupId === null ? {} : { asm_group_id: send.groupId }),
    ...ownArgs(view, message),
    ...singleSendArgs(view, message),
    sg_template_id: templateId(send),
    sg_template_name: `Version ${send.test === null ? 1 : send.test.variations.findIndex(({ id }) => id === message.variation) + 1}`,
    send_at: random.chance(0.5) ? String(sendAt) : String(sendAt * 1000),
  };
}
