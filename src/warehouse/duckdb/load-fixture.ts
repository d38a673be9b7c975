import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../contracts/clock.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { LandedRow, PartFile, Slice, StreamKey } from '../../contracts/sync.ts';
import { createLocalLanding } from '../../landing/local.ts';
import type { Landing } from '../../landing/port.ts';
import type { LoadUnit, Warehouse } from '../port.ts';
import { openDuckdb } from './open.ts';

/** For tests only: a warehouse in a folder of its own, and units landed the way a sync lands them. */
export type Fixture = {
  readonly folder: string;
  readonly landing: Landing;
  readonly path: string;
  readonly publishedPath: string;
  readonly open: (clock?: Clock) => Promise<Warehouse>;
  readonly remove: () => void;
};

export const now = '2026-06-30T12:00:00.000Z';
export const frozen: Clock = { now: () => now };
export const key: StreamKey = { source: 'mailchimp', accountId: 'shop', stream: 'members' };

export function createFixture(
  folder = mkdtempSync(join(tmpdir(), 'mailmart-warehouse-')),
  partBytes = 100_000,
): Fixture {
  const landing = createLocalLanding(join(folder, 'landing'), { partBytes });
  const path = join(folder, 'warehouse.duckdb');
  const publishedPath = join(folder, 'published.duckdb');
  return {
    folder,
    landing,
    path,
    publishedPath,
    open: (clock = frozen) => openDuckdb({ path, landing, publishedPath, clock, memoryLimit: '512MB' }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function row(id: string, record: JsonObject, item = 'list=1'): LandedRow {
  return {
    _primary_key: JSON.stringify([id]),
    _person_key: null,
    _cursor_at: '2026-06-01T02:00:00.5+02:00',
    _partition_date: null,
    _item: item,
    _record_hash: createHash('sha256').update(JSON.stringify(record)).digest('hex'),
    _extracted_at: now,
    record,
    text: JSON.stringify(record),
  };
}

export function sliceOf(item: string, mode: Slice['mode'] = 'full'): Slice {
  return { id: item, item, mode, pathParams: {}, inherit: {}, next: { readAt: now, total: 1 } };
}

/** Lands rows, each item's as one finished slice, and returns the unit that loads them. */
export async function landUnit(
  landing: Landing,
  unit: Partial<LoadUnit> & Pick<LoadUnit, 'runId' | 'batchId' | 'fence'>,
  rows: readonly LandedRow[],
  rejected: LoadUnit['rejected'] = [],
): Promise<LoadUnit> {
  const unitKey = unit.key ?? key;
  const items = [...new Set(rows.map((landed) => landed._item))];
  const parts: PartFile[] = [];
  for (const item of items.length === 0 ? [''] : items) {
    const slice: Slice = { ...sliceOf(item), id: `batch=${unit.batchId},item=${item}` };
    const own = rows.filter((landed) => landed._item === item);
    const writer = await landing.openSlice(unitKey, unit.runId, slice);
    await writer.append(own, []);
    const counts = { pages: 1, requests: 1, units: own.length, total: null };
    parts.push(...(await writer.finish({ slice, state: slice.next, ...counts })).parts);
  }
  return {
    key: unitKey,
    table: { source: unitKey.source, stream: unitKey.stream, partitioned: false },
    parts,
    rejected,
    checkpoints: new Map([['list=1', { ...sliceOf('list=1').next, cursor: unit.batchId }]]),
    sweep: [],
    extractedAt: now,
    ...unit,
  };
}
