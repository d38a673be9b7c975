import { decline, DUPLICATE, KEYS, KEYS_END, SIZE, TABLE } from './memory';

// Fingerprints of the keys of a page: the same as key-set.ts makes of a text, from its UTF-8.

export let keyCount: u32 = 0;

export function beginKeys(): void {
  keyCount = 0;
}

/** Adds the key at this place. */
export function addKey(at: usize, length: usize): bool {
  let high: u32 = 0x9747b28c;
  let low: u32 = 0x1b873593;
  const end = at + length;
  while (at < end) {
    let unit = <u32>load<u8>(at);
    if (unit < 0x80) at++;
    else if (unit < 0xe0) {
      unit = ((unit & 0x1f) << 6) | (load<u8>(at, 1) & 0x3f);
      at += 2;
    } else if (unit < 0xf0) {
      unit = ((unit & 0xf) << 12) | ((load<u8>(at, 1) & 0x3f) << 6) | (load<u8>(at, 2) & 0x3f);
      at += 3;
    } else {
      const point =
        (((unit & 7) << 18) |
          ((load<u8>(at, 1) & 0x3f) << 12) |
          ((load<u8>(at, 2) & 0x3f) << 6) |
          (load<u8>(at, 3) & 0x3f)) -
        0x10000;
      at += 4;
      // The first half of the pair goes through here, the second below.
      high = mixHigh(high, 0xd800 | (point >>> 10));
      low = mixLow(low, 0xd800 | (point >>> 10));
      unit = 0xdc00 | (point & 0x3ff);
    }
    high = mixHigh(high, unit);
    low = mixLow(low, unit);
  }
  high = (high ^ (high >>> 16)) * 0xcc9e2d51;
  high ^= high >>> 15;
  low ^= low >>> 13;
  const key = KEYS + 8 * keyCount;
  if (key >= KEYS_END) return decline(SIZE) != 0;
  store<u32>(key, high == 0 ? 1 : high);
  store<u32>(key, low, 4);
  keyCount++;
  return true;
}

function mixHigh(high: u32, unit: u32): u32 {
  const mixed = (high ^ unit) * 0x85ebca6b;
  return mixed ^ (mixed >>> 13);
}

function mixLow(low: u32, unit: u32): u32 {
  const mixed = (low ^ unit) * 0xc2b2ae35;
  return mixed ^ (mixed >>> 16);
}

/** Whether no key of the page came twice. */
export function areKeysUnique(): bool {
  let slots: usize = 64;
  while (slots < 2 * keyCount) slots <<= 1;
  memory.fill(TABLE, 0, 8 * slots);
  for (let index: usize = 0; index < keyCount; index++) {
    const key = load<u64>(KEYS + 8 * index);
    let slot = (<usize>(key >>> 32)) & (slots - 1);
    // No fingerprint is 0: its first half never is.
    for (let found = load<u64>(TABLE + 8 * slot); found != 0; found = load<u64>(TABLE + 8 * slot)) {
      if (found == key) return decline(DUPLICATE) != 0;
      slot = (slot + 1) & (slots - 1);
    }
    store<u64>(TABLE + 8 * slot, key);
  }
  return true;
}
