import assert from 'node:assert/strict';
import type { Json, JsonObject } from '../../../src/contracts/json.ts';
import type { AnyStream } from '../contract.ts';
import { Exploder } from '../explode.ts';
import { assertSame, mapRecords, readAgain, setAt, withLimit, type Check, type StreamCase } from './case.ts';

const isDeclared = (stream: AnyStream<never>): boolean => !('read' in stream);

/** Paging and records: every row once, and as the source sent it. */
export const rowChecks: readonly Check[] = [
  {
    name: 'every row once under the declared paging, and the same with small pages',
    run: async (stream) => {
      const { rows, end } = stream.undisturbed;
      const keys = rows.map(({ _primary_key }) => _primary_key);
      assert.equal(new Set(keys).size, keys.length, 'a key came twice');
      if (end.total !== null) assert.equal(end.units, end.total, 'units read and stated total differ');
      const smaller = withLimit(stream, Math.max(1, Math.ceil(end.units / 3)));
      if (smaller !== undefined) assertSame(stream, await readAgain(stream, { connector: smaller }));
      if (stream.truth !== undefined) {
        const ours = stream.memories.fresh.live(stream.name).map(({ _primary_key }) => _primary_key);
        assert.deepEqual([...ours].sort(), [...stream.truth].sort(), 'the keys differ from those the world holds');
      }
    },
  },
  {
    name: 'ends on an empty, a short and a full last page',
    appliesTo: isDeclared,
    run: async (stream) => {
      const { units } = stream.undisturbed.end;
      // A full last page (one page, and two), and a short one: never more than one request beyond the rows.
      for (const limit of [units, units + 1, units / 2].filter((size) => size >= 1 && Number.isInteger(size))) {
        const connector = withLimit(stream, limit);
        if (connector === undefined) continue;
        const outcome = await readAgain(stream, { connector });
        assertSame(stream, outcome);
        assert.ok(
          outcome.requests <= Math.ceil(units / limit) + 1,
          `${outcome.requests} requests for ${units} records by ${limit}`,
        );
      }
      const { records, total } = declared(stream);
      if (records === '') return;
      stream.relay.transform = (body) => {
        const emptied = mapRecords(body, records, () => []);
        return total === undefined ? emptied : setAt(emptied, total.split('.'), 0);
      };
      const { read, error, requests } = await readAgain(stream);
      if (error !== undefined && requests > 0 && /empty pages/.test(error.message)) return;
      assert.equal(error, undefined);
      assert.deepEqual([read?.rows.length, read?.end.incomplete], [0, undefined]);
    },
  },
  {
    name: 'primary keys are present and unique',
    run: async ({ reads, stream }) => {
      const seen = new Map<string, string>();
      for (const { rows, slice } of reads.fresh) {
        for (const { _primary_key: key } of rows) {
          const parts = JSON.parse(key) as readonly string[];
          assert.equal(parts.length, stream.primaryKey.length);
          assert.ok(
            parts.some((part) => part !== ''),
            `an empty key in slice ${slice.id}`,
          );
          const other = seen.get(key);
          // Rounds of one stream read some rows again; slices of one round must not.
          assert.ok(
            other === undefined || (stream.plan?.rounds ?? 1) > 1,
            `the key ${key} is in slice ${other} and ${slice.id}`,
          );
          seen.set(key, slice.id);
        }
      }
    },
  },
  {
    name: 'cursor values and partition dates are plausible in the declared unit (2005–2100)',
    run: async ({ reads, stream }) => {
      const rows = reads.fresh.flatMap((read) => read.rows);
      const isPlausible = (time: string): boolean => time >= '2005' && time < '2101';
      const cursors = rows.flatMap(({ _cursor_at }) => (_cursor_at === null ? [] : [_cursor_at]));
      const dates = rows.flatMap(({ _partition_date }) => (_partition_date === null ? [] : [_partition_date]));
      if (stream.cursor !== 'full-refresh') assert.ok(cursors.length > 0, 'no row has a cursor value');
      if (stream.partitionBy !== undefined) assert.ok(dates.length > 0, 'no row has a partition date');
      assert.deepEqual(
        [...cursors, ...dates].filter((time) => !isPlausible(time)),
        [],
      );
      assert.equal(reads.fresh.flatMap((read) => read.rejected).length, 0, 'records of the simulator were refused');
    },
  },
  {
    name: 'an unknown field is kept',
    appliesTo: isDeclared,
    run: async (stream) => {
      const { records } = declared(stream);
      const field = 'mailmart_suite_field';
      const extra = { nested: [1, 'ü'] };
      const add = (record: Json): Json => ({ ...(record as JsonObject), [field]: extra });
      const { explode } = stream.stream;
      stream.relay.transform = (body) =>
        mapRecords(body, records, (all) =>
          all.map((record) =>
            explode === undefined ? add(record) : mapRecords(record, explode.field, (inner) => inner.map(add)),
          ),
        );
      const { read, error } = await readAgain(stream);
      assert.equal(error, undefined);
      assert.equal(read?.rows.length, stream.undisturbed.rows.length);
      for (const { record } of read?.rows ?? []) assert.deepEqual(record[field], extra);
    },
  },
  {
    name: 'a wrong type is quarantined alone, with its path',
    appliesTo: isDeclared,
    run: async (stream) => {
      const { records } = declared(stream);
      let spoilt: string | undefined;
      stream.relay.transform = (body) =>
        spoilt === undefined
          ? mapRecords(body, records, (all) => all.map((record) => (spoilt === undefined ? spoil(record) : record)))
          : body;
      const spoil = (record: Json): Json => {
        const [changed, field] = withWrongType(stream, record as JsonObject);
        spoilt = field;
        return changed;
      };
      const { read, error } = await readAgain(stream);
      if (error !== undefined) throw error;
      assert.ok(spoilt !== undefined, 'the schema guards no field of the answer');
      assert.deepEqual(
        read?.rejected.map(({ path }) => path.split(/[.\]]/).at(-1) === spoilt),
        [true],
        `${spoilt} got a wrong type, and refused were: ${read?.rejected.map(({ path }) => path).join(', ') || 'none'}`,
      );
      assert.equal(read?.rows.length, stream.undisturbed.rows.length - 1);
      assert.equal(read?.end.incomplete, undefined);
    },
  },
];

function declared<C>(stream: StreamCase<C>): {
  readonly records: string;
  readonly total?: string;
} {
  assert.ok('records' in stream.stream);
  return stream.stream;
}

/** The record with an object in the place of the first field that the schema guards: a key field where one is in the answer. */
function withWrongType<C>({ stream, slice }: StreamCase<C>, outer: JsonObject): readonly [Json, string | undefined] {
  const wrong = { mailmart: 'wrong type' };
  const { explode } = stream;
  const first =
    explode === undefined
      ? { record: { ...outer, ...slice.inherit }, source: outer as Json }
      : new Exploder(explode, slice.inherit).inner(outer)?.[0];
  if (first === undefined) return [outer, undefined];
  const own = Object.keys(first.source as JsonObject).filter((field) => !Object.hasOwn(slice.inherit, field));
  const keys = (stream.primaryKey as readonly string[]).filter((field) => own.includes(field));
  const field = [...keys, ...own].find((name) => !stream.schema.safeParse({ ...first.record, [name]: wrong }).success);
  if (field === undefined) return [outer, undefined];
  if (explode === undefined) return [{ ...outer, [field]: wrong }, field];
  const inner = outer[explode.field] as readonly JsonObject[];
  return [
    { ...outer, [explode.field]: inner.map((item, index) => (index === 0 ? { ...item, [field]: wrong } : item)) },
    field,
  ];
}
