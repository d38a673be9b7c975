import {
  ARRAY,
  BOOLEAN,
  copy,
  decline,
  EMPTY_ARRAY,
  ENTRY,
  FRACTION,
  INTEGER,
  NULL,
  OBJECT,
  SCHEMA,
  SIZE,
  STRING,
  SYNTAX,
  scratchEnd,
  TIME,
} from './memory';
import { number } from './number';
import { take } from './page';
import { allot, CHECK, childOf, COUNT, HINT, matches, NAME_LENGTH, NAME_TEXT, newRoot, sortedStates } from './shapes';
import { string } from './text';
import { plainTime } from './time';
import {
  entryTop,
  pushValue,
  scratchTop,
  setEntryTop,
  setScratchTop,
  setValue,
  valueAt,
  valueKind,
  valueLength,
} from './value-state';

/** A check: kinds that are allowed and further conditions, the root of an object's shapes, the check of an array's elements. */
const ALLOWED: usize = 0;
const OBJECT_ROOT: usize = 4;
const ELEMENT: usize = 8;
/** What takes the value instead of the general rule: 1 the records of a page, 2 the inner records of a record. */
const TAKER: usize = 12;

const ANY_KIND: u32 = 0xff;
const NOT_EMPTY: u32 = 1 << 8;
const IS_TIME: u32 = 1 << 9;
const IS_TIME_OR_EMPTY: u32 = 1 << 10;
const NOT_NEGATIVE: u32 = 1 << 11;

/** Nesting beyond this is refused in JavaScript, at a depth of 128. */
const DEEPEST: u32 = 100;

const EMPTY_OBJECT = memory.data<u8>([0x7b, 0x7d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** The check that everything passes. */
export let freeCheck: usize = 0;

export function makeFreeCheck(): void {
  freeCheck = 0;
  const root = newRoot();
  freeCheck = newCheck(ANY_KIND, root, 0, 0);
  store<u32>(freeCheck, freeCheck, ELEMENT);
}

/** 0 for root and element: of which nothing is declared. */
export function newCheck(allowed: u32, root: usize, element: usize, taker: u32): usize {
  const check = allot(16);
  store<u32>(check, allowed, ALLOWED);
  store<u32>(check, root == 0 ? <usize>load<u32>(freeCheck, OBJECT_ROOT) : root, OBJECT_ROOT);
  store<u32>(check, element == 0 ? freeCheck : element, ELEMENT);
  store<u32>(check, taker, TAKER);
  return check;
}

/** Past the blanks here. */
export function skip(at: usize): usize {
  while (load<u8>(at) <= 0x20) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) break;
    at++;
  }
  return at;
}

/** Reads the value here and returns its end; what it is stands in `value-state`. Its entry goes nowhere yet. */
function value(at: usize, check: usize, depth: u32): usize {
  const byte = load<u8>(at);
  const taker = load<u32>(check, TAKER);
  let end: usize;
  if (taker != 0) return take(at, taker);
  if (byte == 0x22) end = string(at);
  else if (byte == 0x7b) end = object(at, load<u32>(check, OBJECT_ROOT), depth);
  else if (byte == 0x5b) end = array(at, load<u32>(check, ELEMENT), depth);
  else if (byte == 0x74 && load<u32>(at) == 0x65757274) end = word(at, 4, BOOLEAN);
  else if (byte == 0x66 && load<u32>(at, 1) == 0x65736c61) end = word(at, 5, BOOLEAN);
  else if (byte == 0x6e && load<u32>(at) == 0x6c6c756e) end = word(at, 4, NULL);
  else end = number(at);
  if (end == 0) return 0;
  const allowed = load<u32>(check, ALLOWED);
  return allowed == ANY_KIND || fits(allowed) ? end : 0;
}

function word(at: usize, length: usize, kind: u32): usize {
  setValue(at, length, kind, 0);
  return at + length;
}

function fits(allowed: u32): bool {
  if (((allowed >>> valueKind) & 1) == 0) return decline(SCHEMA) != 0;
  if (valueKind == STRING) {
    if ((allowed & NOT_EMPTY) != 0 && valueLength == 2) return decline(SCHEMA) != 0;
    if ((allowed & (IS_TIME | IS_TIME_OR_EMPTY)) == 0) return true;
    if ((allowed & IS_TIME_OR_EMPTY) != 0 && valueLength == 2) return true;
    return !isNaN(plainTime(valueAt, valueLength)) || decline(TIME) != 0;
  }
  if (valueKind == INTEGER || valueKind == FRACTION)
    return (allowed & NOT_NEGATIVE) == 0 || load<u8>(valueAt) != 0x2d || decline(SCHEMA) != 0;
  return true;
}

