import {
  copy,
  decline,
  inputEnd,
  isEqual,
  PERSON,
  PERSON_TEXT,
  PERSONS,
  PERSONS_END,
  personTexts,
  STRING,
} from './memory';
import { hashAll, stateBehind } from './sha256';

// Pseudonyms: HMAC-SHA256 of the normalised address (person-key.ts is the reference). They are made for a page at once.

/** States behind the two padded blocks of the salt. */
const INNER_STATE = memory.data(32, 16);
const OUTER_STATE = memory.data(32, 16);

// A person: the text and its length and where its digest goes (a job), the same of the digest, digest, key.
const OF_DIGEST: usize = 12;
const DIGEST: usize = 32;
const KEY: usize = 64;

/** Given by JavaScript: makes the key of an address in any spelling, a JSON text; 0 when nothing but blanks is in it. */
export declare function keyOfAddress(text: usize, length: usize, to: usize): i32;
/** Where the key goes that is made of nothing in its place. */
const NOWHERE = memory.data(64, 16);

export let persons: u32 = 0;
let textTop: usize = 0;
/** The address read last, as it stood: the events of one recipient come together. */
let lastText: usize = 0;
let lastLength: usize = 0;

/** The salt's two padded blocks. */
export function salt(innerBlock: usize, outerBlock: usize): void {
  stateBehind(innerBlock, INNER_STATE);
  stateBehind(outerBlock, OUTER_STATE);
}

export function beginPersons(): void {
  persons = 0;
  textTop = personTexts;
  lastText = 0;
  lastLength = 0;
}

/** Number of the person (from 1) at this entry, 0 for nobody, -1 when the page is declined. */
export function personOf(entry: usize): i32 {
  if (load<u32>(entry, 8) != STRING) return 0;
  let from = <usize>load<u32>(entry) + 1;
  const length = <usize>load<u32>(entry, 4) - 2;
  if (length == lastLength && lastText != 0 && isEqual(from, lastText, length)) return persons;
  const raw = from;
  let end = from + length;
  for (let at = from; at < end; at++) {
    const byte = load<u8>(at);
    if (byte > 0x7e || byte == 0x5c) return unusual(raw, length);
  }
  while (from < end && load<u8>(from) == 0x20) from++;
  while (end > from && load<u8>(end - 1) == 0x20) end--;
  if (from == end) return 0;
  const person = PERSONS + PERSON * persons;
  if (person >= PERSONS_END) return <i32>decline(PERSON_TEXT) - 1;
  const size = end - from;
  copy(textTop, from, size);
  const isId = size >= 3 && load<u16>(from) == 0x6469 && load<u8>(from, 2) == 0x3a;
  if (!isId) lower(textTop, size);
  addJobs(person, textTop, size, person + KEY);
  textTop += size;
  return note(raw, length);
}

/** How to trim and to lower other than ASCII, and what an escape stands for, is known in JavaScript. */
function unusual(text: usize, length: usize): i32 {
  const person = PERSONS + PERSON * persons;
  if (person >= PERSONS_END) return <i32>decline(PERSON_TEXT) - 1;
  if (keyOfAddress(text - 1, length + 2, person + KEY) == 0) return 0;
  addJobs(person, text, 0, NOWHERE);
  return note(text, length);
}

function addJobs(person: usize, text: usize, length: usize, to: usize): void {
  store<u32>(person, text);
  store<u32>(person, length, 4);
  store<u32>(person, person + DIGEST, 8);
  store<u32>(person, person + DIGEST, OF_DIGEST);
  store<u32>(person, 32, OF_DIGEST + 4);
  store<u32>(person, to, OF_DIGEST + 8);
}

/** The next of these is the same person, if its text stays: what was rewritten is overwritten by the next record. */
function note(text: usize, length: usize): i32 {
  lastText = text < inputEnd ? text : 0;
  lastLength = length;
  persons++;
  return persons;
}

/** Makes the keys of all persons of the page. */
export function keyPersons(): void {
  hashAll(PERSONS, persons, PERSON, false, INNER_STATE);
  hashAll(PERSONS + OF_DIGEST, persons, PERSON, true, OUTER_STATE);
}

/** Writes the key of a person (from 1): 64 digits. */
export function writeKey(to: usize, person: u32): void {
  copy(to, PERSONS + PERSON * (person - 1) + KEY, 64);
}

function lower(at: usize, length: usize): void {
  for (const end = at + length; at < end; at += 16) {
    const text = v128.load(at);
    const isUpper = v128.and(i8x16.gt_s(text, i8x16.splat(0x40)), i8x16.lt_s(text, i8x16.splat(0x5b)));
    v128.store(at, v128.or(text, v128.and(isUpper, i8x16.splat(0x20))));
  }
}
