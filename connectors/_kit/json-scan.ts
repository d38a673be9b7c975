import type { Json } from '../../src/contracts/json.ts';
import type { Flaw } from './json.ts';

type Frame = {
  readonly start: number;
  /** Keys seen so far; null for an array. */
  readonly keys: Set<string> | null;
  readonly path: readonly (string | number)[];
  key: string;
  index: number;
  flaw: Flaw | undefined;
  /** Whether something inside is flawed. */
  tainted: boolean;
};

/** Called for each flawed object, and without a flaw for the containers around it, whose exact text quarantine needs. */
type Mark = (value: object, text: string, flaw: Flaw | undefined) => void;

/**
 * Finds duplicate keys and numbers beyond range in a text that is known to be valid JSON, and marks the objects that hold
 * them. `JSON.parse` keeps the last of two values without a word; which one the source meant, nobody can know.
 */
export function scanFlaws(text: string, root: Json, mark: Mark): void {
  const stack: Frame[] = [];
  for (let at = 0; at < text.length; at++) {
    const top = stack.at(-1);
    const code = text.charCodeAt(at);
    switch (code) {
      case 34: {
        const end = stringEnd(text, at);
        if (top?.keys && /^\s*:/.test(text.slice(end + 1, end + 64))) noteKey(top, text.slice(at, end + 1));
        at = end;
        break;
      }
      case 45:
      case 48:
      case 49:
      case 50:
      case 51:
      case 52:
      case 53:
      case 54:
      case 55:
      case 56:
      case 57: {
        NUMBER.lastIndex = at;
        const token = NUMBER.exec(text)?.[0] ?? '';
        if (top && isBeyondRange(token)) top.flaw ??= { key: top.keys ? top.key : '', reason: BEYOND_RANGE };
        at += Math.max(0, token.length - 1);
        break;
      }
      case 44:
        if (top) top.index += 1;
        break;
      case 91:
      case 123: {
        const isObject = code === 123;
        // Paths of very deep values are not needed: such a record is refused for its depth.
        const path =
          top === undefined ? [] : stack.length > 256 ? top.path : [...top.path, top.keys ? top.key : top.index];
        stack.push({
          start: at,
          keys: isObject ? new Set() : null,
          path,
          key: '',
          index: 0,
          flaw: undefined,
          tainted: false,
        });
        break;
      }
      case 93:
      case 125: {
        const frame = stack.pop();
        if (frame !== undefined) close(frame, stack.at(-1), text.slice(frame.start, at + 1), root, mark);
        break;
      }
    }
  }
}

const NUMBER = /-?[\d.eE+-]+/y;
const BEYOND_RANGE = 'The number is larger than any number can be';

/** Whether a number is beyond a double: as an integer it is an id and kept as text, with an exponent or fraction it is a mistake. */
export const isBeyondRange = (token: string): boolean => !/^-?\d+$/.test(token) && !Number.isFinite(Number(token));

function noteKey(frame: Frame, token: string): void {
  const key = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
  if (frame.keys!.has(key)) frame.flaw ??= { key, reason: 'The key appears twice in one object' };
  frame.keys!.add(key);
  frame.key = key;
}

function close(frame: Frame, parent: Frame | undefined, text: string, root: Json, mark: Mark): void {
  if (frame.flaw === undefined && !frame.tainted) return;
  if (parent) parent.tainted = true;
  mark(nearestObject(root, frame.path), text, frame.flaw);
}

function nearestObject(root: Json, path: readonly (string | number)[]): object {
  let value: object = root as object;
  for (const key of path) {
    const next = Object.hasOwn(value, key) ? (value as Record<string | number, unknown>)[key] : undefined;
    if (typeof next !== 'object' || next === null) return value;
    value = next;
  }
  return value;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== 34; code = text.charCodeAt(at)) at += code === 92 ? 2 : 1;
  return at;
}
