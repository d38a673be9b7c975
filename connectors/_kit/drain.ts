import type { Instant, Json, JsonObject } from '../../src/contracts/json.ts';
import type { ItemState, LandedRow, RejectedRow, Slice } from '../../src/contracts/sync.ts';
import type { AnyStream, Cursor, Explode, ReadPage } from './contract.ts';
import { ConnectorError, mendFile } from './errors.ts';
import { Exploder } from './explode.ts';
import { timeMs } from './instant.ts';
import { exactText, flawOf } from './json.ts';
import { KeySet } from './key-set.ts';
import { planOf } from './press/plan.ts';
import { Press, type Lines, type Pressed } from './press/press.ts';
import { acceptRecord, EARLIEST_MS, LATEST_AFTER_NOW_MS, type Accepted, type EdgeContext } from './record.ts';
import type { Drained, SliceEvent } from './slice-events.ts';

const SMALLEST_PAGE_FOR_SHARE = 20;

/** What a drain needs to know of its slice. */
export type DrainOptions = {
  readonly slice: Slice;
  readonly now: Instant;
  /** Secret salt of `_person_key`. */
  readonly salt: string;
  /** Share of a page of 20 records and more that may be refused before the answer's shape is blamed. Default 0.05. */
  readonly maxRejectedShare?: number;
  /**
   * Takes each row as it is made; the pages' events then hold none. A page's rows need not be in memory together, and what
   * is dropped at once costs the garbage collector nothing.
   */
  readonly sink?: (row: LandedRow) => void;
  /** Takes rows of pages that are worked in WebAssembly. Absent: all are worked here. */
  readonly lines?: LineSink;
};

/** Where finished lines go, between the rows of a sink. */
export type LineSink = {
  /** Number of the next row. */
  readonly nextRow: () => number;
  /** UTF-16 units after which lines are to be handed over. */
  readonly batchUnits: number;
  readonly add: (lines: Lines) => void;
};

/** What a page has become: rows for landing and records refused. */
type Sorted = { readonly rows: LandedRow[]; readonly rejected: RejectedRow[] };

/** One pass over a slice's pages: what was read, and whether the source held still. */
export class Drain {
  /** Set when the source was seen to change under the read. */
  changed: string | undefined;
  private pages = 0;
  private units = 0;
  private total: number | null = null;
  /** Keys of earlier pages. */
  private readonly earlier = new KeySet();
  /** Key → record hash of the current page. */
  private readonly pageKeys = new Map<string, string>();
  private newest: { readonly ms: number; readonly text: string } | undefined;
  private lastMs = Number.NEGATIVE_INFINITY;
  /** Records refused so far. */
  private refused = 0;
  private refusedFrom: string | undefined;
  /** Rows kept so far. */
  private accepted = 0;
  private blamed: string | undefined;
  private exploder: Exploder | undefined;
  /** What pages said is missing, each line once. */
  private readonly missing = new Set<string>();
  private readonly gaps = new Set<string>();
  private readonly cursor: Cursor<unknown> | undefined;
  private readonly window: { readonly fromMs: number; readonly toMs: number };
  private readonly nowMs: number;
  /** Inner records cannot share a key: it holds their ordinal and all that the ordinal goes by. */
  private readonly isNumbered: boolean;
  /** Rows of a file do not move while it is read. */
  private readonly isFile: boolean;
  private readonly connector: string;
  private readonly name: string;
  private readonly stream: AnyStream<never>;
  private readonly options: DrainOptions;

  constructor(connector: string, name: string, stream: AnyStream<never>, options: DrainOptions) {
    this.connector = connector;
    this.name = name;
    this.stream = stream;
    this.options = options;
    // What was posted is read by offsets: its time moves no checkpoint.
    const isRead = stream.cursor === 'full-refresh' || stream.push !== undefined;
    this.cursor = isRead ? undefined : (stream.cursor as Cursor<unknown>);
    this.nowMs = Date.parse(options.now);
    const { ordinal, ordinalBy = [] } = stream.explode ?? {};
    const key: readonly string[] = stream.primaryKey;
    this.isNumbered = ordinal !== undefined && [ordinal, ...ordinalBy].every((field) => key.includes(field));
    this.isFile = 'read' in stream && stream.mode === 'file';
    const { window, mode } = options.slice;
    const edge = (text: string | undefined): number | undefined =>
      this.cursor === undefined || mode === 'full' ? undefined : (timeMs(text, this.cursor.unit) ?? undefined);
    this.window = { fromMs: edge(window?.from) ?? -Infinity, toMs: edge(window?.to) ?? Infinity };
  }

