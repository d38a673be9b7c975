import type { Instant, Json, JsonObject } from '../../src/contracts/json.ts';
import type { ItemState, LandedRow, RejectedRow, Slice } from '../../src/contracts/sync.ts';
import type { AnyStream, Cursor, ReadPage } from './contract.ts';
import { ConnectorError } from './errors.ts';
import { explodeRecord } from './explode.ts';
import { timeMs } from './instant.ts';
import { exactText, flawOf } from './json.ts';
import { acceptRecord, type Accepted, type Refused } from './record.ts';
import type { SliceEvent } from './slice-events.ts';

const SMALLEST_PAGE_FOR_SHARE = 20;

/** What a drain needs to know of its slice. */
export type DrainOptions = {
  readonly slice: Slice;
  readonly now: Instant;
  /** Secret salt of `_person_key`. */
  readonly salt: string;
  /** Share of a page of 20 records and more that may be refused before the answer's shape is blamed. Default 0.05. */
  readonly maxRejectedShare?: number;
};

type Result = (Accepted | Refused) & { readonly position: string };

/** One pass over a slice's pages: what was read, and whether the source held still. */
export class Drain {
  /** Set when the source was seen to change under the read. */
  changed: string | undefined;
  private pages = 0;
  private units = 0;
  private total: number | null = null;
  /** Key → page it was on. */
  private readonly keys = new Map<string, number>();
  /** Key → record hash of the current page. */
  private readonly pageHashes = new Map<string, string>();
  private newest: { readonly ms: number; readonly text: string } | undefined;
  private lastMs = Number.NEGATIVE_INFINITY;
  /** Records refused so far. */
  private refused = 0;
  private blamed: readonly string[] | undefined;
  private readonly cursor: Cursor<unknown> | undefined;
  private readonly connector: string;
  private readonly name: string;
  private readonly stream: AnyStream<never>;
  private readonly options: DrainOptions;

  constructor(connector: string, name: string, stream: AnyStream<never>, options: DrainOptions) {
    this.connector = connector;
    this.name = name;
    this.stream = stream;
    this.options = options;
    this.cursor = stream.cursor === 'full-refresh' ? undefined : (stream.cursor as Cursor<unknown>);
  }

  page(page: ReadPage): SliceEvent {
    this.pages += 1;
    this.pageHashes.clear();
    const formless = page.rejected ?? [];
    const units = page.records.length + formless.length;
    this.units += units;
    const total = page.total ?? null;
    if (this.pages > 1 && total !== this.total)
      this.changed ??= `the stated total changed from ${this.total} to ${total} while it was paged`;
    this.total = total;

    const results = page.records.flatMap((record, index) =>
      this.results(record, `page ${this.pages} record ${index + 1}`),
    );
    const rows: LandedRow[] = [];
    const rejected: RejectedRow[] = formless.map((row) => ({ slice: this.options.slice.id, ...row }));
    for (const result of results) {
      if (result.kind === 'row') {
        if (this.isWanted(result)) rows.push(result.row);
      } else {
        const { position, path, reason, record } = result;
        rejected.push({ slice: this.options.slice.id, position, path, reason, record });
      }
    }
    this.refused += rejected.length;
    const considered = results.length + formless.length;
    const share = considered === 0 ? 0 : rejected.length / considered;
    if (considered >= SMALLEST_PAGE_FOR_SHARE && share > (this.options.maxRejectedShare ?? 0.05)) {
      this.blamed = [...new Set(rejected.map(({ path }) => path))].slice(0, 5);
    }
    return { kind: 'page', rows, rejected, units, total, bytes: page.bytes };
  }

  /** Fails when too much of the last page was refused. Called after its event went out: refused records are always kept. */
  assertShape(): void {
    if (this.blamed === undefined) return;
    throw new ConnectorError(
      `${this.connector} stream ${this.name}: too many records of page ${this.pages} were refused, first at ${this.blamed.join(', ')}`,
      {
        kind: 'contract',
        connector: this.connector,
        stream: this.name,
        fix: 'The data has another shape than declared. Compare these fields: those of an API with its reference (and report it), those of a file with the mapping in mailmart.yaml.',
      },
    );
  }

  /** After the last page: what shows that this read is not the whole, or undefined. */
  atEnd(skipped: string | undefined): string | undefined {
    if (this.changed !== undefined) return this.changed;
    if (skipped !== undefined) return this.pages === 0 ? undefined : 'it vanished at the source while it was paged';
    if (this.total === null || this.total === this.units) return undefined;
    return `${this.units} records were read where the source states ${this.total}`;
  }

  end(incomplete: string | undefined, skipped: string | undefined): SliceEvent {
    const { slice } = this.options;
    const whole = incomplete === undefined && skipped === undefined;
    const cursor = this.newest?.text;
    // What was refused is asked for again where the source may mend it: a read that left records out is not remembered as
    // this state of a campaign. A file with the same bytes would only be refused the same rows.
    const { fingerprint, ...next } = slice.next;
    const state: ItemState = {
      ...next,
      ...(fingerprint === undefined || (this.refused > 0 && slice.next.phase !== undefined) ? {} : { fingerprint }),
      ...(whole && this.cursor !== undefined && cursor !== undefined && this.isAhead(slice.next.cursor)
        ? { cursor }
        : {}),
      ...(slice.mode === 'full' ? { total: this.total, read: this.units } : {}),
    };
    const ending = {
      ...(incomplete === undefined ? {} : { incomplete }),
      ...(skipped === undefined ? {} : { skipped }),
    };
    return { kind: 'end', state, total: this.total, units: this.units, pages: this.pages, ...ending };
  }

