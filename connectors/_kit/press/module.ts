import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConnectorError } from '../errors.ts';

// The compiler's library for Node knows no WebAssembly: what is used of it.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};
type Memory = { readonly buffer: ArrayBuffer };
export type Global = { readonly value: number };

type Flag = 0 | 1;

/** What the module exports: see assembly/. Pointers and flags are numbers. */
export type PressModule = {
  readonly memory: Memory;
  readonly layOut: (length: number) => number;
  readonly work: (firstNumber: number, lastMs: number) => number;
  readonly salt: (innerBlock: number, outerBlock: number) => void;
  readonly beginPlan: () => void;
  readonly room: (length: number) => number;
  readonly name: (text: number, quotedLength: number) => number;
  readonly root: () => number;
  readonly rootOf: (which: 0 | 1 | 2) => number;
  readonly check: (allowed: number, objectRoot: number, element: number, taker: 0 | 1 | 2) => number;
  readonly anything: () => number;
  readonly field: (root: number, name: number, check: number, isRequired: Flag) => void;
  readonly list: (which: 0 | 1 | 2, name: number) => number;
  readonly single: (which: 0 | 1 | 2 | 3, name: number) => void;
  readonly inherit: (name: number, text: number, length: number, kind: number, excess: number) => number;
  readonly bounds: (
    ...times: readonly [
      from: number,
      to: number,
      now: number,
      earliest: number,
      latest: number,
      asc: Flag,
      batch: number,
    ]
  ) => void;
  readonly arenaUse: () => number;
} & Readonly<Record<Told, Global>>;

/** What is told of the page worked last. */
type Told =
  | 'KEYS'
  | 'BATCHES'
  | 'ROWS'
  | 'reason'
  | 'keyCount'
  | 'records'
  | 'arrayStart'
  | 'arrayEnd'
  | 'rows'
  | 'batches'
  | 'lastMs'
  | 'newestMs'
  | 'newestText'
  | 'newestLength';

/** Writes the key of the address in this JSON text to a place in memory; 0 when it is blank. */
export type KeyOfAddress = (text: number, length: number, to: number) => Flag;

const place = new URL('./press.wasm', import.meta.url);

let compiled: object | undefined;

/** A new instance with memory of its own. */
export function pressModule(connector: string, keyOfAddress: KeyOfAddress): PressModule {
  compiled ??= new WebAssembly.Module(binary(connector));
  return new WebAssembly.Instance(compiled, { env: { abort }, person: { keyOfAddress } }).exports as PressModule;
}

function binary(connector: string): Buffer {
  try {
    return readFileSync(place);
  } catch (error) {
    throw new ConnectorError(
      `${fileURLToPath(place)}, which works the pages of ${connector}, cannot be read`,
      { kind: 'config', connector, fix: 'Run scripts/setup.sh (or npm run build:press), which makes it.' },
      { cause: error },
    );
  }
}

function abort(): never {
  throw new Error('The press stopped: this is a fault of mailmart, please report it');
}