  page(page: ReadPage): SliceEvent & { readonly kind: 'page' } {
    this.pages += 1;
    const formless = page.rejected ?? [];
    const units = (page.pressed?.units ?? page.records.length) + formless.length;
    this.units += units;
    const total = page.total ?? null;
    if (this.pages > 1 && total !== this.total)
      this.changed ??= `the stated total changed from ${this.total} to ${total} while it was paged`;
    this.total = total;
    if (page.moved !== undefined) this.changed ??= page.moved;
    if (page.incomplete !== undefined) this.missing.add(page.incomplete);
    if (page.gap !== undefined) this.gaps.add(page.gap);

    const before = this.accepted;
    const sorted: Sorted = { rows: [], rejected: [] };
    for (const { isAhead, ...row } of formless) {
      sorted.rejected.push({ slice: this.options.slice.id, ...row });
      this.noteRefused(null, isAhead);
    }
    // A day that has yet to come says nothing against the shape.
    const ahead = formless.filter(({ isAhead }) => isAhead === true).length;
    let considered = formless.length;
    for (let index = 0; index < page.records.length; index += 1)
      considered += this.take(page.records[index]!, index, page.positionOf, sorted);
    // Of an immutable stream a key may come again: nothing has moved.
    if (this.stream.immutable !== true) for (const key of this.pageKeys.keys()) this.earlier.add(key);
    this.pageKeys.clear();
    if (page.pressed !== undefined) this.takePressed(page.pressed);
    const { rows, rejected } = sorted;
    const misshapen = rejected.length - ahead;
    const share = considered === 0 ? 0 : misshapen / considered;
    // What was posted stays as it is: see `pushStream`.
    const mayBlame = this.stream.push === undefined && considered >= SMALLEST_PAGE_FOR_SHARE;
    if (mayBlame && share > (this.options.maxRejectedShare ?? 0.05)) {
      const { position, path, reason } = rejected.find((_, index) => formless[index]?.isAhead !== true)!;
      const read = this.isFile ? 'rows' : `records of page ${this.pages}`;
      const whole = this.isFile ? 'file' : 'slice';
      this.blamed = `${misshapen} of ${considered} ${read} were refused, so nothing of the ${whole} is stored. The first: ${position}, ${path}: ${reason}.`;
    }
    return { kind: 'page', rows, count: this.accepted - before, rejected, units, total, bytes: page.bytes };
  }

  /**
   * Works pages in WebAssembly, in the order in which they are read, each when those before it are taken; undefined where the
   * stream or the caller cannot. Null for a page with anything unusual, a key of an earlier page included.
   */
  press(): ((body: Uint8Array) => Pressed | null) | undefined {
    const { lines, slice, salt } = this.options;
    const plan = lines === undefined ? undefined : planOf(this.stream, slice);
    if (lines === undefined || plan === undefined) return undefined;
    const { nowMs } = this;
    const latestMs = nowMs + LATEST_AFTER_NOW_MS;
    const { batchUnits } = lines;
    const press = new Press(this.connector, plan, {
      ...this.window,
      nowMs,
      earliestMs: EARLIEST_MS,
      latestMs,
      salt,
      batchUnits,
    });
    return (body) => {
      const pressed = press.page(body, lines.nextRow(), this.lastMs);
      return pressed === null || this.earlier.hasAny(pressed.keys) ? null : pressed;
    };
  }

  private takePressed({ firstRow, lines, keys, rows, newest, lastMs }: Pressed): void {
    const sink = this.options.lines!;
    if (firstRow !== sink.nextRow())
      throw new Error('A page was worked before the rows of the one before it were taken');
    for (const some of lines) sink.add(some);
    this.earlier.addAll(keys);
    this.accepted += rows;
    this.lastMs = lastMs;
    if (newest !== undefined && (this.newest === undefined || isLater(newest.ms, newest.text, this.newest)))
      this.newest = newest;
  }

  /** Goes on where an earlier attempt stopped. */
  async restore(earlier: Drained, keys: AsyncIterable<string>): Promise<void> {
    this.pages = earlier.pages;
    this.units = earlier.units;
    this.total = earlier.total;
    this.refused = earlier.refused;
    this.refusedFrom = earlier.refusedFrom;
    this.newest = earlier.newest;
    this.lastMs = earlier.lastMs ?? Number.NEGATIVE_INFINITY;
    for await (const key of keys) this.earlier.add(key);
  }

  /** What a later attempt needs to know of the pages so far. */
  save(): Drained {
    const { pages, units, total, refused, refusedFrom, newest, lastMs } = this;
    return {
      pages,
      units,
      total,
      refused,
      ...(refusedFrom === undefined ? {} : { refusedFrom }),
      ...(newest === undefined ? {} : { newest }),
      ...(Number.isFinite(lastMs) ? { lastMs } : {}),
    };
  }

