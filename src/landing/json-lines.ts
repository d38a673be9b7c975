import { createHash } from 'node:crypto';
import type { Instant } from '../contracts/json.ts';

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

const tab = 0x09;
const lineBreak = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const nothing = Buffer.from('null');

/** Where lines are put together, before they are copied out at their size. One for all parts: nobody waits in between. */
let scratch = Buffer.alloc(0);
/** A bigger one, for a record of megabytes, is not kept. */
const mostScratch = 4 * 1024 * 1024;

/**
 * Converts whole lines of `formatLine` to one JSON object each, as BigQuery loads them; the record's text stays as it is.
 * Nothing is parsed and nothing becomes a string: what stands between tabs is copied as bytes, quotes and backslashes with a
 * backslash before them (twice as fast as the same with strings).
 */
export function jsonLines(head: PartHead): (lines: Buffer) => JsonLines {
  const names = {
    start: Buffer.from(`{"_part":${head.part},"_n":`),
    key: Buffer.from(',"_primary_key":'),
    person: Buffer.from(',"_person_key":'),
    cursor: Buffer.from(',"_cursor_at":'),
    date: Buffer.from(',"_partition_date":'),
    hash: Buffer.from(
      `,"_item":${JSON.stringify(head.item)},"_extracted_at":${JSON.stringify(head.extractedAt)},"_record_hash":`,
    ),
    record: Buffer.from(',"record":'),
    end: Buffer.from('}\n'),
  };
  // A field has two quotes, or is `null` for the two bytes of `noValue`.
  const added = Object.values(names).reduce((sum, name) => sum + name.length, 0) + 5 * 2;
  return (lines) => {
    const most = 2 * lines.length + added * countOf(lines, lineBreak);
    const out = most <= scratch.length ? scratch : Buffer.allocUnsafeSlow(most);
    if (out.length <= mostScratch) scratch = out;
    let at = 0;
    let to = 0;
    let end = 0;
    const name = (bytes: Buffer): void => {
      out.set(bytes, to);
      to += bytes.length;
    };
    const field = (): void => {
      if (at >= end) throw new Error('A landing line does not have its seven fields');
      if (lines[at] === backslash && lines[at + 1] === 0x4e && lines[at + 2] === tab) {
        name(nothing);
        at += 3;
        return;
      }
      out[to++] = quote;
      for (; at < end && lines[at] !== tab; at += 1) {
        const byte = lines[at]!;
        if (byte === quote || byte === backslash) out[to++] = backslash;
        out[to++] = byte;
      }
      if (at >= end) throw new Error('A landing line does not have its seven fields');
      out[to++] = quote;
      at += 1;
    };
    let longest = 0;
    while (at < lines.length) {
      const from = to;
      end = lines.indexOf(lineBreak, at);
      if (end === -1) throw new Error('A landing line does not have its seven fields: its end is missing');
      name(names.start);
      for (; at < end && lines[at] !== tab; at += 1) out[to++] = lines[at]!;
      at += 1;
      name(names.key);
      field();
      name(names.person);
      field();
      name(names.cursor);
      field();
      name(names.date);
      field();
      name(names.hash);
      field();
      name(names.record);
      to += lines.copy(out, to, at, end);
      name(names.end);
      longest = Math.max(longest, to - from);
      at = end + 1;
    }
    return { data: Buffer.from(out.subarray(0, to)), longest };
  };
}

function countOf(bytes: Buffer, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) count += 1;
  return count;
}

/** The same for bytes that are cut anywhere: a local part on its way to a store of objects. */
export async function* toJsonLines(chunks: AsyncIterable<Buffer>, head: PartHead): AsyncGenerator<Buffer> {
  const convert = jsonLines(head);
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(lineBreak) + 1;
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
