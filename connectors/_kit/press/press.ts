import { hash } from 'node:crypto';
import type { Json } from '../../../src/contracts/json.ts';
import { parseJsonBytes } from '../json.ts';
import { personKey, saltBlocks } from '../person-key.ts';
import { allow, type Check, type Shape } from './checks.ts';
import { pressModule, type Global, type PressModule } from './module.ts';
import type { Plan } from './plan.ts';

// Works the pages of a slice in WebAssembly, from the bytes of an answer to the bytes of landing lines, without an object or a
// text a record. It knows ordinary pages only and declines every other: what is unusual is worked, and refused, in one place, drain.ts.

/** Lines that a part takes as they are. `longest` in UTF-16 units. */
export type Lines = { readonly data: Buffer; readonly rows: number; readonly longest: number };

/** A page that was worked. Nothing of it counts until the drain takes it. */
export type Pressed = {
  /** The answer with no records. */
  readonly body: Json;
  /** Records in the API's own unit. */
  readonly units: number;
  readonly rows: number;
  readonly firstRow: number;
  readonly lines: readonly Lines[];
  /** Fingerprints as in key-set.ts, two words each. */
  readonly keys: Uint32Array;
  readonly newest: { readonly ms: number; readonly text: string } | undefined;
  readonly lastMs: number;
};

/** The times that rows are compared with, in milliseconds since 1970, and where a batch of lines ends. */
export type Bounds = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly salt: string;
  readonly batchUnits: number;
};

/** A page that made the memory larger than this gives it back: a slice's pages have like sizes, and one may be a giant. */
const mostKeptBytes = 160 * 1_048_576;

/** Memory and names of one thread: a page is worked in one go, so that all slices of the thread share it. */
let module: PressModule | undefined;
/** Whose plan the module holds: each press has bounds of its own. */
let loaded: Bounds | undefined;

/** Why the page worked last was declined (assembly/memory.ts), for people who measure. */
export const lastReason = (): number => module?.reason.value ?? 0;

/** The press of one slice. */
export class Press {
  private readonly connector: string;
  private readonly plan: Plan;
  private readonly bounds: Bounds;

  constructor(connector: string, plan: Plan, bounds: Bounds) {
    this.connector = connector;
    this.plan = plan;
    this.bounds = bounds;
  }

  /** The page, or null when anything in it is unusual. */
  page(bytes: Uint8Array, firstRow: number, lastMs: number): Pressed | null {
    const wasm = (module ??= pressModule(this.connector, keyOfAddress));
    // Shapes that came once are not kept for ever.
    if (loaded !== this.bounds || wasm.arenaUse() > 70) {
      load(wasm, this.plan, this.bounds);
      loaded = this.bounds;
    }
    const input = wasm.layOut(bytes.length);
    if (input === 0) return giveBack(null);
    new Uint8Array(wasm.memory.buffer, input, bytes.length).set(bytes);
    return giveBack(wasm.work(firstRow, lastMs) === 0 ? null : pressed(wasm, bytes, firstRow));
  }
}

/** Addresses in other than plain ASCII. */
function keyOfAddress(text: number, length: number, to: number): 0 | 1 {
  const bytes = Buffer.from(module!.memory.buffer);
  const address = JSON.parse(bytes.toString('utf8', text, text + length)) as string;
  if (address.trim() === '') return 0;
  bytes.write(personKey(loaded!.salt, address), to, 'latin1');
  return 1;
}

/** What was made, and the memory when it has grown too large. */
function giveBack(made: Pressed | null): Pressed | null {
  if (module !== undefined && module.memory.buffer.byteLength > mostKeptBytes) {
    module = undefined;
    loaded = undefined;
  }
  return made;
}

const told = (global: Global): number => global.value;

function pressed(wasm: PressModule, bytes: Uint8Array, firstRow: number): Pressed {
  const { buffer } = wasm.memory;
  hashRecords(wasm);
  const table = new Uint32Array(buffer, told(wasm.BATCHES), 4 * told(wasm.batches));
  const lines: Lines[] = [];
  for (let at = 0; at < table.length; at += 4) {
    const [start, end, rows, longest] = [table[at]!, table[at + 1]!, table[at + 2]!, table[at + 3]!];
    lines.push({ data: Buffer.from(new Uint8Array(buffer, start, end - start)), rows, longest });
  }
  const newestMs = told(wasm.newestMs);
  const text = (): string => Buffer.from(buffer, told(wasm.newestText), told(wasm.newestLength)).toString('latin1');
  const [start, end] = [told(wasm.arrayStart), told(wasm.arrayEnd)];
  return {
    body: parseJsonBytes(Buffer.concat([bytes.subarray(0, start), emptyArray, bytes.subarray(end)])),
    units: told(wasm.records),
    rows: told(wasm.rows),
    firstRow,
    lines,
    keys: new Uint32Array(buffer, told(wasm.KEYS), 2 * told(wasm.keyCount)).slice(),
    newest: Number.isNaN(newestMs) ? undefined : { ms: newestMs, text: text() },
    lastMs: told(wasm.lastMs),
  };
}

