/** How far a slice may run ahead of what is written. */
export type ReadAhead = {
  /** Pages of one slice that are asked for at once, at most. */
  readonly depth: number;
  /**
   * Waits for a place among the account's open pages (asked for and not yet written), which bounds memory however fast the
   * source answers; the returned function gives it back and may be called twice.
   */
  readonly open: (signal: AbortSignal) => Promise<() => void>;
};

/** One page after the other, without a common bound. */
export const unlimited: ReadAhead = { depth: 1, open: async () => () => undefined };
