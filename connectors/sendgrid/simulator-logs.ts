import { day } from '../../src/demo/instant.ts';
import { createRandom } from '../../src/demo/random.ts';
import type { SgEvent, SgMessage } from '../../src/demo/sendgrid-types.ts';
import { type Answer, ApiError, type Body, type Call, notFound, timestamp } from './simulator-answer.ts';
import { sender } from './simulator-campaigns.ts';
import { logEvent, ownArgs, singleSendArgs } from './simulator-events.ts';
import { type Condition, fulfils, parseQuery } from './simulator-query.ts';
import { templateId, versionId, type View } from './simulator-view.ts';

/** Days that messages stay in the logs, and in the activity. */
export const retentionDays = 30;
/** Rows of an answer at most; there is no second page. */
const cap = 1000;
/** Newest events of a message that its details show. */
const eventCap = 100;

const grammar = {
  sg_message_id: ['='],
  subject: ['='],
  to_email: ['='],
  reason: ['='],
  status: ['IN'],
  categories: ['IN'],
  sg_message_id_created_at: ['<', '<=', '>', '>='],
} satisfies Parameters<typeof parseQuery>[1];

/** Newest messages first, as many as the limit allows. */
export function postLogs(call: Call): Answer {
  const { query = '', limit = 10 } = (call.body ?? {}) as { readonly query?: unknown; readonly limit?: unknown };
  if (typeof query !== 'string') throw new ApiError(400, 'query must be text', 'query');
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > cap)
    throw new ApiError(400, `limit must be from 1 to ${cap}`, 'limit');
  const conditions = parseQuery(query, grammar);
  const hits = recent(call.view).filter((message) =>
    conditions.every((condition) => matches(call.view, message, condition)),
  );
  const newest = [...hits].sort((left, right) => right.at - left.at || right.index - left.index).slice(0, limit);
  return { body: { messages: newest.map((message) => summary(call.view, message)) } };
}

export function getLog(call: Call, options: { readonly hasSingleSendArgs: boolean }): Answer {
  const { view } = call;
  const message = recent(view).find((candidate) => candidate.id === call.path['sg_message_id']);
  if (message === undefined) throw notFound('message not found');
  const send = view.sendOf(message);
  const { sg_message_id_created_at: _createdAt, reason: _reason, ...common } = summary(view, message);
  const variations = send.test?.variations.map(({ id }) => id) ?? [];
  return {
    body: {
      ...common,
      template_id: templateId(send),
      ...(send.groupId === null ? {} : { asm_group_id: send.groupId }),
      teammate: '',
      api_key_id: '',
      client_ip: '192.0.2.200',
      category: send.categories,
      custom_args: { ...ownArgs(view, message), ...(options.hasSingleSendArgs ? singleSendArgs(view, message) : {}) },
      outbound_ip: '192.0.2.201',
      outbound_ip_type: 'shared',
      marketing_campaign_id: campaignNumber(send.id),
      marketing_campaign_name: send.name,
      ...(send.test === null ? {} : { marketing_campaign_split_id: variations.indexOf(message.variation ?? '') + 1 }),
      marketing_campaign_version: versionId(send, message.variation),
      events: view
        .eventsOf(message)
        .slice(-eventCap)
        .reverse()
        .map((event) => logEvent(view, event)),
    },
  };
}

/** The description gives a whole number where Single Sends have a UUID. */
function campaignNumber(id: string): number {
  return createRandom('sendgrid campaign number', id).int(1_000_000, 9_999_999);
}

function recent(view: View): SgMessage[] {
  return view.half.messages.filter((message) => message.at > view.at - retentionDays * day);
}

function matches(view: View, message: SgMessage, condition: Condition): boolean {
  if (condition.field === 'categories')
    return view.sendOf(message).categories.some((category) => fulfils(condition, category));
  if (condition.field === 'sg_message_id_created_at') return fulfils(condition, message.at);
  const value = summary(view, message)[condition.field];
  return typeof value === 'string' && fulfils(condition, value);
}

/** The subject of the variation that went out. */
export function subjectOf(view: View, message: SgMessage): string {
  const send = view.sendOf(message);
  return send.test?.variations.find(({ id }) => id === message.variation)?.subject ?? send.subject;
}

function summary(view: View, message: SgMessage): Body {
  const last = lastDelivery(view.eventsOf(message));
  return {
    from_email: sender.email,
    sg_message_id: message.id,
    subject: subjectOf(view, message),
    to_email: view.contactOf(message).address,
    ...(last?.reason === null || last === undefined ? {} : { reason: last.reason }),
    status: statusOf(last),
    sg_message_id_created_at: timestamp(message.at),
  };
}

/** The newest event that says how the delivery stands. */
export function lastDelivery(events: readonly SgEvent[]): SgEvent | undefined {
  return events.findLast(({ kind }) => ['processed', 'deferred', 'delivered', 'dropped', 'bounce'].includes(kind));
}

function statusOf(last: SgEvent | undefined): string {
  if (last === undefined) return 'processed';
  if (last.kind !== 'bounce') return last.kind;
  return last.bounceType === 'blocked' ? 'blocked' : 'bounced';
}
