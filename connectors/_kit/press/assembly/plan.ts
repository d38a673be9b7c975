import { NULL } from './memory';
import { allot, clearArena, declare, newRoot } from './shapes';
import { freeCheck, makeFreeCheck, newCheck } from './value';

// What a stream and its slice ask for. JavaScript builds it with these functions, once; names and texts are written where
// `room` says.

/** Lists of names: two words a name, as in `shapes`, then what belongs to it. */
const MOST_LISTED: usize = 64;
export const LISTED: usize = 32;

export let keep: usize = 0;
export let keepCount: u32 = 0;
export let keyNames: usize = 0;
export let keyCount: u32 = 0;
export let equalNames: usize = 0;
export let equalCount: u32 = 0;
/** Inherited fields: the name's words, two unused, then the value as an entry. */
export let inherited: usize = 0;
export let inheritedCount: u32 = 0;

/** Names of one field each, 0 where the stream has none. */
export let ordinalName: usize = 0;
export let cursorName: usize = 0;
export let partitionName: usize = 0;
export let personName: usize = 0;

export let envelopeRoot: usize = 0;
export let recordRoot: usize = 0;
/** Root of inner records; 0 where records are rows themselves. */
export let innerRoot: usize = 0;

export let fromMs: f64 = -Infinity;
export let toMs: f64 = Infinity;
export let nowMs: f64 = 0;
export let earliestMs: f64 = 0;
export let latestMs: f64 = 0;
/** Rows of an ascending stream must not go back. */
export let isAscending: bool = false;
/** UTF-16 units after which a batch of lines ends. */
export let batchUnits: u32 = 0;

/** The value of a field that is not there. */
export let absent: usize = 0;

export function beginPlan(): void {
  clearArena();
  makeFreeCheck();
  absent = allot(16);
  store<u32>(absent, NULL, 8);
  keep = allot(LISTED * MOST_LISTED);
  keyNames = allot(LISTED * MOST_LISTED);
  equalNames = allot(LISTED * MOST_LISTED);
  inherited = allot(LISTED * MOST_LISTED);
  keepCount = keyCount = equalCount = inheritedCount = 0;
  ordinalName = cursorName = partitionName = personName = 0;
  envelopeRoot = newRoot();
  recordRoot = newRoot();
  innerRoot = 0;
}

/** Room for a text. */
export function room(length: usize): usize {
  return allot(length);
}

/** A name whose text `,"name":` was written to `text`. */
export function name(text: usize, quotedLength: u32): usize {
  const made = allot(LISTED);
  store<u32>(made, text);
  store<u32>(made, quotedLength, 4);
  return made;
}

export function root(): usize {
  return newRoot();
}

export function check(allowed: u32, objectRoot: usize, element: usize, taker: u32): usize {
  return newCheck(allowed, objectRoot, element, taker);
}

export function anything(): usize {
  return freeCheck;
}

export function field(ofRoot: usize, named: usize, checked: usize, isRequired: bool): void {
  declare(ofRoot, named, checked, isRequired);
}

/** 0 the envelope, 1 records, 2 inner records. */
export function rootOf(which: u32): usize {
  if (which == 2 && innerRoot == 0) innerRoot = newRoot();
  return which == 0 ? envelopeRoot : which == 1 ? recordRoot : innerRoot;
}

/** 0 kept, 1 of the primary key, 2 what makes inner records equal; false when the list is full. */
export function list(which: u32, named: usize): bool {
  const count = which == 0 ? keepCount : which == 1 ? keyCount : equalCount;
  if (count >= <u32>MOST_LISTED) return false;
  const at = (which == 0 ? keep : which == 1 ? keyNames : equalNames) + LISTED * count;
  store<u64>(at, load<u64>(named));
  if (which == 0) keepCount++;
  else if (which == 1) keyCount++;
  else equalCount++;
  return true;
}

/** An inherited field with its canonical text. */
export function inherit(named: usize, text: usize, length: u32, kind: u32, excess: u32): bool {
  if (inheritedCount >= <u32>MOST_LISTED) return false;
  const at = inherited + LISTED * inheritedCount++;
  store<u64>(at, load<u64>(named));
  store<u32>(at, text, 16);
  store<u32>(at, length, 20);
  store<u32>(at, kind, 24);
  store<u32>(at, excess, 28);
  return true;
}

/** 0 ordinal, 1 cursor, 2 partition, 3 person. */
export function single(which: u32, named: usize): void {
  if (which == 0) ordinalName = named;
  else if (which == 1) cursorName = named;
  else if (which == 2) partitionName = named;
  else personName = named;
}

export function bounds(from: f64, to: f64, now: f64, earliest: f64, latest: f64, ascending: bool, batch: u32): void {
  fromMs = from;
  toMs = to;
  nowMs = now;
  earliestMs = earliest;
  latestMs = latest;
  isAscending = ascending;
  batchUnits = batch;
}
