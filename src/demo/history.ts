import { stateAt } from './membership.ts';
import type { DraftMembership } from './people.ts';
import type { MembershipChange, MembershipState, Seconds } from './types.ts';

/** Puts a change where it belongs in time. */
export function addChange(draft: DraftMembership, added: MembershipChange): void {
  draft.changes.push(added);
  tidyHistory(draft);
}

/**
 * Sorts a history and drops what cannot happen: leaving twice, cleaning a contact that is gone, editing a pending one, anything
 * after an archiving. Later mailings rely on it, because they ask who is subscribed.
 */
export function tidyHistory(draft: DraftMembership): void {
  const sorted = [...draft.changes].sort((left, right) => left.at - right.at);
  const kept: MembershipChange[] = [];
  let status: MembershipState['status'] | undefined;
  for (const next of sorted) {
    if (draft.deletedAt !== null && next.at >= draft.deletedAt) continue;
    if (status === 'archived') continue;
    if (next.kind === 'profile') {
      if (status !== undefined) kept.push({ ...next, status });
      continue;
    }
    if ((next.kind === 'unsubscribed' || next.kind === 'cleaned') && status !== 'subscribed') continue;
    if (next.kind === 'resubscribed' && status !== 'unsubscribed') continue;
    if (next.kind === 'confirmed' && status !== 'pending') continue;
    kept.push(next);
    status = next.status;
  }
  draft.changes = kept;
}

/** Whether mail may go to the contact at this instant. */
export function isMailable(draft: DraftMembership, at: Seconds): boolean {
  if (draft.createdAt > at || (draft.deletedAt !== null && draft.deletedAt <= at)) return false;
  return stateAt(draft, at).status === 'subscribed';
}

/** Whether the contact stays subscribed through the whole span. */
export function staysSubscribed(draft: DraftMembership, from: Seconds, to: Seconds): boolean {
  if (!isMailable(draft, from)) return false;
  if (draft.deletedAt !== null && draft.deletedAt <= to) return false;
  return draft.changes.every((next) => next.at <= from || next.at > to || next.kind === 'profile');
}
