import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { glob, open, opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { FileConfig, FileSpec } from './config.ts';
import type { FileRow } from './mapping.ts';
import { storedColumns, type CellText } from './parquet-columns.ts';

/** A file as a whole cannot be read. The message says what to do. */
export class FileError extends Error {}

/** A row that could not even be split into columns. */
export type BrokenRow = {
  /** Where it begins, and where it was given up: an open quotation mark takes in the lines after it. */
  readonly line: number;
  readonly lastLine: number;
  readonly reason: string;
  readonly text: string;
};

export type RowBatch = {
  /** Columns that the file has, in each of its rows; null where each row has its own. */
  readonly columns: readonly string[] | null;
  /** The line of row 1; null where a file has no lines. */
  readonly firstLine: number | null;
  readonly rows: readonly FileRow[];
  readonly broken: readonly BrokenRow[];
  readonly bytes: number;
};

const batchSize = 2000;
const noText = 'a spreadsheet or an archive, not its rows: save the sheet as "CSV UTF-8", or unpack the archive';
/** How ZIP archives, which .xlsx are, too, and the .xls of old begin. */
const binaryMagic: readonly string[] = ['504b0304', 'd0cf11e0'];
const maxRowBytes = 16 * 1024 * 1024;

/** Files of one spec, sorted by name. A path without wildcards must exist. */
export async function listFiles(config: FileConfig, spec: FileSpec): Promise<readonly string[]> {
  const files: string[] = [];
  if (/[*?[{]/.test(spec.path)) {
    await requireFolders(config, spec);
    for await (const name of glob(spec.path, { cwd: config.project_dir }))
      files.push(path.resolve(config.project_dir, name));
  } else {
    files.push(path.resolve(config.project_dir, spec.path));
  }
  for (const file of files) {
    const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES') throw error;
      return null;
    });
    if (info === null || !info.isFile()) {
      throw new FileError(
        `the file ${spec.path} was not found: check files[].path, which is relative to mailmart.yaml`,
      );
    }
  }
  return files.toSorted();
}

/** Node's glob passes over a folder that it may not read as if it were empty: its files would count as moved away. */
async function requireFolders(config: FileConfig, spec: FileSpec): Promise<void> {
  const folders = spec.path.split('/').slice(0, -1);
  for (const depth of folders.keys()) {
    const pattern = folders.slice(0, depth + 1).join('/');
    if (pattern === '') continue;
    for await (const entry of glob(pattern, { cwd: config.project_dir, withFileTypes: true })) {
      if (!entry.isFile()) await (await opendir(path.join(entry.parentPath, entry.name))).close();
    }
  }
}

/** SHA-256 of the bytes: a file is read again only when it moves. */
export async function contentHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export function formatOf(file: string, spec: FileSpec): 'csv' | 'tsv' | 'ndjson' | 'parquet' {
  if (spec.format !== undefined) return spec.format;
  const name = file.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv')) return 'csv';
  if (name.endsWith('.tsv') || name.endsWith('.tab')) return 'tsv';
  if (/\.(ndjson|jsonl)$/.test(name)) return 'ndjson';
  if (name.endsWith('.parquet')) return 'parquet';
  if (/\.(xlsx?|xlsm|xlsb|ods|numbers)$/.test(name)) throw new FileError(`${path.basename(file)}: is ${noText}`);
  throw new FileError(`${path.basename(file)}: the name tells no format: add format: csv, tsv, ndjson or parquet`);
}

/** Rows in order, in batches, with flat memory. */
export async function* readRows(file: string, spec: FileSpec, signal: AbortSignal): AsyncIterable<RowBatch> {
  const format = formatOf(file, spec);
  try {
    if (format === 'parquet') yield* readParquet(file, signal);
    else if (format === 'ndjson') yield* readNdjson(file, signal);
    else yield* readCsv(file, spec.delimiter ?? (format === 'tsv' ? '\t' : ','), signal);
  } catch (error) {
    if (signal.aborted || error instanceof FileError) throw error;
    throw new FileError(`${path.basename(file)}: ${explain(error)}`, { cause: error });
  }
}

function explain(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA' || error instanceof TypeError) {
    return 'is not valid UTF-8: save it as UTF-8, for example with iconv -f windows-1252 -t utf-8';
  }
  if (code === 'Z_BUF_ERROR' || code === 'Z_DATA_ERROR')
    return 'the gzip data is cut off or damaged: copy the file again';
  if (code?.startsWith('CSV_') === true) return `${message ?? code} (is the delimiter right?)`;
  return message ?? String(error);
}

