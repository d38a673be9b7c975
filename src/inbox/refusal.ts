/** `busy`: too many bytes wait for the disk. `full`: the inbox has the size it may have. `failed`: the disk refused. `closing`: the receiver stops. */
export type RefusalReason = 'busy' | 'full' | 'failed' | 'closing';

const words: Readonly<Record<RefusalReason, string>> = {
  busy: 'The disk is slower than the posts come: the sender has to try again.',
  full: 'The inbox has reached receive.max_disk: sync more often, keep segments for less long, or raise the limit.',
  failed: 'The inbox could not be written: see that its disk is there, has space and is writable.',
  closing: 'The receiver is stopping.',
};

/** A post that is not stored: its sender must be told to come again. */
export class InboxRefusal extends Error {
  readonly reason: RefusalReason;
  /** What the operating system said, `ENOSPC`. */
  readonly code: string | undefined;

  constructor(reason: RefusalReason, cause?: unknown) {
    super(words[reason], cause === undefined ? undefined : { cause });
    this.name = 'InboxRefusal';
    this.reason = reason;
    this.code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  }
}