  /** Fails when too much of the last page was refused. */
  assertShape(): void {
    if (this.blamed === undefined) return;
    throw new ConnectorError(`${this.connector} stream ${this.name}: ${this.blamed}`, {
      kind: 'contract',
      connector: this.connector,
      stream: this.name,
      fix: this.isFile
        ? mendFile
        : 'The data has another shape than declared: compare the field with the vendor’s reference, and report it.',
    });
  }

  /** What a later pass over the slice refused is asked for again, too. */
  owe({ refusedFrom }: Drain): void {
    if (this.refusedFrom === undefined || refusedFrom === '') this.refusedFrom = refusedFrom;
  }

  /** After the last page: what shows that this read is not the whole, or undefined. */
  atEnd(skipped: string | undefined): string | undefined {
    if (this.changed !== undefined) return this.changed;
    if (skipped !== undefined) return this.pages === 0 ? undefined : 'it vanished at the source while it was paged';
    if (this.total === null || this.total === this.units) return undefined;
    return `${this.units} records were read where the source states ${this.total}`;
  }

  end(changed: string | undefined, skipped: string | undefined): SliceEvent {
    const { slice } = this.options;
    const incomplete = changed ?? listed(this.missing);
    const gap = listed(this.gaps);
    const whole = incomplete === undefined && skipped === undefined;
    const cursor = this.newest?.text;
    const { refusedFrom: _, ...next } = slice.next;
    // What was refused is asked for again where the source, or time, may mend it.
    const isMendable = this.isFile || this.cursor !== undefined || slice.next.phase !== undefined;
    const state: ItemState = {
      ...next,
      ...(whole && this.cursor !== undefined && cursor !== undefined && this.isAhead(slice.next.cursor)
        ? { cursor }
        : {}),
      ...(isMendable && this.refusedFrom !== undefined ? { refusedFrom: this.refusedFrom } : {}),
      ...(slice.mode === 'full' ? { total: this.total, read: this.units } : {}),
      ...(gap === undefined ? {} : { explainedGap: gap }),
    };
    const ending = {
      ...(incomplete === undefined ? {} : { incomplete }),
      ...(skipped === undefined ? {} : { skipped }),
    };
    return { kind: 'end', state, total: this.total, units: this.units, pages: this.pages, ...ending };
  }

