import { createHash } from 'node:crypto';
import type { Instant } from '../contracts/json.ts';
import { noValue } from './line.ts';

/** What every line of one part has in common. */
export type PartHead = {
  /** See `partNumber`. */
  readonly part: number;
  readonly item: string;
  readonly extractedAt: Instant;
};

/** Lines of newline-delimited JSON, and the bytes of the longest. */
export type JsonLines = { readonly data: Buffer; readonly longest: number };

/**
 * The number that stands for a part in its lines: 52 bits of a hash of its name, exact as a double and as an INT64. Who has the
 * list of parts knows from it which part, and so which place in the order, a row has.
 */
export function partNumber(partName: string): number {
  return Number.parseInt(createHash('sha256').update(partName).digest('hex').slice(0, 13), 16);
}

/** What a turn makes at most before it becomes bytes: ropes of text are dear to flatten when they are long. */
const mostPending = 64 * 1024;

/**
 * Converts whole lines of `formatLine` to one JSON object each, as BigQuery loads them; the record's text stays as it is.
 * Nothing is parsed: the bytes are read as Latin-1, one character each, cut at their tabs and written back the same way, so
 * that UTF-8 passes through untouched.
 */
export function jsonLines(head: PartHead): (lines: Buffer) => JsonLines {
  const start = `{"_part":${head.part},"_n":`;
  const middle = `,"_item":${asBytes(JSON.stringify(head.item))},"_extracted_at":${asBytes(JSON.stringify(head.extractedAt))},"_record_hash":`;
  return (lines) => {
    const text = lines.toString('latin1');
    const done: Buffer[] = [];
    let pending = '';
    let longest = 0;
    for (let at = 0; at < text.length;) {
      const key = text.indexOf('\t', at) + 1;
      const person = text.indexOf('\t', key) + 1;
      const cursor = text.indexOf('\t', person) + 1;
      const date = text.indexOf('\t', cursor) + 1;
      const hash = text.indexOf('\t', date) + 1;
      const record = text.indexOf('\t', hash) + 1;
      const end = text.indexOf('\n', at);
      // A tab that was not found makes a place 0.
      const isWhole =
        key > 0 && person > key && cursor > person && date > cursor && hash > date && record > hash && end >= record;
      if (!isWhole) throw new Error('A landing line does not have its seven fields');
      const line =
        `${start}${text.slice(at, key - 1)},"_primary_key":"${escaped(text.slice(key, person - 1))}"` +
        `,"_person_key":${field(text.slice(person, cursor - 1))},"_cursor_at":${field(text.slice(cursor, date - 1))}` +
        `,"_partition_date":${field(text.slice(date, hash - 1))}${middle}${field(text.slice(hash, record - 1))}` +
        `,"record":${text.slice(record, end)}}\n`;
      longest = Math.max(longest, line.length);
      pending += line;
      if (pending.length >= mostPending) {
        done.push(Buffer.from(pending, 'latin1'));
        pending = '';
      }
      at = end + 1;
    }
    if (pending !== '') done.push(Buffer.from(pending, 'latin1'));
    return { data: done.length === 1 ? (done[0] ?? Buffer.alloc(0)) : Buffer.concat(done), longest };
  };
}

/** The same for bytes that are cut anywhere: a local part on its way to a store of objects. */
export async function* toJsonLines(chunks: AsyncIterable<Buffer>, head: PartHead): AsyncGenerator<Buffer> {
  const convert = jsonLines(head);
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(0x0a) + 1;
    if (end === 0) {
      rest.push(chunk);
      continue;
    }
    yield convert(Buffer.concat([...rest, chunk.subarray(0, end)])).data;
    rest = end === chunk.length ? [] : [chunk.subarray(end)];
  }
  if (rest.length > 0) throw new Error('A landing part ends within a line');
}

const keyStart = ',"_primary_key":"';
/** Cannot stand within the key: every quote there has a backslash before it. */
const keyEnd = '","_person_key":';

/** The primary key of a line made here. */
export function keyOfJsonLine(line: string): string {
  const start = line.indexOf(keyStart) + keyStart.length;
  return JSON.parse(`"${line.slice(start, line.indexOf(keyEnd, start))}"`) as string;
}

/** JSON text and times hold no control characters, so that quotes and backslashes are all there is to escape. */
function escaped(text: string): string {
  return /["\\]/.test(text) ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text;
}

const field = (text: string): string => (text === noValue ? 'null' : `"${escaped(text)}"`);

const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
