import type { SgSuppression, SgSuppressionKind } from './sendgrid-types.ts';
import type { Seconds } from './types.ts';

/** The suppression lists while the world is being made. */
export type SuppressionBook = {
  entries(): SgSuppression[];
  /** A list holds an address once: an entry that overlaps one of the same kind becomes one with it. */
  add(entry: SgSuppression): void;
  /** Why a mail of this group to this address is dropped at this instant; undefined: it is sent. */
  blocking(address: string, groupId: number | null, at: Seconds): SgSuppressionKind | undefined;
};

/** A block (soft bounce) suppresses nothing. */
const order: readonly SgSuppressionKind[] = ['invalid_email', 'bounce', 'spam_report', 'unsubscribe', 'group'];

export function createSuppressionBook(): SuppressionBook {
  const byAddress = new Map<string, SgSuppression[]>();
  const isActive = (entry: SgSuppression, at: Seconds): boolean =>
    entry.at <= at && (entry.removedAt === null || entry.removedAt > at);
  return {
    entries: () => [...byAddress.values()].flat(),
    add: (entry) => {
      const own = byAddress.get(entry.address) ?? [];
      const others = own.filter((other) => !overlap(entry, other));
      const merged = own.filter((other) => overlap(entry, other)).reduce(merge, entry);
      byAddress.set(entry.address, [...others, merged]);
    },
    blocking: (address, groupId, at) =>
      order.find((kind) =>
        byAddress
          .get(address)
          ?.some(
            (entry) => entry.kind === kind && (kind !== 'group' || entry.groupId === groupId) && isActive(entry, at),
          ),
      ),
  };
}

function overlap(left: SgSuppression, right: SgSuppression): boolean {
  const isSame = left.kind === right.kind && left.groupId === right.groupId;
  return isSame && left.at <= (right.removedAt ?? Infinity) && right.at <= (left.removedAt ?? Infinity);
}

/** The earlier one's beginning and reason, the later one's end. */
function merge(left: SgSuppression, right: SgSuppression): SgSuppression {
  const first = left.at <= right.at ? left : right;
  const isOpen = left.removedAt === null || right.removedAt === null;
  return { ...first, removedAt: isOpen ? null : Math.max(left.removedAt, right.removedAt) };
}

/** The reason a dropped event states. */
export const dropReasons: Readonly<Record<SgSuppressionKind, string>> = {
  invalid_email: 'Invalid',
  bounce: 'Bounced Address',
  block: 'Bounced Address',
  spam_report: 'Spam Reporting Address',
  unsubscribe: 'Unsubscribed Address',
  group: 'Unsubscribed Address',
};
