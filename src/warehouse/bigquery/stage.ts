import { createHash } from 'node:crypto';
import { partNumber } from '../../landing/json-lines.ts';
import { WarehouseError, type LoadUnit } from '../port.ts';
import type { Deps } from './deps.ts';
import { isNotFound, refusalOf } from './errors.ts';
import { labelValue } from './names.ts';
import { upload } from './upload.ts';
import type { Field } from './values.ts';

const field = (name: string, type: string): Field => ({ name, type });

/** Columns of a landed line; see landing's `json-lines.ts`. */
const stageFields: readonly Field[] = [
  field('_part', 'INT64'),
  field('_n', 'INT64'),
  field('_primary_key', 'STRING'),
  field('_person_key', 'STRING'),
  field('_cursor_at', 'TIMESTAMP'),
  field('_partition_date', 'DATE'),
  field('_item', 'STRING'),
  field('_extracted_at', 'TIMESTAMP'),
  field('_record_hash', 'STRING'),
  field('record', 'JSON'),
];

/** A staging table with the rows of a unit, one a key. */
export type Stage = {
  readonly name: string;
  /** The table with every row of the unit, copies of keys included; the same one where there are none. */
  readonly all: string;
  readonly rows: number;
  readonly duplicates: number;
  /** First and last partition date, null where no row has one. */
  readonly from: string | null;
  readonly to: string | null;
  readonly hasUndated: boolean;
};

export const unitLabels = (deps: Deps, unit: LoadUnit) => ({
  ...deps.labels,
  source: labelValue(unit.key.source),
  stream: labelValue(unit.key.stream),
  run: labelValue(unit.runId),
});

/** What names the work of a unit: run, stream, batch and the very parts. */
export const unitIdentity = (deps: Deps, unit: LoadUnit): readonly string[] => [
  deps.names.dataset('raw'),
  unit.key.source,
  unit.key.accountId,
  unit.key.stream,
  unit.runId,
  unit.batchId,
  ...unit.parts.map(({ name, sha256 }) => `${name} ${sha256}`),
];

/**
 * Loads the parts of a unit into a staging table that expires by itself; null for a unit without rows. `round`: how often a finished
 * job's table was found gone. Returns `gone` when this round's is too.
 */
export async function stageParts(deps: Deps, unit: LoadUnit, round: number): Promise<Stage | null | 'gone'> {
  const { jobs, names } = deps;
  const expected = unit.parts.reduce((sum, { rows }) => sum + rows, 0);
  if (expected === 0) return null;
  const identity = unitIdentity(deps, unit);
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
  const name = `loads.${unit.key.source}__${unit.key.stream}__${hash}`;
  const labels = unitLabels(deps, unit);
  const attempted = `Load ${unit.key.source} ${unit.key.stream}`;
  const load = { destination: names.reference(name), fields: stageFields, labels };
  // A finished job whose table has expired, or was cleared, is loaded anew.
  const roundIdentity = round === 0 ? ['load', ...identity] : ['load', ...identity, `again ${round}`];
  if (deps.landing.kind === 'gcs') {
    const sourceUris = unit.parts.filter(({ rows }) => rows > 0).map((part) => deps.landing.locate(part.name));
    await jobs.load(attempted, roundIdentity, { ...load, sourceUris });
  } else await jobs.load(attempted, roundIdentity, load, upload(deps, unit.parts));
  if (!(await isThere(deps, name))) return 'gone';
  try {
    return await checked(deps, unit, name, expected);
  } catch (error) {
    // Another worker with the same unit has committed it, and dropped its table, a moment ago.
    if (isNotFound(error)) return 'gone';
    throw error;
  }
}

export const isThere = async (deps: Deps, name: string): Promise<boolean> =>
  (await deps.client.find(`Look at ${name}`, { path: deps.names.path(name) })) !== null;

async function checked(deps: Deps, unit: LoadUnit, name: string, expected: number): Promise<Stage> {
  const { jobs, names } = deps;
  const labels = unitLabels(deps, unit);
  const attempted = `Check the rows of ${unit.key.source} ${unit.key.stream}`;
  const { rows } = await jobs.query(
    attempted,
    `select count(*) as row_count, count(distinct _primary_key) as key_count, min(_partition_date) as first_date,
      max(_partition_date) as last_date, countif(_partition_date is null) as undated_count
    from ${names.quote(name)}`,
    { labels },
  );
  const [facts] = rows;
  const found = Number(facts?.['row_count'] ?? 0);
  if (found !== expected) {
    throw new WarehouseError(
      `The landing parts of ${unit.key.source} ${unit.key.stream} hold ${found} rows, their manifests say ${expected}.`,
      {
        kind: 'drift',
        fix: 'Run the sync again: the slices are read from the source anew. Nothing of this load was kept.',
      },
    );
  }
  const keys = Number(facts?.['key_count'] ?? 0);
  const stage = {
    rows: keys,
    duplicates: found - keys,
    from: (facts?.['first_date'] ?? null) as string | null,
    to: (facts?.['last_date'] ?? null) as string | null,
    hasUndated: Number(facts?.['undated_count'] ?? 0) > 0,
  };
  if (stage.duplicates === 0) return { name, all: name, ...stage };
  // The last in the order of parts, and of rows within them, counts; of an immutable stream the first.
  const order = unit.table.immutable === true ? 'parts.place, stage._n' : 'parts.place desc, stage._n desc';
  const single = `${name}__single`;
  // Another worker with the same unit may have made the same table, and may be reading it.
  const making = jobs.query(
    attempted,
    `create table ${names.quote(single)} as
    select * except (place)
    from (
      select stage.*, row_number() over (
        partition by stage._primary_key order by ${order}) as place
      from ${names.quote(name)} as stage
      inner join (select part, place from unnest(@parts) as part with offset as place) as parts
        on cast(stage._part as string) = parts.part)
    where place = 1`,
    { params: { parts: unit.parts.map((part) => String(partNumber(part.name))) }, labels },
  );
  await making.catch((error: unknown) => {
    if (!/already exists/i.test(refusalOf(error).message)) throw error;
  });
  return { name: single, all: name, ...stage };
}

/** Removes a staging table early. The emulator pays for each removal with memory that it never frees: there it stays. */
export async function dropTable(deps: Deps, name: string): Promise<void> {
  if (deps.client.isEmulator) return;
  await deps.client.find(`Drop ${name}`, { method: 'DELETE', path: deps.names.path(name) });
}
