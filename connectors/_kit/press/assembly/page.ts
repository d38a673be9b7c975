import {
  BOOLEAN,
  copy,
  decline,
  ENTRY,
  FRACTION,
  INNER,
  INNER_END,
  INNERS,
  INNERS_END,
  INPUT,
  INTEGER,
  inputEnd,
  NULL,
  OUTER,
  OUTER_END,
  ROW,
  ROWS,
  SCHEMA,
  scratch,
  SIZE,
  STRING,
  SYNTAX,
} from './memory';
import { addKey, areKeysUnique, beginKeys } from './keys';
import { numberEqual } from './ordinal';
import { beginPersons, keyPersons } from './person';
import { envelopeRoot, innerRoot, keep, keepCount, LISTED, recordRoot } from './plan';
import { programOf, setOrdinalEntry } from './program';
import { beginRows, behindLines, endBatch, keyLength, keyText, rows, writeKeys, writeRow } from './rows';
import { COUNT, sortedStates, stateOfName } from './shapes';
import { members, shape, skip } from './value';
import { entryEnd, entryTop, scratchTop, setEntries, setEntryTop, setScratchTop, setValue } from './value-state';

/** What takes the value: the records of the page, the inner records of a record. */
export const RECORDS: u32 = 1;
export const INNER_RECORDS: u32 = 2;

export let records: u32 = 0;
/** Where the array of records begins and ends, from the beginning of the page. */
export let arrayStart: u32 = 0;
export let arrayEnd: u32 = 0;

/** Inner records of the record being read. */
let innerCount: u32 = 0;

/** An ordinal as an entry, with its digits. */
const ORDINAL = memory.data(32, 16);

/**
 * Works the page at `INPUT`. False when anything in it is unusual (`reason`): then nothing here says anything about it.
 */
export function work(firstNumber: u32, last: f64): bool {
  v128.store(inputEnd, i8x16.splat(0));
  v128.store(inputEnd + 16, i8x16.splat(0));
  setEntries(OUTER, OUTER_END);
  setScratchTop(scratch);
  setOrdinalEntry(ORDINAL);
  records = 0;
  arrayStart = 0;
  arrayEnd = 0;
  beginKeys();
  beginPersons();
  beginRows(firstNumber, last);
  const start = skip(INPUT);
  if (load<u8>(start) != 0x7b) return decline(SYNTAX) != 0;
  const end = members(start, envelopeRoot, 0);
  if (end == 0) return false;
  if (skip(end) != inputEnd) return decline(SYNTAX) != 0;
  if (sortedStates(shape, false) == 0) return false;
  if (arrayEnd == 0) return decline(SCHEMA) != 0;
  if (!endBatch() || !areKeysUnique()) return false;
  keyPersons();
  writeKeys();
  return true;
}

export function take(at: usize, taker: u32): usize {
  return taker == RECORDS ? takeRecords(at) : takeInner(at);
}

function takeRecords(at: usize): usize {
  if (load<u8>(at) != 0x5b) return decline(SCHEMA);
  if (arrayEnd != 0) return decline(SYNTAX);
  arrayStart = <u32>(at - INPUT);
  const base = entryTop;
  const texts = scratchTop;
  at = skip(at + 1);
  if (load<u8>(at) != 0x5d)
    for (;;) {
      if (load<u8>(at) != 0x7b) return decline(SCHEMA);
      innerCount = 0;
      at = members(at, recordRoot, 1);
      if (at == 0) return 0;
      records++;
      if (!(innerRoot == 0 ? writeRecord(base) : writeInner(base))) return 0;
      setEntryTop(base);
      setScratchTop(texts);
      at = skip(at);
      const byte = load<u8>(at);
      if (byte == 0x5d) break;
      if (byte != 0x2c) return decline(SYNTAX);
      at = skip(at + 1);
    }
  arrayEnd = <u32>(at + 1 - INPUT);
  setValue(at, 1, NULL, 0);
  return at + 1;
}

