import type { Membership, MembershipState, Seconds } from './types.ts';

/** What the membership is at an instant; undefined before it exists and from its deletion on. */
export function membershipAt(membership: Membership, at: Seconds): MembershipState | undefined {
  if (membership.createdAt > at) return undefined;
  if (membership.deletedAt !== null && membership.deletedAt <= at) return undefined;
  return stateAt(membership, at);
}

/** Like `membershipAt`, for a deleted contact too: what it was when it was deleted. */
export function stateAt(membership: Membership, at: Seconds): MembershipState {
  let status: MembershipState['status'] = 'pending';
  let optedAt: Seconds | null = null;
  let lastChangedAt = membership.createdAt;
  let unsubscribeReason: string | null = null;
  let revision = 0;
  for (const change of membership.changes) {
    if (change.at > at) break;
    revision += 1;
    lastChangedAt = change.at;
    if (change.kind === 'profile') continue;
    status = change.status;
    if (status === 'subscribed') {
      optedAt = change.at;
      unsubscribeReason = null;
    } else if (change.kind === 'unsubscribed') unsubscribeReason = change.reason;
  }
  return { status, signupAt: membership.signupAt, optedAt, lastChangedAt, unsubscribeReason, revision };
}
