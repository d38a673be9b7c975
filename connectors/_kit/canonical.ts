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
  return write(value, [], 0);
}

/** 128 bits of SHA-256 over the canonical text, hexadecimal: tells a changed record from an unchanged one. */
export function recordHash(canonical: string): string {
  return hash('sha256', canonical, 'hex').slice(0, 32);
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
