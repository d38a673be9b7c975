import {
  BATCHES,
  BATCHES_END,
  BOOLEAN,
  copy,
  decline,
  FRACTION,
  INTEGER,
  KEY,
  NULL,
  ORDER,
  output,
  reserve,
  ROW,
  ROWS,
  ROWS_END,
  SIZE,
  STRING,
  TIME,
} from './memory';
import { personOf, writeKey } from './person';
import {
  batchUnits,
  cursorName,
  earliestMs,
  fromMs,
  isAscending,
  keyCount,
  latestMs,
  nowMs,
  partitionName,
  personName,
  toMs,
} from './plan';
import {
  CURSOR_SOURCE,
  KEY_SOURCES,
  PARTITION_SOURCE,
  PERSON_FALLBACK,
  PERSON_SOURCE,
  resolve,
  SEGMENT,
  SEGMENT_COUNT,
  SEGMENTS,
  segmentSource,
} from './program';
import { plainTime } from './time';

// Lines of the landing part (src/landing/line.ts is the reference).

/** Longer records are rare, and refused from 8 MiB on. */
const LONGEST: usize = 1 << 20;
const TAB: u32 = 0x09;

export let rows: u32 = 0;
export let batches: u32 = 0;
/** Cursor of the last row that has one; NaN: none had. */
export let lastMs: f64 = NaN;
/** The latest cursor that is not in the future, and its text. */
export let newestMs: f64 = NaN;
export let newestText: usize = 0;
export let newestLength: usize = 0;

let top: usize = 0;
let number: u32 = 0;
let batchStart: usize = 0;
let batchRows: u32 = 0;
let batchSize: u32 = 0;
let batchLongest: u32 = 0;

/** `last`: the cursor that the rows of an ascending stream must not go behind. */
export function beginRows(firstNumber: u32, last: f64): void {
  rows = 0;
  batches = 0;
  lastMs = last;
  newestMs = NaN;
  newestText = 0;
  newestLength = 0;
  top = output;
  number = firstNumber;
  batchStart = output;
  batchRows = 0;
  batchSize = 0;
  batchLongest = 0;
}

/** The text of the key written last: it stands behind the lines until they overwrite it. */
export let keyText: usize = 0;
export let keyLength: usize = 0;

/** Writes the row of a record; false when the page is declined. Its key is left in `keyText`, even if no row is wanted. */
export function writeRow(program: usize, own: usize, outer: usize): bool {
  const segments = <usize>load<u32>(program, SEGMENTS);
  const segmentsEnd = segments + SEGMENT * load<u32>(program, SEGMENT_COUNT);
  let length: usize = 1;
  let excess: u32 = 0;
  for (let segment = segments; segment < segmentsEnd; segment += SEGMENT) {
    const entry = resolve(segmentSource(segment), own, outer);
    length += load<u32>(segment, 4) + 2 + load<u32>(entry, 4);
    excess += load<u32>(entry, 12);
  }
  if (length > LONGEST) return decline(SIZE) != 0;
  // The key repeats fields of the record, each at most once.
  const line = top;
  if (!reserve(line, 2 * length + 8 * keyCount + 512)) return decline(SIZE) != 0;
  let out = writeNumber(line, number);
  store<u8>(out++, TAB);

  const keyExcess = writeKeyText(program, own, outer, out);
  if (keyExcess < 0) return false;
  out = keyText + keyLength;
  store<u8>(out++, TAB);

  const cursor = cursorName == 0 ? <usize>0 : resolve(load<u32>(program, CURSOR_SOURCE), own, outer);
  const cursorMs = cursor == 0 ? NaN : timeOf(cursor);
  if (cursorMs == Infinity) return false;
  if (!isNaN(cursorMs)) {
    if (isAscending && cursorMs < lastMs) return decline(ORDER) != 0;
    lastMs = cursorMs;
  }
  const partition = partitionName == 0 ? <usize>0 : resolve(load<u32>(program, PARTITION_SOURCE), own, outer);
  const partitionMs = partition == 0 ? NaN : timeOf(partition);
  if (partitionMs == Infinity) return false;
  if (cursorMs < fromMs || cursorMs > toMs) return true;
  if (cursorMs <= nowMs) noteNewest(cursorMs, cursor);

  const row = ROWS + ROW * rows;
  if (row >= ROWS_END) return decline(SIZE) != 0;
  let person = 0;
  if (personName != 0) {
    let entry = resolve(load<u32>(program, PERSON_SOURCE), own, outer);
    if (load<u32>(entry, 8) == NULL) entry = resolve(load<u32>(program, PERSON_FALLBACK), own, outer);
    person = personOf(entry);
    if (person < 0) return false;
  }
  store<u32>(row, person, 12);
  store<u32>(row, out, 16);
  out = person == 0 ? writeNothing(out) : out + 64;
  store<u8>(out++, TAB);
  if (isNaN(cursorMs)) out = writeNothing(out);
  else {
    copy(out, <usize>load<u32>(cursor) + 1, 19);
    // `.000Z`
    store<u32>(out, 0x3030302e, 19);
    store<u8>(out, 0x5a, 23);
    out += 24;
  }
  store<u8>(out++, TAB);
  out = isNaN(partitionMs) ? writeNothing(out) : copy(out, <usize>load<u32>(partition) + 1, 10);
  store<u8>(out++, TAB);
  store<u32>(row, out, 8);
  out += 32;
  store<u8>(out++, TAB);
  store<u32>(row, out);
  store<u32>(row, length, 4);
  out = writeText(out, segments, segmentsEnd, own, outer);
  store<u8>(out++, 0x0a);
  top = out;
  rows++;
  number++;
  return countLine(<u32>(out - line) - excess - <u32>keyExcess);
}