function writeRecord(base: usize): bool {
  const program = programOf(shape, 0);
  return program != 0 && writeRow(program, base, 0) && addKey(keyText, keyLength);
}

/** Reads the inner records of a record; their rows wait for its other members. */
function takeInner(at: usize): usize {
  setValue(at, 0, NULL, 0);
  if (load<u32>(at) == 0x6c6c756e) return at + 4;
  if (load<u8>(at) != 0x5b) return decline(SCHEMA);
  const top = entryTop;
  const end = entryEnd;
  at = skip(at + 1);
  if (load<u8>(at) != 0x5d) {
    setEntries(INNER, INNER_END);
    for (;;) {
      const inner = INNERS + 16 * innerCount;
      if (inner >= INNERS_END) return decline(SIZE);
      if (load<u8>(at) != 0x7b) return decline(SCHEMA);
      store<u32>(inner, entryTop, 4);
      at = members(at, innerRoot, 3);
      if (at == 0) return 0;
      store<u32>(inner, shape);
      innerCount++;
      at = skip(at);
      const byte = load<u8>(at);
      if (byte == 0x5d) break;
      if (byte != 0x2c) return decline(SYNTAX);
      at = skip(at + 1);
    }
    setEntries(top, end);
  }
  setValue(at, 0, NULL, 0);
  return at + 1;
}

function writeInner(base: usize): bool {
  const outer = shape;
  if (sortedStates(outer, false) == 0) return false;
  if (keepCount > 0 && !addKept(base, outer)) return false;
  for (let index: u32 = 0; index < innerCount; index++) {
    const inner = INNERS + 16 * index;
    const program = programOf(load<u32>(inner), outer);
    if (program == 0) return false;
    store<u32>(inner, program);
  }
  if (!numberEqual(innerCount, base)) return false;
  for (let index: u32 = 0; index < innerCount; index++) {
    const inner = INNERS + 16 * index;
    setOrdinal(load<u32>(inner, 12));
    if (!writeRow(load<u32>(inner), load<u32>(inner, 4), base)) return false;
  }
  return true;
}

/** What a record keeps is its key: the record may come once. */
function addKept(base: usize, outer: usize): bool {
  let size: usize = 2;
  for (let index: u32 = 0; index < keepCount; index++) {
    const state = stateOfName(outer, keep + LISTED * index);
    size += state == 0 ? 5 : load<u32>(base + ENTRY * (load<u32>(state, COUNT) - 1), 4) + 5;
  }
  const start = behindLines(size);
  if (start == 0) return false;
  let out = start;
  for (let index: u32 = 0; index < keepCount; index++) {
    const state = stateOfName(outer, keep + LISTED * index);
    store<u8>(out++, index == 0 ? 0x5b : 0x2c);
    const entry = state == 0 ? <usize>0 : base + ENTRY * (load<u32>(state, COUNT) - 1);
    const kind = entry == 0 ? NULL : load<u32>(entry, 8);
    if (kind == NULL) {
      store<u32>(out, 0x6c6c756e);
      out += 4;
    } else if (kind == STRING || kind == INTEGER || kind == FRACTION || kind == BOOLEAN)
      out = copy(out, load<u32>(entry), load<u32>(entry, 4));
    else return decline(SCHEMA) != 0;
  }
  store<u8>(out++, 0x5d);
  return addKey(start, out - start);
}

/** At most a few thousand: see `INNERS`. */
function setOrdinal(value: u32): void {
  const text = ORDINAL + 16;
  let digits: usize = value > 999 ? 4 : value > 99 ? 3 : value > 9 ? 2 : 1;
  store<u32>(ORDINAL, text);
  store<u32>(ORDINAL, digits, 4);
  store<u32>(ORDINAL, INTEGER, 8);
  for (; digits > 0; digits--) {
    store<u8>(text + digits - 1, 0x30 + (value % 10));
    value /= 10;
  }
}
