import type { SgGroup, SgSuppression, SgSuppressionKind } from '../../src/demo/sendgrid-types.ts';
import { type Answer, type Body, type Call, listOf, notFound, wholeOf } from './simulator-answer.ts';
import { classify } from './simulator-events.ts';
import { bucketOf, dateIn } from './simulator-dates.ts';

const pageSize = 500;

export const getBounces = list('bounce');
export const getBlocks = list('block');
export const getSpamReports = list('spam_report');
export const getUnsubscribes = list('unsubscribe');
export const getInvalidEmails = list('invalid_email');
export const getBounce = one('bounce');
export const getBlock = one('block');
export const getSpamReport = one('spam_report');
export const getInvalidEmail = one('invalid_email');

/** Newest first; a list's current state, in which a row that was deleted is gone. */
function list(kind: SgSuppressionKind): (call: Call) => Answer {
  return (call) => {
    const low = wholeOf(call.query, 'start_time', 0, 9_999_999_999, 0);
    const high = wholeOf(call.query, 'end_time', 0, 9_999_999_999, 9_999_999_999);
    const prefix = call.query.get('email') ?? '';
    const entries = newestFirst(call, kind).filter(
      (entry) => entry.at >= low && entry.at <= high && entry.address.startsWith(prefix),
    );
    const offset = wholeOf(call.query, 'offset', 0, 1_000_000_000, 0);
    const limit = wholeOf(call.query, 'limit', 1, pageSize, pageSize);
    return { body: entries.slice(offset, offset + limit).map((entry) => body(kind, entry)) };
  };
}

function one(kind: SgSuppressionKind): (call: Call) => Answer {
  return (call) => {
    const entries = newestFirst(call, kind).filter((entry) => entry.address === call.path['email']?.toLowerCase());
    return { body: entries.map((entry) => body(kind, entry)) };
  };
}

function newestFirst(call: Call, kind: SgSuppressionKind): SgSuppression[] {
  return call.view.suppressions.filter((entry) => entry.kind === kind).sort((left, right) => right.at - left.at);
}

function body(kind: SgSuppressionKind, { at, address, reason, status }: SgSuppression): Body {
  const common = { created: at, email: address };
  if (kind === 'spam_report') return { ...common, ip: '192.0.2.25' };
  if (kind === 'unsubscribe') return common;
  if (kind === 'invalid_email') return { ...common, reason: reason ?? '' };
  return { ...common, reason: reason ?? '', status: status ?? '' };
}

export function getGroups(call: Call): Answer {
  const ids = listOf(call.query, 'id').map(Number);
  const groups = call.view.half.groups.filter((group) => ids.length === 0 || ids.includes(group.id));
  return { body: groups.map((group) => groupBody(call, group)) };
}

export function getGroup(call: Call): Answer {
  return { body: groupBody(call, findGroup(call)) };
}

/** Addresses and nothing else. */
export function getGroupSuppressions(call: Call): Answer {
  const group = findGroup(call);
  return { body: membersOf(call, group).map((entry) => entry.address) };
}

/** All of all groups, in one answer. */
export function getAsmSuppressions(call: Call): Answer {
  const rows = call.view.half.groups.flatMap((group) =>
    membersOf(call, group).map((entry) => ({
      email: entry.address,
      group_id: group.id,
      group_name: group.name,
      created_at: entry.at,
    })),
  );
  return { body: rows };
}

export function getAsmSuppressionsOf(call: Call): Answer {
  const address = call.path['email']?.toLowerCase();
  return {
    body: {
      suppressions: call.view.half.groups.map((group) => ({
        description: group.description,
        id: group.id,
        is_default: group.isDefault,
        name: group.name,
        suppressed: membersOf(call, group).some((entry) => entry.address === address),
      })),
    },
  };
}

export function getGlobalSuppression(call: Call): Answer {
  const address = call.path['email']?.toLowerCase() ?? '';
  const isThere = call.view.suppressions.some((entry) => entry.kind === 'unsubscribe' && entry.address === address);
  return { body: isThere ? { recipient_email: address } : {} };
}

/** Bounces of each day by class. */
export function getBounceClassifications(call: Call): Answer {
  const low = call.query.get('start_date') ?? '';
  const high = call.query.get('end_date') ?? '9999';
  const bounces = call.view.half.events
    .filter((event) => event.kind === 'bounce')
    .map((event) => ({ date: bucketOf(dateIn(event.at, 'UTC'), 'day'), classification: classify(event) }))
    .filter(({ date }) => date >= low && date <= high);
  const days = [...Map.groupBy(bounces, ({ date }) => date)].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    body: {
      result: days.map(([date, own]) => ({
        date,
        stats: [...Map.groupBy(own, ({ classification }) => classification)].map(([classification, rows]) => ({
          classification,
          count: rows.length,
        })),
      })),
    },
  };
}

function findGroup(call: Call): SgGroup {
  const group = call.view.half.groups.find((candidate) => String(candidate.id) === call.path['group_id']);
  if (group === undefined) throw notFound();
  return group;
}

function membersOf(call: Call, group: SgGroup): SgSuppression[] {
  return call.view.suppressions.filter((entry) => entry.kind === 'group' && entry.groupId === group.id);
}

function groupBody(call: Call, group: SgGroup): Body {
  return {
    id: group.id,
    name: group.name,
    description: group.description,
    is_default: group.isDefault,
    unsubscribes: membersOf(call, group).length,
  };
}