/** The canonical text: its length is known. */
function writeText(out: usize, segment: usize, end: usize, own: usize, outer: usize): usize {
  const start = out;
  for (; segment < end; segment += SEGMENT) {
    out = copy(out, load<u32>(segment), load<u32>(segment, 4) + 2);
    const entry = resolve(segmentSource(segment), own, outer);
    out = copy(out, load<u32>(entry), load<u32>(entry, 4));
  }
  // The comma before the first name; a row has at least its key.
  store<u8>(start, 0x7b);
  store<u8>(out++, 0x7d);
  return out;
}

/** The key's fields as a JSON array of texts. Returns by how much its bytes exceed its UTF-16 units; negative when declined. */
function writeKeyText(program: usize, own: usize, outer: usize, start: usize): i32 {
  const sources = <usize>load<u32>(program, KEY_SOURCES);
  let out = start;
  let excess: u32 = 0;
  let isEmpty = true;
  for (let index: usize = 0; index < keyCount; index++) {
    const entry = resolve(load<u32>(sources + 4 * index), own, outer);
    const kind = load<u32>(entry, 8);
    const length = <usize>load<u32>(entry, 4);
    store<u8>(out++, index == 0 ? 0x5b : 0x2c);
    if (kind == STRING) {
      out = copy(out, load<u32>(entry), length);
      excess += load<u32>(entry, 12);
      if (length > 2) isEmpty = false;
    } else {
      store<u8>(out++, 0x22);
      if (kind == INTEGER || kind == FRACTION || kind == BOOLEAN) {
        out = copy(out, load<u32>(entry), length);
        isEmpty = false;
      } else if (kind != NULL) return <i32>decline(KEY) - 1;
      store<u8>(out++, 0x22);
    }
  }
  if (isEmpty) return <i32>decline(KEY) - 1;
  store<u8>(out++, 0x5d);
  keyText = start;
  keyLength = out - start;
  return <i32>excess;
}

/** Milliseconds of a cursor or partition; NaN where there is none, Infinity when the page is declined. */
function timeOf(entry: usize): f64 {
  const kind = load<u32>(entry, 8);
  const length = <usize>load<u32>(entry, 4);
  if (kind == NULL || (kind == STRING && length == 2)) return NaN;
  const ms = kind == STRING ? plainTime(load<u32>(entry), length) : NaN;
  if (ms >= earliestMs && ms <= latestMs) return ms;
  decline(TIME);
  return Infinity;
}

/** Later, or as late and the greater text. */
function noteNewest(ms: f64, entry: usize): void {
  const text = <usize>load<u32>(entry) + 1;
  const length = <usize>load<u32>(entry, 4) - 2;
  // Of two spellings of one time, `Z` is the greater; equal ones need no change.
  if (!isNaN(newestMs) && (ms < newestMs || (ms == newestMs && length >= newestLength))) return;
  newestMs = ms;
  newestText = text;
  newestLength = length;
}

function writeNothing(out: usize): usize {
  store<u16>(out, 0x4e5c);
  return out + 2;
}

function writeNumber(out: usize, value: u32): usize {
  let digits = 1;
  for (let rest = value; rest > 9; rest /= 10) digits++;
  for (let at = out + digits - 1; at >= out; at--) {
    store<u8>(at, 0x30 + (value % 10));
    value /= 10;
  }
  return out + digits;
}

/** A batch ends with the line that makes it long enough, as in slice-writer.ts. */
function countLine(units: u32): bool {
  batchRows++;
  batchSize += units;
  if (units > batchLongest) batchLongest = units;
  return batchSize < batchUnits || endBatch();
}

export function endBatch(): bool {
  if (batchRows == 0) return true;
  const batch = BATCHES + 16 * batches;
  if (batch >= BATCHES_END) return decline(SIZE) != 0;
  store<u32>(batch, batchStart);
  store<u32>(batch, top, 4);
  store<u32>(batch, batchRows, 8);
  store<u32>(batch, batchLongest, 12);
  batches++;
  batchStart = top;
  batchRows = 0;
  batchSize = 0;
  batchLongest = 0;
  return true;
}

/** Puts the person keys into their lines. */
export function writeKeys(): void {
  for (let index: u32 = 0; index < rows; index++) {
    const row = ROWS + ROW * index;
    const person = load<u32>(row, 12);
    if (person == 0) continue;
    const to = <usize>load<u32>(row, 16);
    writeKey(to, person);
  }
}

/** Room behind the lines that may be overwritten. */
export function behindLines(size: usize): usize {
  return reserve(top, size) ? top : decline(SIZE);
}