/** Text of a file, gunzipped where its first bytes say so, refused where it is not UTF-8. */
async function textOf(
  file: string,
  signal: AbortSignal,
): Promise<{ readonly text: Readable; readonly bytes: () => number }> {
  const handle = await open(file);
  const magic = Buffer.alloc(4);
  await handle.read(magic, 0, 4, 0);
  await handle.close();
  if ((magic[0] === 0xff && magic[1] === 0xfe) || (magic[0] === 0xfe && magic[1] === 0xff)) {
    throw new FileError(`${path.basename(file)}: is UTF-16: save it as UTF-8`);
  }
  if (binaryMagic.includes(magic.toString('hex'))) throw new FileError(`${path.basename(file)}: is ${noText}`);
  let bytes = 0;
  const raw = createReadStream(file, { signal });
  raw.on('data', (chunk) => {
    bytes += chunk.length;
  });
  const zipped = magic[0] === 0x1f && magic[1] === 0x8b;
  const gunzip = zipped ? createGunzip() : null;
  if (gunzip !== null) raw.on('error', (error) => gunzip.destroy(error));
  const source = gunzip === null ? raw : raw.pipe(gunzip);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = async function* (): AsyncIterable<string> {
    for await (const chunk of source) yield decoder.decode(chunk as Buffer, { stream: true });
    yield decoder.decode();
  };
  return { text: Readable.from(decode(), { objectMode: true }), bytes: () => bytes };
}

/** A line end of Windows as the parser gets it: of `\r\n` it counts both halves as lines where they are within quotation marks. */
const windows = '\n\0';

async function* countable(text: AsyncIterable<string>): AsyncIterable<string> {
  let held = '';
  for await (const chunk of text) {
    const whole = held + chunk;
    held = whole.endsWith('\r') ? '\r' : '';
    yield whole.slice(0, whole.length - held.length).replaceAll('\r\n', windows);
  }
  yield held;
}

const asWritten = (text: string): string => text.replaceAll(windows, '\r\n');

async function* readCsv(file: string, delimiter: string, signal: AbortSignal): AsyncIterable<RowBatch> {
  const { text, bytes } = await textOf(file, signal);
  const lines = Readable.from(countable(text), { objectMode: true });
  const broken: BrokenRow[] = [];
  let header: readonly string[] = [];
  const parser = parse({
    delimiter,
    // Each line ends as it ends. By default the first line decides for all: a header of Windows before lines of Unix made one row of the rest.
    record_delimiter: [windows, '\n', '\r'],
    bom: true,
    info: true,
    raw: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: maxRowBytes,
    columns: (names: string[]) => (header = checkHeader(file, names.map(asWritten))) as string[],
    on_skip: (error, raw) => {
      const { lines, message } = (error ?? {}) as { lines?: number; message?: string };
      const row = brokenRow(raw ?? '', lines ?? 0, rowReason(message ?? '', header.length));
      // The parser complains of each quotation mark of a row, and then of the row.
      const before = broken.at(-1)?.line === row.line ? broken.pop() : undefined;
      broken.push(before === undefined ? row : { ...row, reason: before.reason });
      return undefined;
    },
  });
  lines.on('error', (error) => parser.destroy(error));
  lines.pipe(parser);
  let rows: FileRow[] = [];
  for await (const { info, raw, record } of parser as AsyncIterable<ParsedRow>) {
    if (isBlank(record)) continue;
    const { line, text: written } = rowText(raw, info.lines);
    // By line, not by count: a broken row that is mended later must not renumber the rows after it.
    rows.push({ number: line - 1, values: written.includes(windows) ? cellsAsWritten(record) : record });
    if (rows.length >= batchSize) {
      // The parser is ahead: a broken row is judged with the rows around it, or the last batch would have them all.
      const ahead = broken.findIndex((one) => one.line > line);
      yield {
        columns: header,
        firstLine: 2,
        rows,
        broken: broken.splice(0, ahead === -1 ? broken.length : ahead),
        bytes: bytes(),
      };
      rows = [];
    }
  }
  if (header.length === 0)
    throw new FileError(`${path.basename(file)}: is empty: a first line with the column names is needed`);
  yield { columns: header, firstLine: 2, rows, broken, bytes: bytes() };
}

type ParsedRow = {
  readonly info: { readonly lines: number };
  readonly raw: string;
  readonly record: Readonly<Record<string, string>>;
};

function cellsAsWritten(record: ParsedRow['record']): ParsedRow['record'] {
  return Object.fromEntries(Object.entries(record).map(([name, cell]) => [name, asWritten(cell)]));
}

/** Spreadsheets write rows that were emptied as separators alone. (The parser's own option also drops the row after a broken one.) */
function isBlank(row: Readonly<Record<string, string>>): boolean {
  for (const column in row) if (row[column]?.trim() !== '') return false;
  return true;
}

