import path from 'node:path';
import type { JsonObject } from '../../src/contracts/json.ts';
import { parseCondition, type Condition } from './condition.ts';
import type { FieldSource, FileSpec, Mapping } from './config.ts';
import { entities } from './entities.ts';
import type { Entity, Field } from './entity.ts';
import { readValue, ValueError } from './values.ts';

export type FileRow = {
  /** First data row is 1; of text the line where the row begins, the header's not counted. */
  readonly number: number;
  readonly values: Readonly<Record<string, string>>;
};

export type Mapped =
  | { readonly kind: 'record'; readonly record: JsonObject }
  | { readonly kind: 'rejected'; readonly path: string; readonly reason: string; readonly isAhead?: boolean }
  | { readonly kind: 'unmatched' };

/** Turns rows of one file into records of one entity. Built once a file: columns that the file lacks are named at once. */
export type RowMapper = { readonly map: (row: FileRow) => Mapped; readonly missingColumns: readonly string[] };

export function createMapper(
  item: string,
  spec: FileSpec,
  mapping: Mapping,
  mapIndex: number,
  columns: readonly string[] | null,
  latest: number,
): RowMapper {
  const entity: Entity = entities[mapping.entity];
  const condition = mapping.when === undefined ? null : parseCondition(mapping.when);
  const used = [
    ...Object.values(mapping.fields).flatMap((source) => sourceColumn(source) ?? []),
    ...(mapping.key === 'row_number' ? [] : mapping.key),
    ...(condition?.columns ?? []),
  ];
  const missingColumns = columns === null ? [] : [...new Set(used.filter((column) => !columns.includes(column)))];
  const test: Condition = condition?.test ?? (() => true);

  const markOf = (column: string): '.' | ',' => declaredMark(mapping, column) ?? spec.decimal;

  const map = (row: FileRow): Mapped => {
    try {
      if (!test(row.values, markOf)) return { kind: 'unmatched' };
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      return { kind: 'rejected', path: `${mapping.entity}.when`, reason: error.message };
    }
    const key = mapping.key === 'row_number' ? [] : mapping.key.map((column) => (row.values[column] ?? '').trim());
    const rowKey = mapping.key === 'row_number' ? String(row.number) : key.join('|');
    if (mapping.key !== 'row_number' && key.includes('')) {
      return { kind: 'rejected', path: mapping.key.join(', '), reason: 'the key is empty: every row needs one' };
    }
    const record: Record<string, string | number | null> = {};
    for (const [name, field] of Object.entries(entity.fields)) {
      try {
        record[name] = fieldValue(name, field, mapping.fields[name], spec, row, latest);
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        const column = sourceColumn(mapping.fields[name]);
        return {
          kind: 'rejected',
          path: `${mapping.entity}.${name}`,
          reason: `${column === null ? 'the value' : `column ${column}`} ${error.message}`,
          isAhead: error.isAhead,
        };
      }
    }
    const refused = entity.refuse?.(record) ?? null;
    if (refused !== null) {
      return { kind: 'rejected', path: `${mapping.entity}.${refused[0]}`, reason: refused[1] };
    }
    // The path, not the name alone: files of one name in two folders would overwrite each other's rows. A number of a row says
    // nothing outside its file, but a column that names the person may be what another file states as recipient_id.
    const recipientId = mapping.key === 'row_number' ? `${item}#${rowKey}` : rowKey;
    defaults(record, entity, mapping, recipientId, `${item}#${mapIndex}:${rowKey}`);
    return { kind: 'record', record: { ...record, file: path.basename(item), row_number: row.number } };
  };
  return { map, missingColumns };
}

function fieldValue(
  name: string,
  field: Field,
  source: FieldSource | undefined,
  spec: FileSpec,
  row: FileRow,
  latest: number,
): string | null {
  if (source === undefined) return null;
  const how = { decimal: spec.decimal, timeZone: spec.time_zone, format: undefined };
  if (typeof source === 'object' && 'row_number' in source) return String(row.number);
  if (typeof source === 'object' && 'const' in source) {
    return readValue(source.const, field, { ...how, decimal: '.', timeZone: how.timeZone ?? 'UTC' }, latest);
  }
  const options = typeof source === 'string' ? { column: source } : source;
  const text = (row.values[options.column] ?? '').trim();
  if ('equals' in options && options.equals !== undefined) return String(text === options.equals);
  if (text === '') {
    if (field.required === true) throw new ValueError(`is empty, and ${name} is needed`);
    return null;
  }
  const word = 'values' in options ? (options.values?.[text] ?? text) : text;
  return readValue(
    word,
    field,
    {
      decimal: ('decimal' in options ? options.decimal : undefined) ?? spec.decimal,
      timeZone: spec.time_zone,
      format: 'format' in options ? options.format : undefined,
    },
    latest,
  );
}

/** Ids that are not mapped come from the file and the row's key; a person without an address is known by the recipient's id. */
function defaults(
  record: Record<string, string | number | null>,
  entity: Entity,
  mapping: Mapping,
  recipientId: string,
  rowId: string,
): void {
  if ('recipient_id' in entity.fields) record['recipient_id'] ??= recipientId;
  for (const [name, field] of Object.entries(entity.fields)) {
    if (field.type === 'id') record[name] ??= rowId;
  }
  if ('person' in entity.fields) record['person'] ??= `id:${record['recipient_id']}`;
  if ('status' in entity.fields) record['status'] ??= 'paid';
  if (mapping.entity === 'recipients') record['is_control'] ??= 'false';
  if ('variant' in entity.fields) record['attribution'] = mapping.attribution ?? null;
}

/** The decimal mark that a field of the mapping declares for a column. */
function declaredMark(mapping: Mapping, column: string): '.' | ',' | undefined {
  for (const source of Object.values(mapping.fields)) {
    if (typeof source === 'object' && 'decimal' in source && source.column === column) return source.decimal;
  }
  return undefined;
}

function sourceColumn(source: FieldSource | undefined): string | null {
  if (source === undefined) return null;
  if (typeof source === 'string') return source;
  return 'column' in source ? source.column : null;
}
