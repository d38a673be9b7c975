// Where everything lies. There is no allocator: regions of fixed size first, then those that a page's length decides, and the
// output last, because it alone grows while it is written. Only what was touched costs real memory.

/** Kinds of values; `1 << kind` is the kind's bit in a check. */
export const STRING: u32 = 0;
export const INTEGER: u32 = 1;
export const FRACTION: u32 = 2;
export const BOOLEAN: u32 = 3;
export const NULL: u32 = 4;
export const ARRAY: u32 = 5;
export const EMPTY_ARRAY: u32 = 6;
export const OBJECT: u32 = 7;

/**
 * A value as it was read: where its canonical text is, its kind, and by how much its bytes exceed its UTF-16 units.
 * Four words: pointer, length, kind, excess.
 */
export const ENTRY: usize = 16;

const MIB: usize = 1 << 20;

/** Plan and shapes. */
export const ARENA: usize = (__heap_base + 63) & ~63;
export const ARENA_END: usize = ARENA + MIB;
/** Members of the envelope, of a record, and of what is nested in them. */
export const OUTER: usize = ARENA_END;
export const OUTER_END: usize = OUTER + MIB;
/** Members of a record's inner records. */
export const INNER: usize = OUTER_END;
export const INNER_END: usize = INNER + 4 * MIB;
/** The inner records of one record: program, entries, hash of what the ordinal goes by. */
export const INNERS: usize = INNER_END;
export const INNERS_END: usize = INNERS + 16 * 4096;
/** Rows: text, its length, where the hash goes, the person's number plus one, where the person key goes. */
export const ROWS: usize = INNERS_END;
export const ROW: usize = 32;
export const ROWS_END: usize = ROWS + 8 * MIB;
/** Fingerprints of the page's keys, and a table to find equal ones. */
export const KEYS: usize = ROWS_END;
export const KEYS_END: usize = KEYS + 8 * 65536;
export const TABLE: usize = KEYS_END;
/** Persons: text, its length, digest, hexadecimal key. */
export const PERSONS: usize = TABLE + 8 * 262144;
export const PERSON: usize = 128;
export const PERSONS_END: usize = PERSONS + PERSON * 65536;
/** Finished batches of lines: start, end, rows, longest line in UTF-16 units. */
export const BATCHES: usize = PERSONS_END;
export const BATCHES_END: usize = BATCHES + 16 * 8192;
/** A page as it came. */
export const INPUT: usize = BATCHES_END;

/** Room behind every region that is written or read sixteen bytes at a time. */
const SLACK: usize = 64;

export let inputEnd: usize = 0;
/** Canonical texts that are not in the page as they are. */
export let scratch: usize = 0;
export let scratchEnd: usize = 0;
/** Addresses of persons, normalised. */
export let personTexts: usize = 0;
export let output: usize = 0;
/** Up to here the output may be written. */
let outputEnd: usize = 0;

/** Makes room for a page of so many bytes and returns where it goes. */
export function layOut(length: usize): usize {
  inputEnd = INPUT + length;
  scratch = (inputEnd + SLACK + 15) & ~15;
  scratchEnd = scratch + 2 * length + 65536;
  personTexts = scratchEnd + SLACK;
  output = (personTexts + 2 * length + SLACK + 15) & ~15;
  outputEnd = 0;
  return reserve(output, 65536) ? INPUT : 0;
}

/** Whether so many bytes may be written at this place of the output; the memory grows for it. */
export function reserve(at: usize, size: usize): bool {
  const end = at + size + SLACK;
  if (end <= outputEnd) return true;
  if (end < at || end > 0x7fff0000) return false;
  const pages = <i32>((end + 0xffff) >>> 16);
  const more = pages - memory.size();
  // By an eighth more than is needed: growing costs a call of the engine.
  if (more > 0 && memory.grow(more + (pages >>> 3)) < 0 && memory.grow(more) < 0) return false;
  outputEnd = (<usize>memory.size()) << 16;
  return true;
}

/** Why a page was declined: for people who measure; the page is worked in JavaScript whatever it was. */
export const SYNTAX: i32 = 1;
export const CHARACTERS: i32 = 2;
export const NUMBER: i32 = 3;
export const NAMES: i32 = 4;
export const SCHEMA: i32 = 5;
export const SIZE: i32 = 6;
export const TIME: i32 = 7;
export const PERSON_TEXT: i32 = 8;
export const DUPLICATE: i32 = 9;
export const ORDER: i32 = 10;
export const KEY: i32 = 11;

export let reason: i32 = 0;

/** Declines the page: no pointer. */
export function decline(why: i32): usize {
  reason = why;
  return 0;
}

/** Copies so many bytes, sixteen at a time: up to fifteen behind the end are overwritten. Returns the end. */
export function copy(to: usize, from: usize, length: usize): usize {
  const end = to + length;
  while (to < end) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  return end;
}

/** Whether two texts are equal byte by byte. */
export function isEqual(one: usize, other: usize, length: usize): bool {
  while (length >= 16) {
    if (i8x16.bitmask(i8x16.eq(v128.load(one), v128.load(other))) != 0xffff) return false;
    one += 16;
    other += 16;
    length -= 16;
  }
  if (length == 0) return true;
  const mask = (1 << (<i32>length)) - 1;
  return (i8x16.bitmask(i8x16.eq(v128.load(one), v128.load(other))) & mask) == mask;
}
