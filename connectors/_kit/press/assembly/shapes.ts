import { ARENA, ARENA_END, decline, DUPLICATE, isEqual, NAMES, SCHEMA } from './memory';

// Records of a stream have few shapes, which come again and again. A shape is a path through a tree whose edges are names: what
// a name means (its check, its place in sorted order) is found once, and then known by following the tree.

/** A name: `,"name":`, its length with quotes. Texts are followed by room for a read of sixteen bytes. */
export const NAME_TEXT: usize = 0;
export const NAME_LENGTH: usize = 4;

// A state of the tree, reached by a name. The first two words are the name's.
const CHILD: usize = 8;
const SIBLING: usize = 12;
/** The child that came last. */
export const HINT: usize = 16;
export const CHECK: usize = 20;
const PARENT: usize = 24;
/** Names so far. */
export const COUNT: usize = 28;
const ORDER_OF: usize = 32;
export const PROGRAMS: usize = 36;
const ROOT: usize = 40;
/** Of a root: what is declared of its names. */
const FIELDS: usize = 44;
const CHILDREN: usize = 48;
const STATE: usize = 64;

/** A declared name: the name's words, then its check, whether it must be there, the next one. */
const FIELD_CHECK: usize = 8;
const FIELD_REQUIRED: usize = 12;
const FIELD_NEXT: usize = 16;

/** Maps with names that come once (ids) are no shapes. */
const MOST_CHILDREN: u32 = 48;
const MOST_NAMES: u32 = 512;
const LONGEST_NAME: usize = 256;

let arenaTop: usize = ARENA;

/** Forgets plan and shapes. */
export function clearArena(): void {
  arenaTop = ARENA;
}

/** Share of the arena that is used, in percent: shapes are kept from page to page. */
export function arenaUse(): i32 {
  return <i32>(((arenaTop - ARENA) * 100) / (ARENA_END - ARENA));
}

/** Zeroed memory that lasts as long as the plan; no pointer when there is none left. */
export function allot(size: usize): usize {
  const at = (arenaTop + 15) & ~15;
  if (at + size + 32 > ARENA_END) return decline(NAMES);
  arenaTop = at + size + 16;
  memory.fill(at, 0, size + 16);
  return at;
}

/** The root of a tree of shapes: an object of which nothing is known yet. */
export function newRoot(): usize {
  const root = allot(STATE);
  if (root != 0) store<u32>(root, root, ROOT);
  return root;
}

/** Declares a name of a root; the name's words are copied. */
export function declare(root: usize, name: usize, check: usize, isRequired: bool): void {
  const field = allot(32);
  store<u64>(field, load<u64>(name));
  store<u32>(field, check, FIELD_CHECK);
  store<u32>(field, isRequired ? 1 : 0, FIELD_REQUIRED);
  store<u32>(field, load<u32>(root, FIELDS), FIELD_NEXT);
  store<u32>(root, field, FIELDS);
}

/** Whether the text at this quote is the state's name. */
export function matches(state: usize, at: usize): bool {
  const text = <usize>load<u32>(state, NAME_TEXT) + 1;
  const length = load<u32>(state, NAME_LENGTH);
  if (length <= 16) {
    const mask = (1 << (<i32>length)) - 1;
    return (i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(text))) & mask) == mask;
  }
  return isEqual(at, text, length);
}

/** The state behind this one for the name at this quote. `freeCheck` for names of which nothing is declared. */
export function childOf(state: usize, at: usize, freeCheck: usize): usize {
  for (let child = <usize>load<u32>(state, CHILD); child != 0; child = load<u32>(child, SIBLING)) {
    if (matches(child, at)) {
      store<u32>(state, child, HINT);
      return child;
    }
  }
  return grow(state, at, freeCheck);
}

