/** How far a slice may run ahead of what is written. */
export type ReadAhead = {
  /** Pages of one slice that are asked for at once, at most. */
  readonly depth: number;
  /**
   * Waits for a place among the account's open pages (asked for and not yet safe in landing), which bounds memory however fast the
   * source answers; the returned function gives it back and may be called twice. Several places come together or not at all.
   */
  readonly open: (signal: AbortSignal, places?: number) => Promise<() => void>;
  /** Waits for a place among the pages that are unpacked and written, of which a thread needs few: they are large. Likewise. */
  readonly unpack: (signal: AbortSignal) => Promise<() => void>;
  /** Called when a request of the slice pauses before it is repeated. */
  readonly rest?: () => void;
};

/** One page after the other, without a common bound. */
const free = async () => () => undefined;
export const unlimited: ReadAhead = { depth: 1, open: free, unpack: free };
