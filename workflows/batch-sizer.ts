/** Before the source's pace is known: enough to keep an account's connections busy, little enough to learn from, and to load, soon. */
const first = 8;
const largest = 2_000;
/** A batch is at most so many times larger or smaller than the one before. */
const leap = 2;
/** The smallest batch near the end, as a part of the length that batches have otherwise. */
const smallest = 0.2;

/**
 * How many slices the next batch holds: as many as are read in `batchMs`, and towards the end at most half of what is
 * left, so that the load after the last batch is short. Batches overlap, so the pace is what is read between the ends
 * of batches, whatever the time that one of them took. Pure, so that it can be tested without a server.
 */
export class BatchSizer {
  private readonly batchMs: number;
  private aim: number;
  private perMs: number | undefined;
  private total = 0;
  /** The last ends of batches, the beginning being one. */
  private marks: readonly { readonly atMs: number; readonly total: number }[] = [];

  constructor(batchMs: number, saved?: SavedBatchSizer) {
    this.batchMs = batchMs;
    this.aim = saved?.aim ?? first;
    this.perMs = saved?.perMs;
  }

  /** Reading begins after a time in which nothing was read. */
  begin(atMs: number): void {
    this.marks = [{ atMs, total: this.total }];
  }

  /** A batch of so many slices has ended. */
  ended(slices: number, atMs: number): void {
    this.total += slices;
    this.marks = [...this.marks, { atMs, total: this.total }].slice(-3);
    const [oldest] = this.marks;
    if (oldest === undefined || atMs <= oldest.atMs) return;
    this.perMs = (this.total - oldest.total) / (atMs - oldest.atMs);
    const wanted = this.perMs * this.batchMs;
    this.aim = Math.round(Math.max(1, this.aim / leap, Math.min(wanted, this.aim * leap, largest)));
  }

  /** Slices of the next batch when `left` are left, at least one. */
  next(left: number): number {
    const half = this.perMs === undefined ? left : Math.max(left / 2, this.perMs * this.batchMs * smallest);
    return Math.min(left, Math.max(1, Math.ceil(Math.min(this.aim, half))));
  }

  /** For continue-as-new. */
  save(): SavedBatchSizer {
    return { aim: this.aim, ...(this.perMs === undefined ? {} : { perMs: this.perMs }) };
  }
}

export type SavedBatchSizer = { readonly aim: number; readonly perMs?: number };
