import type { ReadAhead } from '../connectors/_kit/read-ahead.ts';

/**
 * The open pages of one slice: a page stays open until it is safe in landing, so that a kill costs no more pages than an account
 * has places. A slice whose pages are known beforehand takes all its places at once. So that slices do not wait for each
 * other's places for ever, one whose next page has none gives back those of its written pages: behind a checkpoint where
 * it can make one.
 */
export class OpenPages {
  /** Asked for; of these, those that have their place. */
  private wanted = 0;
  private open = 0;
  /** Places taken at once, and how many of them are not used yet. */
  private reserved: (() => void) | undefined;
  private unused = 0;
  private isDurable = true;
  /** Places of pages that are written, not yet durable; and of those that are not even written. */
  private written: (() => void)[] = [];
  private readonly unwritten = new Set<() => void>();
  private readonly places: ReadAhead;
  readonly ahead: ReadAhead;

  constructor(places: ReadAhead) {
    this.places = places;
    this.ahead = { ...places, open: (signal) => this.take(signal), rest: () => this.rest() };
  }

  /** Takes the places of so many pages, unless one is enough or they are more than may be asked for ahead. */
  async reserve(pages: number, signal: AbortSignal): Promise<void> {
    if (pages <= 1 || pages > this.places.depth) return;
    this.reserved = await this.places.open(signal, pages);
    this.unused = pages;
  }

  private async take(signal: AbortSignal): Promise<() => void> {
    this.wanted += 1;
    let giveBack: (() => void) | undefined;
    try {
      if (this.unused > 0) this.unused -= 1;
      else giveBack = await this.places.open(signal);
    } catch (error) {
      this.wanted -= 1;
      throw error;
    }
    this.open += 1;
    if (giveBack !== undefined) this.unwritten.add(giveBack);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.wanted -= 1;
      this.open -= 1;
      if (giveBack === undefined || !this.unwritten.delete(giveBack)) return;
      if (this.isDurable) giveBack();
      else this.written.push(giveBack);
    };
  }

  /** A request pauses before it is repeated, for as long as a second: others read meanwhile, and none of them waits for its places. */
  private rest(): void {
    for (const giveBack of this.unwritten) giveBack();
    this.unwritten.clear();
    this.settled();
  }

  /** Whether nothing is under way after the page at hand, though something is wanted. */
  get isShort(): boolean {
    return this.open <= 1 && this.wanted > this.open;
  }

  /** The page at hand is in landing, and not safe there. */
  wrote(): void {
    this.isDurable = false;
  }

  /** Nothing up to the page at hand is waited for any more. */
  settled(): void {
    this.isDurable = true;
    for (const giveBack of this.written) giveBack();
    this.written = [];
    this.unused = 0;
    this.reserved?.();
    this.reserved = undefined;
  }
}
