import { decline, ENTRY, KEY, SCHEMA } from './memory';
import {
  absent,
  cursorName,
  equalCount,
  equalNames,
  inherited,
  inheritedCount,
  keep,
  keepCount,
  keyCount,
  keyNames,
  LISTED,
  ordinalName,
  partitionName,
  personName,
} from './plan';
import {
  allot,
  COUNT,
  firstField,
  isBefore,
  isRequired,
  isSameName,
  NAME_LENGTH,
  NAME_TEXT,
  nextField,
  PROGRAMS,
  sortedStates,
  stateOfName,
} from './shapes';

// How rows of one shape are written: where each field of the row comes from, in the order of the canonical text. Made once for a
// shape, or for a pair of an outer and an inner one.

/** A source: an entry's address, or its offset among the entries of the row's own record (1) or of the outer one (2). */
const OWN: usize = 1;
const OUTER: usize = 2;

// A program's words.
const NEXT: usize = 0;
const OUTER_SHAPE: usize = 4;
export const SEGMENTS: usize = 8;
export const SEGMENT_COUNT: usize = 12;
export const KEY_SOURCES: usize = 16;
export const EQUAL_SOURCES: usize = 20;
export const CURSOR_SOURCE: usize = 24;
export const PARTITION_SOURCE: usize = 28;
export const PERSON_SOURCE: usize = 32;
/** Where the address is when the row's own record has none. */
export const PERSON_FALLBACK: usize = 36;
const PROGRAM: usize = 48;

/** A segment: the name's two words, then its source. */
export const SEGMENT: usize = 16;
const SEGMENT_SOURCE: usize = 8;

/** Place of an inner record among equal ones, as an entry. */
export let ordinalEntry: usize = 0;
export function setOrdinalEntry(entry: usize): void {
  ordinalEntry = entry;
}

/** The entry of a source, given where the entries of the two records begin. */
export function resolve(source: usize, own: usize, outer: usize): usize {
  const which = source & 3;
  return (source & ~3) + (which == 0 ? 0 : which == OWN ? own : outer);
}

export function segmentSource(segment: usize): usize {
  return load<u32>(segment, SEGMENT_SOURCE);
}

/** The program of a shape (`outer`: 0 where records are rows themselves); no pointer when such rows are not ordinary. */
export function programOf(own: usize, outer: usize): usize {
  for (let known = <usize>load<u32>(own, PROGRAMS); known != 0; known = load<u32>(known, NEXT))
    if (<usize>load<u32>(known, OUTER_SHAPE) == outer) return known;
  return compile(own, outer);
}

function compile(own: usize, outer: usize): usize {
  // Names that come twice are found here.
  if (sortedStates(own, false) == 0 || (outer != 0 && sortedStates(outer, false) == 0)) return 0;
  const program = allot(PROGRAM);
  const segments = allot(SEGMENT * (load<u32>(own, COUNT) + keepCount + inheritedCount + 1));
  const keys = allot(4 * keyCount + 4);
  const equals = allot(4 * equalCount + 4);
  if (program == 0 || segments == 0 || keys == 0 || equals == 0) return 0;
  store<u32>(program, outer, OUTER_SHAPE);
  store<u32>(program, segments, SEGMENTS);
  store<u32>(program, keys, KEY_SOURCES);
  store<u32>(program, equals, EQUAL_SOURCES);
  const sorted = sortedStates(own, false);
  for (let index: usize = 0; index < load<u32>(own, COUNT); index++) {
    const state = <usize>load<u32>(sorted + 4 * index);
    put(program, state, sourceOf(state, own, outer));
  }
  if (outer != 0)
    for (let index: u32 = 0; index < keepCount; index++) {
      const kept = keep + LISTED * index;
      if (stateOfName(outer, kept) != 0) put(program, kept, sourceOf(kept, own, outer));
    }
  for (let index: u32 = 0; index < inheritedCount; index++) {
    const name = inherited + LISTED * index;
    put(program, name, sourceOf(name, own, outer));
  }
  if (ordinalName != 0) put(program, ordinalName, ordinalEntry);

  for (let field = firstField(own); field != 0; field = nextField(field))
    if (isRequired(field) && sourceOf(field, own, outer) == absent) return decline(SCHEMA);
  for (let index: u32 = 0; index < keyCount; index++)
    store<u32>(keys + 4 * index, sourceOf(keyNames + LISTED * index, own, outer));
  for (let index: u32 = 0; index < equalCount; index++)
    store<u32>(equals + 4 * index, sourceOf(equalNames + LISTED * index, own, outer));
  if (keyCount == 0) return decline(KEY);
  store<u32>(program, cursorName == 0 ? <usize>0 : sourceOf(cursorName, own, outer), CURSOR_SOURCE);
  store<u32>(program, partitionName == 0 ? <usize>0 : sourceOf(partitionName, own, outer), PARTITION_SOURCE);
  store<u32>(program, personName == 0 ? <usize>0 : sourceOf(personName, own, outer), PERSON_SOURCE);
  const state = personName == 0 || outer == 0 ? <usize>0 : stateOfName(outer, personName);
  store<u32>(program, state == 0 ? absent : offsetOf(state) | OUTER, PERSON_FALLBACK);
  store<u32>(program, load<u32>(own, PROGRAMS), NEXT);
  store<u32>(own, program, PROGRAMS);
  return program;
}

function offsetOf(state: usize): usize {
  return ENTRY * (load<u32>(state, COUNT) - 1);
}

/** The ordinal is ours; what is inherited wins over the record's own field, that over what is kept. */
function sourceOf(name: usize, own: usize, outer: usize): usize {
  if (ordinalName != 0 && isSameName(name, ordinalName)) return ordinalEntry;
  for (let index: u32 = 0; index < inheritedCount; index++)
    if (isSameName(name, inherited + LISTED * index)) return inherited + LISTED * index + 16;
  const state = stateOfName(own, name);
  if (state != 0) return offsetOf(state) | OWN;
  if (outer != 0)
    for (let index: u32 = 0; index < keepCount; index++)
      if (isSameName(name, keep + LISTED * index)) {
        const kept = stateOfName(outer, name);
        return kept == 0 ? absent : offsetOf(kept) | OUTER;
      }
  return absent;
}

/** Puts a segment in its place; a name that is there already has its source already. */
function put(program: usize, name: usize, source: usize): void {
  const segments = <usize>load<u32>(program, SEGMENTS);
  const count = <usize>load<u32>(program, SEGMENT_COUNT);
  for (let index: usize = 0; index < count; index++) if (isSameName(name, segments + SEGMENT * index)) return;
  let place = count;
  for (; place > 0 && isBefore(name, segments + SEGMENT * (place - 1)); place--) {
    store<u64>(segments + SEGMENT * place, load<u64>(segments + SEGMENT * (place - 1)));
    store<u64>(segments + SEGMENT * place, load<u64>(segments + SEGMENT * (place - 1), 8), 8);
  }
  const segment = segments + SEGMENT * place;
  store<u32>(segment, load<u32>(name, NAME_TEXT));
  store<u32>(segment, load<u32>(name, NAME_LENGTH), 4);
  store<u32>(segment, source, SEGMENT_SOURCE);
  store<u32>(program, count + 1, SEGMENT_COUNT);
}
