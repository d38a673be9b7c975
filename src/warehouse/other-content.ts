import type { StreamKey } from '../contracts/sync.ts';

// A record of an immutable stream whose key came before with other content: raw keeps the first, quarantine gets this one, once for each
// content. Both warehouses find them at the load, which alone knows what came first.

/** What quarantine says of such a record, and of where in it. */
export const otherContent = {
  path: '_primary_key',
  reason: 'The same id came before with other content: the first stays',
} as const;

/** What a record's identity in quarantine begins with; its key and the hash of its content follow, each on a line of its own. */
export const identityOf = ({ source, accountId, stream }: StreamKey): string =>
  `${[source, accountId, stream, 'other content'].join('\n')}\n`;