function checkHeader(file: string, written: readonly string[]): readonly string[] {
  const names = written.map((name) => name.trim());
  if (/^sep=/i.test(names[0] ?? ''))
    throw new FileError(
      `${path.basename(file)}: begins with a line for Excel, ${names[0]}: delete it, the header is to be first`,
    );
  // Columns without a name, as spreadsheets leave them at the end, can be mapped to nothing.
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at);
  if (twice !== undefined) throw new FileError(`${path.basename(file)}: two columns are named ${twice}: rename one`);
  if (names.length > 10_000)
    throw new FileError(`${path.basename(file)}: has ${names.length} columns: is the delimiter right?`);
  return names;
}

/** A row and the line where it begins. `lines` is where the parser stands: it counts what ends a line once it has gone on. */
function rowText(raw: string, lines: number): { readonly text: string; readonly line: number } {
  const text = raw.replace(/^[\r\n]+/, '');
  return { text, line: lines - linesIn(text.slice(0, -1)) };
}

const linesIn = (text: string): number => text.match(/\r\n?|\n/g)?.length ?? 0;

function brokenRow(raw: string, lines: number, reason: string): BrokenRow {
  const { text: marked, line } = rowText(raw, lines);
  const text = asWritten(marked);
  return { line, lastLine: line + linesIn(text.trimEnd()), reason, text };
}

function rowReason(message: string, columns: number): string {
  if (message.includes('Invalid Record Length')) return `the row does not have the ${columns} columns of the header`;
  if (/quote/i.test(message)) return 'a quotation mark is not closed or not doubled';
  return message.replace(/[:,] .*/s, '');
}

async function* readNdjson(file: string, signal: AbortSignal): AsyncIterable<RowBatch> {
  const { text, bytes } = await textOf(file, signal);
  let failure: unknown;
  text.on('error', (error) => {
    failure = error;
  });
  let number = 0;
  let rows: FileRow[] = [];
  let broken: BrokenRow[] = [];
  for await (const line of createInterface({ input: text, crlfDelay: Infinity })) {
    number += 1;
    const trimmed = line.replace(/^\uFEFF/, '').trim();
    if (trimmed === '') continue;
    const value = parseLine(trimmed);
    if (value === null)
      broken.push({ line: number, lastLine: number, reason: 'the line is not one JSON object', text: line });
    else rows.push({ number, values: value });
    if (rows.length >= batchSize) {
      yield { columns: null, firstLine: 1, rows, broken, bytes: bytes() };
      rows = [];
      broken = [];
    }
  }
  if (failure !== undefined) throw failure;
  yield { columns: null, firstLine: 1, rows, broken, bytes: bytes() };
}

/** Top-level values as text; numbers exactly as written. */
function parseLine(line: string): Record<string, string> | null {
  try {
    const reviver = function (
      this: unknown,
      _key: string,
      value: unknown,
      context?: { readonly source?: string },
    ): unknown {
      return typeof value === 'number' ? (context?.source ?? String(value)) : value;
    };
    const value: unknown = JSON.parse(line, reviver);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return textValues(value as Record<string, unknown>);
  } catch {
    return null;
  }
}

function textValues(
  value: Readonly<Record<string, unknown>>,
  texts?: ReadonlyMap<string, CellText>,
): Record<string, string> {
  const row: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, cell] of Object.entries(value)) {
    const isEmpty = cell === null || cell === undefined;
    row[name] = isEmpty ? '' : (texts?.get(name) ?? textOfCell)(cell);
  }
  return row;
}

function textOfCell(cell: unknown): string {
  if (typeof cell === 'string') return cell;
  if (cell instanceof Date) return cell.toISOString();
  if (typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean') return String(cell);
  return JSON.stringify(cell, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));
}

async function* readParquet(file: string, signal: AbortSignal): AsyncIterable<RowBatch> {
  const buffer = await asyncBufferFromFile(file);
  const footer = await parquetMetadataAsync(buffer).catch((error: unknown) => {
    throw new FileError(`${path.basename(file)}: is not a readable Parquet file (${explain(error)})`);
  });
  const { metadata, texts, columns } = storedColumns(footer);
  const total = Number(metadata.num_rows);
  // Once, too, for a file without rows: its columns are looked at all the same.
  for (let start = 0; start === 0 || start < total; start += 10_000) {
    signal.throwIfAborted();
    const end = Math.min(start + 10_000, total);
    const records = await parquetReadObjects({ file: buffer, metadata, compressors, rowStart: start, rowEnd: end });
    yield {
      columns,
      firstLine: null,
      rows: records.map((record, at) => ({ number: start + at + 1, values: textValues(record, texts) })),
      broken: [],
      bytes: Math.round((buffer.byteLength * end) / Math.max(total, 1)),
    };
  }
}
