import { createHash } from 'node:crypto';
import type { RejectedRow } from '../contracts/sync.ts';
import type { LoadUnit } from './port.ts';

/** A refused record as quarantine keeps it; `hash` is its identity. */
export type Refusal = Omit<RejectedRow, 'key'> & { readonly item: string | null; readonly hash: string };

/**
 * Refused records, each with its identity: its text, place in the record and reason, and which of several equal ones it is within
 * the unit. Not its position, which moves when the source grows.
 */
export function refusalsOf({ key, rejected }: LoadUnit): readonly Refusal[] {
  const { source, accountId, stream } = key;
  const seen = new Map<string, number>();
  return rejected.map(({ slice, position, path, reason, record, item = null }) => {
    const content = JSON.stringify([source, accountId, stream, path, reason, record]);
    const ordinal = seen.get(content) ?? 0;
    seen.set(content, ordinal + 1);
    const hash = createHash('sha256').update(`${content}#${ordinal}`).digest('hex');
    return { slice, position, path, reason, record, item, hash };
  });
}
