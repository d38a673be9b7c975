const FIRST_SLOTS = 1 << 10;

/**
 * A set of texts in 16 bytes each, however long they are: it holds 64-bit fingerprints. Two texts that share one are taken
 * for the same, which a million texts do once in thirty million reads; the reader then reads again rather than loses anything.
 */
export class KeySet {
  /** Pairs of 32 bits; a pair of zeros is a free slot. */
  private slots = new Uint32Array(2 * FIRST_SLOTS);
  private used = 0;

  has(text: string): boolean {
    const [high, low] = fingerprint(text);
    return this.slots[2 * this.slotOf(high, low)] !== 0;
  }

  add(text: string): void {
    const [high, low] = fingerprint(text);
    this.put(high, low);
    if (this.isFull()) this.grow();
  }

  /** Whether one of these fingerprints (pairs of words) is in the set. */
  hasAny(prints: Uint32Array): boolean {
    for (let at = 0; at < prints.length; at += 2)
      if (this.slots[2 * this.slotOf(prints[at]!, prints[at + 1]!)] !== 0) return true;
    return false;
  }

  addAll(prints: Uint32Array): void {
    for (let at = 0; at < prints.length; at += 2) {
      this.put(prints[at]!, prints[at + 1]!);
      if (this.isFull()) this.grow();
    }
  }

  /** Four fifths: some steps more to find a slot, for half the memory. */
  private isFull(): boolean {
    return this.used * 5 > this.slots.length * 2;
  }

  private put(high: number, low: number): void {
    const at = 2 * this.slotOf(high, low);
    if (this.slots[at] !== 0) return;
    this.slots[at] = high;
    this.slots[at + 1] = low;
    this.used += 1;
  }

  /** The slot that holds the fingerprint, or the free one where it belongs. */
  private slotOf(high: number, low: number): number {
    const mask = this.slots.length / 2 - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const found = this.slots[2 * slot];
      if (found === 0 || (found === high && this.slots[2 * slot + 1] === low)) return slot;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Uint32Array(2 * old.length);
    this.used = 0;
    for (let at = 0; at < old.length; at += 2) if (old[at] !== 0) this.put(old[at]!, old[at + 1]!);
  }
}

/**
 * Two independent 32-bit hashes (Murmur3's mixing over the UTF-16 units); the first is never 0.
 * press/assembly/keys.ts makes the same from UTF-8.
 */
function fingerprint(text: string): readonly [number, number] {
  let high = 0x9747b28c;
  let low = 0x1b873593;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x85ebca6b);
    high ^= high >>> 13;
    low = Math.imul(low ^ unit, 0xc2b2ae35);
    low ^= low >>> 16;
  }
  high = Math.imul(high ^ (high >>> 16), 0xcc9e2d51);
  return [(high ^ (high >>> 15)) >>> 0 || 1, (low ^ (low >>> 13)) >>> 0];
}
