import type { JsonObject } from '../../src/contracts/json.ts';
import type { ReadPage } from './contract.ts';
import { NotJson, parseJsonBytes } from './json.ts';

const RECORDS_A_PAGE = 1_000;
/** Far longer than the longest record that is taken (8 MiB). */
const LONGEST_LINE = 16 * 1_048_576;
const LINE_FEED = 10;

/**
 * Pages of the records of a file with a JSON object in each line. A line that is no JSON is refused alone. `too long`: a line
 * goes on and on; nothing follows.
 */
export async function* recordLines(
  chunks: AsyncIterable<Uint8Array>,
  label: string,
): AsyncGenerator<ReadPage | 'too long'> {
  let page = emptyPage();
  let line = 0;
  for await (const bytes of lines(chunks)) {
    if (bytes === 'too long') {
      yield 'too long';
      return;
    }
    line += 1;
    if (isBlank(bytes)) continue;
    page.bytes += bytes.length + 1;
    try {
      // What is JSON and no object is refused by the engine, one by one.
      page.records.push(parseJsonBytes(bytes) as JsonObject);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      page.rejected.push({
        position: `${label} line ${line}`,
        path: '',
        reason: `Expected a JSON object: ${error.message}`,
        record: Buffer.from(bytes).toString('utf8'),
      });
    }
    if (page.records.length + page.rejected.length < RECORDS_A_PAGE) continue;
    yield page;
    page = emptyPage();
  }
  yield page;
}

type Page = { records: JsonObject[]; rejected: NonNullable<ReadPage['rejected']>[number][]; bytes: number };

const emptyPage = (): Page => ({ records: [], rejected: [], bytes: 0 });

/** Lines without their ends; the last one need not have any. */
async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | 'too long'> {
  let begun: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      const piece = chunk.subarray(from, end);
      yield begun.length === 0 ? piece : Buffer.concat([...begun, piece]);
      begun = [];
      length = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    begun.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > LONGEST_LINE) {
      yield 'too long';
      return;
    }
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 32 || byte === 13 || byte === 9);
