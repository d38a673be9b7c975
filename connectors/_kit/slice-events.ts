import type { ItemState, LandedRow, RejectedRow } from '../../src/contracts/sync.ts';

/**
 * What `readSlice` yields, in order: pages, perhaps a restart (the source changed while it was paged: everything
 * yielded so far for this slice is void), and exactly one end.
 */
export type SliceEvent =
  | {
      readonly kind: 'page';
      readonly rows: readonly LandedRow[];
      readonly rejected: readonly RejectedRow[];
      /** API units on this page, comparable with total. */
      readonly units: number;
      readonly total: number | null;
      readonly bytes: number;
    }
  | { readonly kind: 'restart'; readonly reason: string }
  | {
      readonly kind: 'end';
      readonly state: ItemState;
      readonly total: number | null;
      readonly units: number;
      readonly pages: number;
      /** What is missing, in words; the state then must not be stored. */
      readonly incomplete?: string;
      /** An expected absence (404 of a deleted child). */
      readonly skipped?: string;
    };
