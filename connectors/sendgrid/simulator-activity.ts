import { day } from '../../src/demo/instant.ts';
import type { SgEvent, SgMessage } from '../../src/demo/sendgrid-types.ts';
import { type Answer, ApiError, type Body, type Call, notFound, timestamp, wholeOf } from './simulator-answer.ts';
import { sender } from './simulator-campaigns.ts';
import { ownArgs } from './simulator-events.ts';
import { lastDelivery, retentionDays, subjectOf } from './simulator-logs.ts';
import { type Condition, fulfils, parseQuery } from './simulator-query.ts';
import { templateId, type View } from './simulator-view.ts';

const order = ['=', '<', '<=', '>', '>=', 'BETWEEN'] as const;

/** A part of the vendor's query reference: these fields, joined by AND. */
const grammar = {
  msg_id: ['='],
  from_email: ['='],
  to_email: ['='],
  subject: ['='],
  status: ['='],
  last_event_time: order,
} satisfies Parameters<typeof parseQuery>[1];

/** Newest activity first; no second page. */
export function getMessages(call: Call): Answer {
  const query = call.query.get('query');
  if (query === null || query === '') throw new ApiError(400, 'query is required', 'query');
  const conditions = parseQuery(query, grammar);
  const limit = wholeOf(call.query, 'limit', 1, 1000, 10);
  const hits = call.view.half.messages
    .map((message) => ({ message, last: lastEventAt(call.view, message) }))
    .filter(({ last }) => last > call.view.at - retentionDays * day)
    .filter(({ message, last }) => conditions.every((condition) => matches(call.view, message, last, condition)))
    .sort((left, right) => right.last - left.last || right.message.index - left.message.index);
  return { body: { messages: hits.slice(0, limit).map(({ message }) => summary(call.view, message)) } };
}

export function getMessage(call: Call): Answer {
  const { view } = call;
  const message = view.half.messages.find((candidate) => msgId(candidate) === call.path['msg_id']);
  if (message === undefined || lastEventAt(view, message) <= view.at - retentionDays * day) throw notFound();
  const send = view.sendOf(message);
  const { opens_count: _opens, clicks_count: _clicks, last_event_time: _last, ...common } = summary(view, message);
  return {
    body: {
      ...common,
      template_id: templateId(send),
      ...(send.groupId === null ? {} : { asm_group_id: send.groupId }),
      teammate: '',
      api_key_id: 'lifecycle',
      originating_ip: '192.0.2.200',
      categories: send.categories,
      unique_args: JSON.stringify(ownArgs(view, message)),
      outbound_ip: '192.0.2.201',
      outbound_ip_type: 'shared',
      events: view.eventsOf(message).map((event) => activityEvent(view, event)),
    },
  };
}

/** The part of the message's id before its first dot. */
function msgId(message: SgMessage): string {
  return message.id.split('.', 1)[0] ?? '';
}

function lastEventAt(view: View, message: SgMessage): number {
  return Math.max(message.at, ...view.eventsOf(message).map((event) => event.at));
}

function matches(view: View, message: SgMessage, last: number, condition: Condition): boolean {
  if (condition.field === 'last_event_time') return fulfils(condition, last);
  const value = summary(view, message)[condition.field];
  return typeof value === 'string' && fulfils(condition, value);
}

function summary(view: View, message: SgMessage): Body {
  const events = view.eventsOf(message);
  const last = lastDelivery(events)?.kind;
  const status = last === 'delivered' || last === 'processed' ? last : 'not_delivered';
  return {
    from_email: sender.email,
    msg_id: msgId(message),
    subject: subjectOf(view, message),
    to_email: view.contactOf(message).address,
    status: last === undefined || last === 'deferred' ? 'processed' : status,
    opens_count: events.filter((event) => event.kind === 'open').length,
    clicks_count: events.filter((event) => event.kind === 'click').length,
    last_event_time: timestamp(lastEventAt(view, message)),
  };
}

/** Other names than the webhook's: opened, clicked, bounced, spam_report. */
const names: Readonly<Partial<Record<SgEvent['kind'], string>>> = {
  open: 'opened',
  click: 'clicked',
  bounce: 'bounced',
  spamreport: 'spam_report',
};

function activityEvent(view: View, event: SgEvent): Body {
  const link = event.link === null ? undefined : view.sendOf(view.messageOf(event)).links[event.link];
  const isBounce = event.kind === 'bounce';
  return {
    event_name: names[event.kind] ?? event.kind,
    processed: timestamp(event.at),
    ...(event.reason === null ? {} : { reason: event.reason }),
    ...(event.kind === 'deferred' ? { attempt_num: 1 } : {}),
    ...(link === undefined ? {} : { url: link.url }),
    ...(isBounce ? { bounce_type: event.bounceType === 'blocked' ? 'soft' : 'hard' } : {}),
    ...(event.userAgent === null ? {} : { http_user_agent: event.userAgent }),
    ...(event.ip === null ? {} : { mx_server: event.ip }),
  };
}
