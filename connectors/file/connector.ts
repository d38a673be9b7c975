import path from 'node:path';
import { z } from 'zod';
import { faultText, fileFault } from '../../src/contracts/file-fault.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import {
  defineConnector,
  type CheckFinding,
  type CustomStream,
  type ReadContext,
  type ReadPage,
} from '../_kit/contract.ts';
import { ConnectorError, mendFile } from '../_kit/errors.ts';
import { fileConfig, type FileConfig, type FileSpec } from './config.ts';
import { entities, entityNames, type EntityName } from './entities.ts';
import type { Entity } from './entity.ts';
import { feeds } from './feeds.ts';
import { createMapper, type RowMapper } from './mapping.ts';
import { filesOf, mappingsOf, planFiles } from './plan.ts';
import { FileError, listFiles, readRows, type BrokenRow, type RowBatch } from './readers.ts';

/** Which fields there are depends on the entity; the mapping has already checked and typed each of them. */
type FileRecord = Readonly<Record<string, unknown>>;
const record: z.ZodType<FileRecord> = z.looseObject({ file: z.string(), row_number: z.number() });

function stream(name: EntityName): CustomStream<FileConfig, FileRecord> {
  const entity: Entity = entities[name];
  return {
    description: entity.description,
    schema: record,
    primaryKey: entity.key,
    ...('person' in entity.fields ? { person: 'person' } : {}),
    ...(entity.partitionBy === undefined ? {} : { partitionBy: entity.partitionBy }),
    cursor: 'full-refresh',
    plan: {
      why: 'a slice is a file, read again only when its bytes changed',
      slices: (context) => named(name, planFiles(name, context)),
    },
    read: (context) => readFile(name, context),
    why: 'files are no API: rows come from disk and become several entities by a declared mapping',
    mode: 'file',
  };
}

/** Mappers for the columns that the file has: one that a mapping needs and that is not there makes all rows wrong. */
function mappersOf(
  item: string,
  spec: FileSpec,
  mappings: ReturnType<typeof mappingsOf>,
  { columns }: RowBatch,
  latest: number,
): readonly RowMapper[] {
  const mappers = mappings.map(({ mapping, index }) => createMapper(item, spec, mapping, index, columns, latest));
  const missing = [...new Set(mappers.flatMap((mapper) => mapper.missingColumns))];
  if (missing.length > 0) {
    throw new FileError(
      `${path.basename(item)}: has no column ${missing.join(', ')}: it has ${(columns ?? []).slice(0, 30).join(', ')}` +
        (columns?.length === 1 ? ' (is the delimiter right?)' : ''),
    );
  }
  return mappers;
}

async function* readFile(name: EntityName, context: ReadContext<FileConfig>): AsyncIterable<ReadPage> {
  const { file = '', spec: at = '0' } = context.slice.pathParams;
  const spec = context.config.files[Number(at)];
  if (spec === undefined) throw failure(name, `files[${at}] is no longer in mailmart.yaml: run the sync again`);
  // A future time is a wrong unit more often than a clock that runs fast: two days of grace.
  const latest = Date.parse(context.now) + 2 * 86_400_000;
  const mappings = mappingsOf(spec, name);
  let mappers: readonly RowMapper[] | null = null;
  try {
    for await (const batch of readRows(file, spec, context.signal)) {
      mappers ??= mappersOf(context.slice.item, spec, mappings, batch, latest);
      const rowAt = (number: number): string => `${path.basename(file)} ${placeOf(number, batch)}`;
      const records: JsonObject[] = [];
      const rejected: NonNullable<ReadPage['rejected']>[number][] = batch.broken.map((row) => ({
        position: `${path.basename(file)} ${linesOf(row)}`,
        path: '(row)',
        reason: row.reason,
        record: row.text,
      }));
      for (const row of batch.rows) {
        for (const mapper of mappers) {
          const mapped = mapper.map(row);
          if (mapped.kind === 'record') records.push(mapped.record);
          else if (mapped.kind === 'rejected') {
            rejected.push({
              position: rowAt(row.number),
              path: mapped.path,
              reason: mapped.reason,
              record: JSON.stringify(row.values),
              isAhead: mapped.isAhead === true,
            });
          }
        }
      }
      const positionOf = (index: number): string => rowAt(Number(records[index]?.['row_number']));
      yield { records, rejected, positionOf, bytes: batch.bytes };
    }
  } catch (error) {
    if (error instanceof FileError) throw failure(name, error.message, error);
    throw error;
  }
}

/** As an editor numbers it. */
const placeOf = (number: number, { firstLine }: RowBatch): string =>
  firstLine === null ? `row ${number}` : `line ${firstLine + number - 1}`;

const linesOf = ({ line, lastLine }: BrokenRow): string =>
  lastLine > line ? `lines ${line} to ${lastLine}` : `line ${line}`;

function failure(stream: string, message: string, cause?: unknown): ConnectorError {
  return new ConnectorError(message, { kind: 'contract', connector: 'file', stream, fix: mendFile }, { cause });
}

async function named<T>(stream: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof FileError ? failure(stream, error.message, error) : error;
  }
}

/** How many files of a path are looked into: the doctor has five seconds. */
const openedFiles = 10;

/** Opens a file: is it readable, and has it the columns that its mappings name. */
async function openFile(file: string, spec: FileSpec, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  try {
    for await (const batch of readRows(file, spec, AbortSignal.any([signal, ended.signal]))) {
      mappersOf(
        file,
        spec,
        spec.map.map((mapping, index) => ({ mapping, index })),
        batch,
        Number.POSITIVE_INFINITY,
      );
      return;
    }
  } finally {
    ended.abort();
  }
}

function failureText(error: unknown): string {
  const fault = fileFault(error instanceof FileError ? error.cause : error);
  if (fault !== undefined) return faultText(fault, 'the file');
  return error instanceof Error ? error.message : String(error);
}

/** Looks at each file: is it there, can it be read, has it the columns; and which mapping has no file. */
async function probe(config: FileConfig, signal: AbortSignal): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for (const spec of config.files) {
    const item = `file:${spec.path}`;
    try {
      const files = await listFiles(config, spec);
      for (const file of files.slice(0, openedFiles)) await openFile(file, spec, signal);
      findings.push(
        files.length > 0
          ? { item, status: 'ok', message: `${files.length} file${files.length === 1 ? '' : 's'} found` }
          : {
              item,
              status: 'warning',
              message: 'no file matches',
              fix: 'check files[].path, which is relative to mailmart.yaml',
            },
      );
    } catch (error) {
      signal.throwIfAborted();
      findings.push({ item, status: 'failed', message: failureText(error) });
    }
  }
  for (const name of entityNames) {
    // What else is wrong has been said above, by path.
    const failed = await filesOf(name, config).then(
      () => null,
      (error: Error) => error,
    );
    if (failed !== null && !findings.some(({ status }) => status === 'failed'))
      findings.push({ item: `files:${name}`, status: 'failed', message: failed.message });
  }
  return findings;
}

/** Files as a source: CSV, TSV, NDJSON, Parquet, each mapped to the core's entities. */
export const file = defineConnector(fileConfig as unknown as z.ZodType<FileConfig>, () => ({
  name: 'file',
  title: 'Files (CSV, TSV, NDJSON, Parquet)',
  docs: 'connectors/file/README.md',
  secrets: [],
  baseUrl: () => 'file://',
  auth: { kind: 'none' },
  limits: { default: { concurrency: 2 } },
  feeds,
  probe: ({ config, signal }) => probe(config, signal),
  streams: Object.fromEntries(entityNames.map((name) => [name, stream(name)])),
}));