function grow(state: usize, at: usize, freeCheck: usize): usize {
  let end = at + 1;
  for (; load<u8>(end) != 0x22; end++) {
    const byte = load<u8>(end);
    if (byte < 0x20 || byte > 0x7e || byte == 0x5c) return decline(NAMES);
  }
  const length = end + 1 - at;
  const first = <u32>load<u8>(at, 1);
  const children = load<u32>(state, CHILDREN) + 1;
  const count = load<u32>(state, COUNT) + 1;
  // JavaScript's objects put names that are numbers first, and take this one for their prototype.
  if (
    first - 0x30 <= 9 ||
    isProto(at, length) ||
    length > LONGEST_NAME ||
    children > MOST_CHILDREN ||
    count > MOST_NAMES
  )
    return decline(NAMES);
  const child = allot(STATE);
  const text = allot(length + 2);
  if (child == 0 || text == 0) return 0;
  store<u8>(text, 0x2c);
  memory.copy(text + 1, at, length);
  store<u8>(text + length + 1, 0x3a);
  const root = <usize>load<u32>(state, ROOT);
  store<u32>(child, text, NAME_TEXT);
  store<u32>(child, length, NAME_LENGTH);
  store<u32>(child, state, PARENT);
  store<u32>(child, count, COUNT);
  store<u32>(child, root, ROOT);
  const field = fieldOf(root, child);
  store<u32>(child, field == 0 ? freeCheck : load<u32>(field, FIELD_CHECK), CHECK);
  store<u32>(child, load<u32>(state, CHILD), SIBLING);
  store<u32>(state, child, CHILD);
  store<u32>(state, child, HINT);
  store<u32>(state, children, CHILDREN);
  return child;
}

/** `"__proto__"` */
function isProto(at: usize, length: usize): bool {
  return length == 11 && load<u64>(at, 1) == 0x5f6f746f72705f5f && load<u8>(at, 9) == 0x5f;
}

function fieldOf(root: usize, name: usize): usize {
  for (let field = <usize>load<u32>(root, FIELDS); field != 0; field = load<u32>(field, FIELD_NEXT))
    if (isSameName(field, name)) return field;
  return 0;
}

export function isSameName(one: usize, other: usize): bool {
  const length = load<u32>(one, NAME_LENGTH);
  if (length != load<u32>(other, NAME_LENGTH)) return false;
  return isEqual(load<u32>(one, NAME_TEXT), load<u32>(other, NAME_TEXT), length + 1);
}

/** Whether the first name comes before the second in sorted order. */
export function isBefore(one: usize, other: usize): bool {
  const length = load<u32>(one, NAME_LENGTH);
  const otherLength = load<u32>(other, NAME_LENGTH);
  const common = (length < otherLength ? length : otherLength) - 1;
  const text = <usize>load<u32>(one, NAME_TEXT);
  const otherText = <usize>load<u32>(other, NAME_TEXT);
  for (let index: usize = 2; index <= common; index++) {
    const byte = load<u8>(text + index);
    const otherByte = load<u8>(otherText + index);
    if (byte != otherByte) return byte < otherByte;
  }
  return length < otherLength;
}

/** The state of this shape in which a name was read; 0 when it has none such. */
export function stateOfName(shape: usize, name: usize): usize {
  for (let state = shape; load<u32>(state, COUNT) != 0; state = load<u32>(state, PARENT))
    if (isSameName(state, name)) return state;
  return 0;
}

/**
 * The states of a shape in the order of their names, made once; no pointer when a name comes twice. `isWhole`: what is declared
 * as required must be there.
 */
export function sortedStates(shape: usize, isWhole: bool): usize {
  const known = <usize>load<u32>(shape, ORDER_OF);
  if (known != 0) return known;
  const count = <usize>load<u32>(shape, COUNT);
  const sorted = allot(4 * count + 4);
  if (sorted == 0) return 0;
  let filled: usize = 0;
  for (let state = shape; load<u32>(state, COUNT) != 0; state = load<u32>(state, PARENT)) {
    let place = filled;
    while (place > 0 && isBefore(state, load<u32>(sorted + 4 * (place - 1)))) {
      store<u32>(sorted + 4 * place, load<u32>(sorted + 4 * (place - 1)));
      place--;
    }
    if (place > 0 && isSameName(state, load<u32>(sorted + 4 * (place - 1)))) return decline(DUPLICATE);
    store<u32>(sorted + 4 * place, state);
    filled++;
  }
  if (isWhole) {
    for (let field = firstField(shape); field != 0; field = nextField(field))
      if (isRequired(field) && stateOfName(shape, field) == 0) return decline(SCHEMA);
  }
  store<u32>(shape, sorted, ORDER_OF);
  return sorted;
}

export function firstField(shape: usize): usize {
  return load<u32>(load<u32>(shape, ROOT), FIELDS);
}

export function nextField(field: usize): usize {
  return load<u32>(field, FIELD_NEXT);
}

export function isRequired(field: usize): bool {
  return load<u32>(field, FIELD_REQUIRED) != 0;
}