/**
 * Puts the hashes of the records into their lines. OpenSSL has the processor's own instructions for it, which WebAssembly has not:
 * a call costs 0.3 µs, but a record of a kilobyte 0.8 instead of 2.5.
 */
function hashRecords(wasm: PressModule): void {
  const rows = new Uint32Array(wasm.memory.buffer, told(wasm.ROWS), wordsOfRow * told(wasm.rows));
  const bytes = Buffer.from(wasm.memory.buffer);
  for (let at = 0; at < rows.length; at += wordsOfRow) {
    const text = rows[at]!;
    bytes.write(hash('sha256', bytes.subarray(text, text + rows[at + 1]!), 'hex'), rows[at + 2]!, 32, 'latin1');
  }
}

const wordsOfRow = 8;

const emptyArray = Buffer.from('[]');

/** Tells the module what the stream and the slice ask for. */
function load(wasm: PressModule, plan: Plan, bounds: Bounds): void {
  const { fromMs, toMs, nowMs, earliestMs, latestMs, batchUnits, salt } = bounds;
  wasm.beginPlan();
  const text = (bytes: Uint8Array): number => {
    const at = wasm.room(bytes.length);
    if (at === 0) throw new Error('The press has no room for the plan of a stream');
    new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
    return at;
  };
  const names = new Map<string, number>();
  const name = (of: string): number => {
    const known = names.get(of) ?? wasm.name(text(Buffer.from(`,"${of}":`)), of.length + 2);
    names.set(of, known);
    return known;
  };
  const check = ({ allowed, object, element }: Check): number =>
    wasm.check(allowed, object === undefined ? 0 : root(object), element === undefined ? 0 : check(element), 0);
  const declare = (at: number, shape: Shape): number => {
    for (const [member, { check: wanted, isRequired }] of shape)
      wasm.field(at, name(member), check(wanted), isRequired ? 1 : 0);
    return at;
  };
  const root = (shape: Shape): number => declare(wasm.root(), shape);

  const blocks = saltBlocks(salt);
  wasm.salt(text(blocks.inner), text(blocks.outer));
  wasm.field(wasm.rootOf(0), name(plan.records), wasm.check(allow.anything, 0, 0, 1), 1);
  declare(wasm.rootOf(plan.explode === undefined ? 1 : 2), plan.shape);
  if (plan.explode !== undefined) {
    const { field, keep } = plan.explode;
    wasm.field(wasm.rootOf(1), name(field), wasm.check(allow.anything, 0, 0, 2), 0);
    for (const kept of keep) {
      const declared = plan.shape.get(kept);
      wasm.field(wasm.rootOf(1), name(kept), declared === undefined ? wasm.anything() : check(declared.check), 0);
    }
  }
  const lists = [plan.explode?.keep ?? [], plan.primaryKey, plan.ordinalBy] as const;
  let isWhole = true;
  for (const which of [0, 1, 2] as const)
    for (const member of lists[which]) isWhole = wasm.list(which, name(member)) !== 0 && isWhole;
  for (const { name: inherited, text: value } of plan.inherited) {
    const bytes = Buffer.from(value);
    const added = wasm.inherit(name(inherited), text(bytes), bytes.length, kindOf(value), bytes.length - value.length);
    isWhole = added !== 0 && isWhole;
  }
  if (!isWhole) throw new Error('The press has no room for the fields of a stream');
  const singles = [plan.ordinal, plan.cursor, plan.partitionBy, plan.person];
  for (const which of [0, 1, 2, 3] as const) {
    const member = singles[which];
    if (member !== undefined) wasm.single(which, name(member));
  }
  wasm.bounds(fromMs, toMs, nowMs, earliestMs, latestMs, plan.isAscending ? 1 : 0, batchUnits);
}

/** Kind of a canonical text: see assembly/memory.ts. */
function kindOf(text: string): number {
  switch (text[0]) {
    case '"':
      return 0;
    case 't':
    case 'f':
      return 3;
    case 'n':
      return 4;
    case '[':
      return text === '[]' ? 6 : 5;
    case '{':
      return 7;
    default:
      return /^-?\d+$/.test(text) ? 1 : 2;
  }
}