  /** Sorts one record of the page, or what it explodes into; returns how many records that were. */
  private take(raw: Json, index: number, positionOf: ReadPage['positionOf'], sorted: Sorted): number {
    const { slice, now, salt } = this.options;
    const position = (): string => positionOf?.(index) ?? `page ${this.pages} record ${index + 1}`;
    const list = 'read' in this.stream || this.stream.records === '' ? '' : `${this.stream.records}[].`;
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
      const path = list.slice(0, -1);
      return this.refuse({ path, reason: 'Expected an object', record: exactText(raw) }, position(), sorted);
    }
    const outer = raw as JsonObject;
    const context = { slice, now, nowMs: this.nowMs, salt, prefix: list };
    const { explode } = this.stream;
    if (explode !== undefined) return this.takeInner(outer, explode, context, position, sorted);
    const result = acceptRecord(this.stream, { ...outer, ...slice.inherit }, outer, null, context);
    if (result.kind === 'rejected') return this.refuse(result, position(), sorted, outer);
    return this.takeOnce(result, position, sorted);
  }

  private refuse(
    refused: Pick<RejectedRow, 'path' | 'reason' | 'record' | 'key'>,
    position: string,
    { rejected }: Sorted,
    source: Json = null,
  ): number {
    const { path, reason, record, key } = refused;
    const known = key === undefined ? {} : { key };
    rejected.push({ slice: this.options.slice.id, position, path, reason, record, ...known });
    this.noteRefused(source);
    return 1;
  }

  /** Keeps how far back the next read must go to meet this record again. */
  private noteRefused(source: Json, isAhead = false): void {
    this.refused += 1;
    // A file with the same bytes would be refused the same rows on every day.
    if (this.isFile && !isAhead) return;
    if (this.cursor === undefined) this.refusedFrom = '';
    if (this.cursor === undefined || this.refusedFrom === '') return;
    const { field, unit } = this.cursor;
    const isObject = typeof source === 'object' && source !== null && !Array.isArray(source);
    const value = isObject ? (source as JsonObject)[field] : undefined;
    const ms = typeof value === 'string' || typeof value === 'number' ? timeMs(value, unit) : undefined;
    const known = timeMs(this.refusedFrom, unit);
    // A time in the future, or none, tells nothing of where the record lies.
    if (ms == null || ms > this.nowMs) this.refusedFrom = '';
    else if (known == null || ms < known) this.refusedFrom = String(value);
  }

  private takeInner(
    outer: JsonObject,
    explode: Explode,
    context: EdgeContext,
    position: () => string,
    sorted: Sorted,
  ): number {
    const flaw = flawOf(outer);
    if (flaw !== undefined) {
      const path = context.prefix + flaw.key;
      return this.refuse({ path, reason: flaw.reason, record: exactText(outer) }, position(), sorted);
    }
    this.exploder ??= new Exploder(explode, context.slice.inherit);
    const inner = this.exploder.inner(outer);
    if (inner === null) {
      const path = `${context.prefix}${explode.field}`;
      return this.refuse({ path, reason: 'Expected an array', record: exactText(outer) }, position(), sorted);
    }
    if (explode.keep.length > 0) {
      const key = JSON.stringify(explode.keep.map((field) => outer[field]));
      if (this.pageKeys.has(key) || this.isEarlier(key)) return 0;
      this.pageKeys.set(key, '');
    }
    const deeper = { ...context, prefix: `${context.prefix}${explode.field}[].` };
    const keys = inner.length > 1 && !this.isNumbered ? new Set<string>() : undefined;
    for (let index = 0; index < inner.length; index += 1) {
      const { record, source } = inner[index]!;
      const place = (): string => `${position()} ${explode.field} ${index + 1}`;
      const result = acceptRecord(this.stream, record, source, outer, deeper);
      if (result.kind === 'rejected') {
        this.refuse(result, place(), sorted, source);
      } else if (keys !== undefined && keys.size === keys.add(result.row._primary_key).size) {
        const reason = 'Two inner records have the same primary key: an ordinal tells equal ones apart';
        this.refuse({ path: this.keyPath(deeper.prefix), reason, record: exactText(source) }, place(), sorted);
      } else if (this.isWanted(result)) {
        this.keep(result.row, sorted);
      }
    }
    return inner.length;
  }

  private keep(row: LandedRow, { rows }: Sorted): void {
    if (this.options.sink === undefined) rows.push(row);
    else this.options.sink(row);
    this.accepted += 1;
  }

  private keyPath(prefix: string): string {
    return prefix + (this.stream.primaryKey as readonly string[]).join(', ');
  }

  /**
   * Keeps the row, unless its key was read before: a copy is dropped, and a differing row under the same key refused. Of an immutable
   * stream only copies within a page are: which content came first, the load knows, over all that was ever loaded.
   */
  private takeOnce(result: Accepted, position: () => string, sorted: Sorted): number {
    const { _primary_key: key, _record_hash: hash } = result.row;
    const known = this.pageKeys.get(key);
    if (known === undefined) {
      if (this.isFile && this.earlier.has(key)) return this.refuseTwice(result, position, sorted);
      if (this.isEarlier(key)) return 0;
      this.pageKeys.set(key, hash);
      if (this.isWanted(result)) this.keep(result.row, sorted);
      return 1;
    }
    if (known === hash) return 0;
    if (this.stream.immutable === true) {
      this.keep(result.row, sorted);
      return 1;
    }
    return this.refuseTwice(result, position, sorted);
  }

  private refuseTwice(
    { row: { _primary_key: key, record } }: Accepted,
    position: () => string,
    sorted: Sorted,
  ): number {
    const reason = `The key appears twice ${this.isFile ? 'in the file' : 'on this page'}, with different content`;
    return this.refuse({ path: this.keyPath(''), reason, record: exactText(record), key }, position(), sorted, record);
  }

  /** Whether this key was on an earlier page, which means that rows moved while they were paged. */
  private isEarlier(key: string): boolean {
    if (!this.earlier.has(key)) return false;
    this.changed ??= 'a record came on two pages: rows moved while they were paged';
    return true;
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
    if (cursorMs < this.window.fromMs || cursorMs > this.window.toMs) return false;
    // A cursor in the future would hide everything that happens until then: the row is kept, the checkpoint is not.
    if (cursorMs <= this.nowMs && (this.newest === undefined || isLater(cursorMs, cursorText, this.newest)))
      this.newest = { ms: cursorMs, text: cursorText };
    return true;
  }

  private isAhead(stored: string | undefined): boolean {
    const ms = timeMs(stored, this.cursor!.unit);
    return (
      ms == null ||
      this.newest === undefined ||
      ms > this.nowMs ||
      isLater(this.newest.ms, this.newest.text, { ms, text: stored! })
    );
  }
}

/** A few of the lines, the rest counted; undefined where there is none. */
function listed(lines: ReadonlySet<string>): string | undefined {
  if (lines.size === 0) return undefined;
  const more = lines.size > 3 ? `; and ${lines.size - 3} more` : '';
  return `${[...lines].slice(0, 3).join('; ')}${more}`;
}

/** Later, or as late in milliseconds with finer digits. */
const isLater = (ms: number, text: string, other: { readonly ms: number; readonly text: string }): boolean =>
  ms > other.ms || (ms === other.ms && text > other.text);
