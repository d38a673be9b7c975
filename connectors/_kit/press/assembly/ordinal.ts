import { BOOLEAN, decline, FRACTION, INNERS, INTEGER, isEqual, KEY, NULL, STRING } from './memory';
import { equalCount, ordinalName } from './plan';
import { EQUAL_SOURCES, resolve } from './program';

// An inner record: program, entries, hash of what the ordinal goes by, ordinal.
const HASH: usize = 8;
const ORDINAL: usize = 12;

/** Gives each inner record the number of equal ones before it. */
export function numberEqual(count: u32, outer: usize): bool {
  for (let index: u32 = 0; index < count; index++) store<u32>(INNERS + 16 * index, 0, ORDINAL);
  if (ordinalName == 0 || count < 2) return true;
  for (let index: u32 = 0; index < count; index++) {
    const inner = INNERS + 16 * index;
    const hash = hashOf(inner, outer);
    if (hash < 0) return false;
    store<u32>(inner, hash, HASH);
    let before: u32 = 0;
    for (let other = INNERS; other < inner; other += 16)
      if (load<u32>(other, HASH) == <u32>hash && isSame(other, inner, outer)) before++;
    store<u32>(inner, before, ORDINAL);
  }
  return true;
}

/** The text of a key field, as `keyText` makes it: without quotes, none where there is no value. */
let text: usize = 0;
let length: usize = 0;
function textOf(entry: usize): bool {
  const kind = load<u32>(entry, 8);
  text = load<u32>(entry);
  length = load<u32>(entry, 4);
  if (kind == STRING) {
    text += 1;
    length -= 2;
  } else if (kind == NULL) length = 0;
  else if (kind != INTEGER && kind != FRACTION && kind != BOOLEAN) return decline(KEY) != 0;
  return true;
}

/** 31 bits; negative when a field can be in no key. */
function hashOf(inner: usize, outer: usize): i32 {
  const sources = <usize>load<u32>(load<u32>(inner), EQUAL_SOURCES);
  let hash: u64 = 0x9e3779b97f4a7c15;
  for (let index: usize = 0; index < equalCount; index++) {
    if (!textOf(resolve(load<u32>(sources + 4 * index), load<u32>(inner, 4), outer))) return -1;
    let at = text;
    let left = length;
    for (; left >= 8; left -= 8, at += 8) hash = rotl<u64>((hash ^ load<u64>(at)) * 0x9fb21c651e98df25, 29);
    const mask = left == 0 ? 0 : ~(<u64>0) >>> (64 - 8 * left);
    hash = rotl<u64>((hash ^ (load<u64>(at) & mask) ^ ((<u64>length) << 56)) * 0x9fb21c651e98df25, 29);
  }
  return <i32>((hash ^ (hash >>> 32)) & 0x7fffffff);
}

function isSame(one: usize, other: usize, outer: usize): bool {
  const sources = <usize>load<u32>(load<u32>(one), EQUAL_SOURCES);
  const otherSources = <usize>load<u32>(load<u32>(other), EQUAL_SOURCES);
  for (let index: usize = 0; index < equalCount; index++) {
    textOf(resolve(load<u32>(sources + 4 * index), load<u32>(one, 4), outer));
    const first = text;
    const size = length;
    textOf(resolve(load<u32>(otherSources + 4 * index), load<u32>(other, 4), outer));
    if (size != length || !isEqual(first, text, size)) return false;
  }
  return true;
}