/** The shape that `members` found. */
export let shape: usize = 0;

/** Reads the members of the object here onto the stack of entries and returns its end. */
export function members(at: usize, root: usize, depth: u32): usize {
  if (depth > DEEPEST) return decline(SIZE);
  let state = root;
  at = skip(at + 1);
  if (load<u8>(at) == 0x7d) {
    shape = state;
    return at + 1;
  }
  for (;;) {
    if (load<u8>(at) != 0x22) return decline(SYNTAX);
    let child = <usize>load<u32>(state, HINT);
    if (child == 0 || !matches(child, at)) {
      child = childOf(state, at, freeCheck);
      if (child == 0) return 0;
    }
    at = skip(at + load<u32>(child, NAME_LENGTH));
    if (load<u8>(at) != 0x3a) return decline(SYNTAX);
    const top = entryTop;
    at = value(skip(at + 1), load<u32>(child, CHECK), depth);
    if (at == 0) return 0;
    if (!pushValue(top)) return decline(SIZE);
    state = child;
    at = skip(at);
    const byte = load<u8>(at);
    if (byte == 0x7d) break;
    if (byte != 0x2c) return decline(SYNTAX);
    at = skip(at + 1);
  }
  shape = state;
  return at + 1;
}

/** An object inside a record: its canonical text goes to the scratch region. */
function object(at: usize, root: usize, depth: u32): usize {
  const base = entryTop;
  const end = members(at, root, depth + 1);
  if (end == 0) return 0;
  const found = shape;
  const sorted = sortedStates(found, true);
  if (sorted == 0) return 0;
  const count = <usize>load<u32>(found, COUNT);
  setEntryTop(base);
  if (count == 0) {
    setValue(EMPTY_OBJECT, 2, OBJECT, 0);
    return end;
  }
  const start = scratchTop;
  let out = start;
  let excess: u32 = 0;
  for (let index: usize = 0; index < count; index++) {
    const state = <usize>load<u32>(sorted + 4 * index);
    const entry = base + ENTRY * (load<u32>(state, COUNT) - 1);
    const nameLength = load<u32>(state, NAME_LENGTH) + 2;
    const length = load<u32>(entry, 4);
    if (out + nameLength + length + 32 > scratchEnd) return decline(SIZE);
    out = copy(out, load<u32>(state, NAME_TEXT), nameLength);
    out = copy(out, load<u32>(entry), length);
    excess += load<u32>(entry, 12);
  }
  store<u8>(start, 0x7b);
  store<u8>(out++, 0x7d);
  setScratchTop(out);
  setValue(start, out - start, OBJECT, excess);
  return end;
}

function array(at: usize, element: usize, depth: u32): usize {
  if (depth > DEEPEST) return decline(SIZE);
  const base = entryTop;
  at = skip(at + 1);
  if (load<u8>(at) == 0x5d) {
    // Blanks between the brackets are not kept.
    const start = scratchTop;
    if (start + 32 > scratchEnd) return decline(SIZE);
    store<u16>(start, 0x5d5b);
    setScratchTop(start + 2);
    setValue(start, 2, EMPTY_ARRAY, 0);
    return at + 1;
  }
  for (;;) {
    const top = entryTop;
    at = value(at, element, depth + 1);
    if (at == 0) return 0;
    if (!pushValue(top)) return decline(SIZE);
    at = skip(at);
    const byte = load<u8>(at);
    if (byte == 0x5d) break;
    if (byte != 0x2c) return decline(SYNTAX);
    at = skip(at + 1);
  }
  const start = scratchTop;
  let out = start;
  let excess: u32 = 0;
  for (let entry = base; entry < entryTop; entry += ENTRY) {
    const length = load<u32>(entry, 4);
    if (out + length + 32 > scratchEnd) return decline(SIZE);
    store<u8>(out++, 0x2c);
    out = copy(out, load<u32>(entry), length);
    excess += load<u32>(entry, 12);
  }
  setEntryTop(base);
  store<u8>(start, 0x5b);
  store<u8>(out++, 0x5d);
  setScratchTop(out);
  setValue(start, out - start, ARRAY, excess);
  return at + 1;
}
