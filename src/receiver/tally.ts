/** How a post ended: stored, or the status it was refused with. */
export type Outcome = 'stored' | `refused_${number}`;

/** One line of the log says this of a hook; `hook` undefined: requests to addresses that are none. */
export type TallyLine = {
  readonly account?: string;
  readonly hook?: string;
  readonly bytes: number;
} & Readonly<Partial<Record<Outcome, number>>>;

type Counts = { account?: string; hook?: string; bytes: number } & Partial<Record<Outcome, number>>;

/** Counts posts between two lines of the log: a line a post would let anybody fill the disk. */
export class Tally {
  #lines = new Map<string, Counts>();

  add(place: { readonly accountId: string; readonly hook: string } | undefined, outcome: Outcome, bytes: number): void {
    const key = place === undefined ? '' : `${place.accountId}/${place.hook}`;
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { ...(place === undefined ? {} : { account: place.accountId, hook: place.hook }), bytes: 0 };
      this.#lines.set(key, line);
    }
    line[outcome] = (line[outcome] ?? 0) + 1;
    line.bytes += bytes;
  }

  /** What was counted since the last call. */
  take(): readonly TallyLine[] {
    const lines = [...this.#lines.values()];
    this.#lines = new Map();
    return lines;
  }
}
