import type { Json } from '../../src/contracts/json.ts';
import { isBeyondRange, scanFlaws } from './json-scan.ts';

/** Why a text is not JSON, without its content. */
export class NotJson extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotJson';
  }
}

/** What is wrong with one object or array of a page: its record is refused, the page goes on. */
export type Flaw = {
  /** Key inside the flawed value; `''` for the value itself. */
  readonly key: string;
  readonly reason: string;
};

const flaws = new WeakMap<object, Flaw>();
const exactTexts = new WeakMap<object, string>();

/** Flaws are rare, and the question is asked of every object. */
let isFlawKnown = false;

/** The flaw that parsing found in this object or array itself (not deeper). */
export const flawOf = (value: object): Flaw | undefined => (isFlawKnown ? flaws.get(value) : undefined);

function mark(value: object, text: string, flaw: Flaw | undefined): void {
  isFlawKnown ||= flaw !== undefined;
  if (flaw !== undefined && !flaws.has(value)) flaws.set(value, flaw);
  exactTexts.set(value, text);
}

/** Bytes of an answer as JSON: UTF-8, exact digits. A record that breaks a rule is marked, a text that is not JSON throws `NotJson`. */
export function parseJsonBytes(bytes: Uint8Array): Json {
  return parseJson(decode(bytes));
}

/**
 * JSON text as a value. Numbers that a double would change stay as their text. Duplicate keys and numbers
 * beyond any number mark the object they are in (`flawOf`); see `canonicalJson` for depth and characters.
 */
export function parseJson(text: string): Json {
  let value: Json;
  let isBeyond = false;
  const revive = (_key: string, part: unknown, context: { readonly source?: string }): unknown => {
    if (typeof part !== 'number' || context.source === undefined) return part;
    if (isBeyondRange(context.source)) isBeyond = true;
    return keepDigits(part, context.source);
  };
  try {
    // The reviver costs nine times the time: only texts that can hold such a number pay it.
    value = LONG_NUMBER.test(text) ? (JSON.parse(text, revive as never) as Json) : (JSON.parse(text) as Json);
  } catch (cause) {
    if (cause instanceof RangeError) throw new NotJson('it is nested too deeply to be read with exact numbers');
    throw new NotJson(`it is not valid JSON: ${shapeOf(text)}`);
  }
  if (isBeyond || countKeyMarks(text) > countKeys(value)) scanFlaws(text, value, mark);
  return value;
}

/** The exact text of a value as far as it is known, else its JSON: for quarantine. Never overflows the stack. */
export function exactText(value: Json): string {
  if (typeof value === 'object' && value !== null) {
    const text = exactTexts.get(value);
    if (text !== undefined) return text;
  }
  try {
    return JSON.stringify(value);
  } catch {
    return flatStringify(value);
  }
}

/** First characters of a text that is no JSON, with words and numbers blanked: enough to see what it is, nothing to leak. */
export function shapeOf(text: string): string {
  if (text.trim() === '') return 'an empty body';
  if (/^\s*</.test(text)) return 'an HTML or XML page';
  const shape = text
    .slice(0, 400)
    .replace(/"(?:[^"\\]|\\.)*"?/g, '"…"')
    .replace(/'[^']*'?/g, "'…'")
    .replace(/[\p{L}\p{N}@.+-]{3,}/gu, '…')
    .replace(/[^\x20-\x7e…]/g, '·')
    .slice(0, 80);
  return text.length > 400 ? `it begins with ${shape}` : `it looks like ${shape}`;
}

// A number begins after `:`, `[`, `,` or at the start; digits inside strings may match too, which only costs time.
const LONG_NUMBER = /(?:^|[:[,])\s*-?(?:(?:\d\.?){16,}|\d+(?:\.\d+)?[eE][+-]?\d)/;

/** The number, or its own text where a double would change it. */
function keepDigits(value: number, source: string): number | string {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : source;
  const digits = source
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '');
  const isTiny = digits !== '' && Math.abs(value) < 2.3e-308;
  return Number.isFinite(value) && digits.length <= 15 && !isTiny ? value : source;
}

/**
 * Bytes that are not UTF-8 become lone surrogates (U+DC80 + byte, as Python's surrogateescape does): the text stays
 * exact, the records without them are fine, and `canonicalJson` refuses the ones that hold them.
 */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

function decodeEscaping(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at]!);
    const end = at + Math.max(length, 1);
    try {
      if (length === 0) throw new TypeError();
      text += length === 1 ? String.fromCharCode(bytes[at]!) : decoder.decode(bytes.subarray(at, end));
      at = end;
    } catch {
      text += String.fromCharCode(0xdc00 + bytes[at]!);
      at += 1;
    }
  }
  return text;
}

const sequenceLength = (lead: number): number =>
  lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

// Every key is a quote followed by a colon; strings can hold such a pair too, so the count is never too small.
function countKeyMarks(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    let before = at - 1;
    let code = text.charCodeAt(before);
    while (code === 32 || code === 10 || code === 13 || code === 9) code = text.charCodeAt(--before);
    if (code === 34) count += 1;
  }
  return count;
}

function countKeys(root: Json): number {
  let count = 0;
  const stack: Json[] = [root];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const children = Array.isArray(value) ? (value as readonly Json[]) : Object.values(value);
    if (!Array.isArray(value)) count += children.length;
    for (const child of children) if (typeof child === 'object' && child !== null) stack.push(child);
  }
  return count;
}

function flatStringify(root: Json): string {
  const parts: string[] = [];
  // Text to write, or a value to open: an explicit stack, since depth here is what the outside sent.
  const stack: ({ readonly text: string } | { readonly value: Json })[] = [{ value: root }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    if ('text' in item) parts.push(item.text);
    else if (typeof item.value !== 'object' || item.value === null) parts.push(JSON.stringify(item.value));
    else if (Array.isArray(item.value)) {
      parts.push('[');
      stack.push({ text: ']' });
      for (let i = item.value.length - 1; i >= 0; i--)
        stack.push({ value: item.value[i] as Json }, ...(i > 0 ? [{ text: ',' }] : []));
    } else {
      const entries = Object.entries(item.value);
      parts.push('{');
      stack.push({ text: '}' });
      for (let i = entries.length - 1; i >= 0; i--) {
        const [key, value] = entries[i]!;
        stack.push({ value }, { text: `${i > 0 ? ',' : ''}${JSON.stringify(key)}:` });
      }
    }
  }
  return parts.join('');
}
