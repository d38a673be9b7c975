import type { PageResume } from './pages.ts';
import type { ItemState, LandedRow, RejectedRow } from '../../src/contracts/sync.ts';

/** Everything a later attempt needs to go on behind a page. JSON: it is kept beside the slice's parts. */
export type SliceResume = {
  /** Null: the slice's own window is read, its tail is left. */
  readonly pages: PageResume | null;
  readonly drained: Drained;
};

/** What a drain knows of the pages it has read. Its keys are in the parts. */
export type Drained = {
  readonly pages: number;
  readonly units: number;
  readonly total: number | null;
  readonly refused: number;
  /** Lowest cursor among the refused; '' when one could not be read. */
  readonly refusedFrom?: string;
  readonly newest?: { readonly ms: number; readonly text: string };
  /** Cursor of the last row, for ascending streams. */
  readonly lastMs?: number;
};

/**
 * What `readSlice` yields, in order: pages, perhaps a restart (the source changed while it was paged: everything
 * yielded so far for this slice is void), perhaps a tail, and exactly one end.
 */
export type SliceEvent =
  | {
      readonly kind: 'page';
      /** Empty where a sink takes them. */
      readonly rows: readonly LandedRow[];
      /** Number of rows. */
      readonly count: number;
      readonly rejected: readonly RejectedRow[];
      /** API units on this page, comparable with total. */
      readonly units: number;
      readonly total: number | null;
      readonly bytes: number;
      /** Set where the source documents a stable order: from here a later attempt may go on. */
      readonly resume?: SliceResume;
    }
  | { readonly kind: 'restart'; readonly reason: string }
  /** The slice's own window is read; what follows are the pages of its tail. A later attempt may go on from here, where it can. */
  | { readonly kind: 'tail'; readonly resume?: SliceResume }
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