  private results(raw: Json, position: string): readonly Result[] {
    const { slice, now, salt } = this.options;
    const list = 'read' in this.stream || this.stream.records === '' ? '' : `${this.stream.records}[].`;
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
      return [
        { kind: 'rejected', position, path: list.slice(0, -1), reason: 'Expected an object', record: exactText(raw) },
      ];
    }
    const outer = raw as JsonObject;
    const context = { slice, now, salt, prefix: list };
    const explode = this.stream.explode;
    if (explode === undefined)
      return this.once(acceptRecord(this.stream, { ...outer, ...slice.inherit }, outer, null, context), position);
    const flaw = flawOf(outer);
    if (flaw !== undefined)
      return [{ kind: 'rejected', position, path: list + flaw.key, reason: flaw.reason, record: exactText(outer) }];
    const inner = explodeRecord(outer, explode, slice.inherit);
    if (inner === null)
      return [
        {
          kind: 'rejected',
          position,
          path: `${list}${explode.field}`,
          reason: 'Expected an array',
          record: exactText(outer),
        },
      ];
    if (
      explode.keep.length > 0 &&
      this.earlierPage(JSON.stringify(explode.keep.map((field) => outer[field]))) !== undefined
    )
      return [];
    const deeper = { ...context, prefix: `${list}${explode.field}[].` };
    const keys = new Set<string>();
    return inner.map(({ record, source }, index) => {
      const place = `${position} ${explode.field} ${index + 1}`;
      const result = acceptRecord(this.stream, record, source, outer, deeper);
      if (result.kind === 'rejected' || keys.size < keys.add(result.row._primary_key).size)
        return { ...result, position: place };
      const reason = 'Two inner records have the same primary key: an ordinal tells equal ones apart';
      return {
        kind: 'rejected',
        path: this.keyPath(deeper.prefix),
        reason,
        record: exactText(source),
        position: place,
      };
    });
  }

  private keyPath(prefix: string): string {
    return prefix + (this.stream.primaryKey as readonly string[]).join(', ');
  }

  /** The result, unless its key was read before: a copy is dropped, and a differing row under the same key refused. */
  private once(result: Accepted | Refused, position: string): readonly Result[] {
    if (result.kind === 'rejected') return [{ ...result, position }];
    const { _primary_key: key, _record_hash: hash, record } = result.row;
    const page = this.earlierPage(key);
    if (page === undefined) {
      this.pageHashes.set(key, hash);
      return [{ ...result, position }];
    }
    if (page < this.pages || this.pageHashes.get(key) === hash) return [];
    return [
      {
        kind: 'rejected',
        position,
        path: this.keyPath(''),
        reason: 'The key appears twice on this page, with different content',
        record: exactText(record),
      },
    ];
  }

  /** The page on which this key was read before, if any. An earlier page means that rows moved while they were paged. */
  private earlierPage(key: string): number | undefined {
    const page = this.keys.get(key);
    if (page === undefined) this.keys.set(key, this.pages);
    else if (page < this.pages) this.changed ??= 'a record came on two pages: rows moved while they were paged';
    return page;
  }

  /** Notes the row's cursor; false for a row outside the window of an incremental read. */
  private isWanted({ cursorMs, cursorText }: Accepted): boolean {
    if (this.cursor === undefined || cursorMs === null || cursorText === null) return true;
    if (this.cursor.order === 'ascending' && cursorMs < this.lastMs) {
      throw new ConnectorError(
        `${this.connector} stream ${this.name}: "${this.cursor.field}" is declared ascending, but page ${this.pages} goes back`,
        {
          kind: 'contract',
          connector: this.connector,
          stream: this.name,
          fix: 'Declare the cursor unsorted, or ask the API for this order.',
        },
      );
    }
    this.lastMs = cursorMs;
    const { slice, now } = this.options;
    if (slice.mode === 'incremental') {
      const from = timeMs(slice.window?.from, this.cursor.unit);
      const to = timeMs(slice.window?.to, this.cursor.unit);
      if ((from != null && cursorMs < from) || (to != null && cursorMs > to)) return false;
    }
    // A cursor in the future would hide everything that happens until then: the row is kept, the checkpoint is not.
    if (cursorMs <= Date.parse(now) && (this.newest === undefined || isLater(cursorMs, cursorText, this.newest)))
      this.newest = { ms: cursorMs, text: cursorText };
    return true;
  }

  private isAhead(stored: string | undefined): boolean {
    const ms = timeMs(stored, this.cursor!.unit);
    return (
      ms == null ||
      this.newest === undefined ||
      ms > Date.parse(this.options.now) ||
      isLater(this.newest.ms, this.newest.text, { ms, text: stored! })
    );
  }
}

/** Later, or as late in milliseconds with finer digits. */
const isLater = (ms: number, text: string, other: { readonly ms: number; readonly text: string }): boolean =>
  ms > other.ms || (ms === other.ms && text > other.text);
