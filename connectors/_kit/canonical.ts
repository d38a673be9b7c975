import { hash } from 'node:crypto';
import type { Json } from '../../src/contracts/json.ts';
import { flawOf } from './json.ts';

/** Deeper records are refused: no source documents any, and recursion elsewhere would overflow. */
export const MAX_DEPTH = 128;

/** A record that cannot be stored exactly everywhere. `path` names the place, never a value. */
export class RecordFlaw extends Error {
  readonly path: string;
  constructor(path: readonly string[], reason: string) {
    super(reason);
    this.name = 'RecordFlaw';
    this.path = path.join('.').replaceAll('.[]', '[]');
  }
}

/**
 * JSON text that is equal for equal records: keys sorted, no blanks. Refuses (`RecordFlaw`) what a warehouse would
 * refuse or change: duplicate keys, lone surrogates and bytes that are no UTF-8, numbers beyond range, depth over 128.
 */
export function canonicalJson(value: Json): string {
  // One native call for the whole record is several times faster than one a value; what that cannot say exactly, or
  // must be refused with its place, is written value by value.
  const plain = inOrder(value, 0);
  return plain === undefined ? write(value, [], 0) : JSON.stringify(plain);
}

/** 128 bits of SHA-256 over the canonical text, hexadecimal: tells a changed record from an unchanged one. */
export function recordHash(canonical: string): string {
  return hash('sha256', canonical, 'hex').slice(0, 32);
}

/**
 * The value with sorted keys, itself where they are sorted already; undefined when it holds anything unusual: a flaw, half
 * a character, great depth, or keys that an object would move (numbers come first, `__proto__` is none).
 */
function inOrder(value: Json, depth: number): Json | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? value : undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH || flawOf(value) !== undefined) return undefined;
  return Array.isArray(value)
    ? itemsInOrder(value as readonly Json[], depth)
    : keysInOrder(value as { readonly [key: string]: Json }, depth);
}

function itemsInOrder(values: readonly Json[], depth: number): readonly Json[] | undefined {
  let copy: Json[] | undefined;
  for (let index = 0; index < values.length; index += 1) {
    const item = values[index]!;
    const plain = inOrder(item, depth + 1);
    if (plain === undefined) return undefined;
    if (plain !== item) (copy ??= [...values])[index] = plain;
  }
  return copy ?? values;
}

function keysInOrder(object: { readonly [key: string]: Json }, depth: number): Json | undefined {
  const shape = shapeOf(Object.keys(object));
  if (shape === undefined) return undefined;
  let copy: Record<string, Json> | undefined = shape.isSorted ? undefined : {};
  for (const key of shape.sorted) {
    const item = object[key]!;
    const plain = inOrder(item, depth + 1);
    if (plain === undefined) return undefined;
    if (copy !== undefined) copy[key] = plain;
    else if (plain !== item) copy = { ...object, [key]: plain };
  }
  return copy ?? object;
}

/** Keys of an object as it has them, and sorted. */
type Shape = { readonly keys: readonly string[]; readonly sorted: readonly string[]; readonly isSorted: boolean };

/** The records of a stream have few shapes, which come again and again. */
const shapes: Shape[] = [];
const MOST_SHAPES = 16;

function shapeOf(keys: readonly string[]): Shape | undefined {
  for (const shape of shapes) if (isEqual(shape.keys, keys)) return shape;
  if (keys.some((key) => !key.isWellFormed() || key === '__proto__' || /^\d/.test(key))) return undefined;
  const sorted = keys.toSorted();
  const shape: Shape = { keys, sorted, isSorted: isEqual(keys, sorted) };
  if (shapes.length >= MOST_SHAPES) shapes.pop();
  shapes.unshift(shape);
  return shape;
}

/** Whether two lists of names are the same, in the same order. */
export function isEqual(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}

function write(value: Json, path: string[], depth: number): string {
  if (typeof value === 'string') {
    if (!value.isWellFormed())
      throw new RecordFlaw(path, 'The text holds bytes that are not UTF-8, or half of a surrogate pair');
    return JSON.stringify(value);
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (depth >= MAX_DEPTH)
    throw new RecordFlaw(path.slice(0, 3), `The record is nested deeper than ${MAX_DEPTH} levels`);
  const flaw = flawOf(value);
  if (flaw !== undefined)
    throw new RecordFlaw(Array.isArray(value) ? [...path, '[]'] : [...path, printable(flaw.key)], flaw.reason);
  return Array.isArray(value)
    ? writeArray(value, path, depth)
    : writeObject(value as { readonly [key: string]: Json }, path, depth);
}

function writeArray(values: readonly Json[], path: string[], depth: number): string {
  path.push('[]');
  let text = '[';
  for (let i = 0; i < values.length; i++) text += (i === 0 ? '' : ',') + write(values[i]!, path, depth + 1);
  path.pop();
  return `${text}]`;
}

function writeObject(object: { readonly [key: string]: Json }, path: string[], depth: number): string {
  let text = '{';
  for (const key of Object.keys(object).sort()) {
    if (!key.isWellFormed())
      throw new RecordFlaw(path, 'A key holds bytes that are not UTF-8, or half of a surrogate pair');
    path.push(key);
    text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:${write(object[key]!, path, depth + 1)}`;
    path.pop();
  }
  return `${text}}`;
}

/** Field names may be people's own (merge fields): cut and without control characters. */
const printable = (key: string): string => key.replace(/[^\x20-\x7e]/g, '·').slice(0, 80);
