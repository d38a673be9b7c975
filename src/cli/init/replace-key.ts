import { isMap, isScalar, parseDocument } from 'yaml';

/**
 * The text with another value of a top-level key; every byte outside it stays. Comments on lines of their own within the old
 * value stay above the new one. The text was checked before.
 */
export function replaceKey(text: string, key: string, lines: readonly string[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const block = `${key}:${newline}${lines.map((line) => `  ${line}${newline}`).join('')}`;
  const document = parseDocument(text, { version: '1.2' });
  const root = isMap(document.contents) ? document.contents : undefined;
  const pair = root?.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (pair === undefined) return `${text}${text.endsWith('\n') || text === '' ? '' : newline}${newline}${block}`;
  const start = rangeOf(pair.key)?.[0] ?? 0;
  const keyEnd = text.indexOf(':', rangeOf(pair.key)?.[1] ?? start) + 1;
  const end = Math.max(keyEnd, rangeOf(pair.value)?.[1] ?? keyEnd);
  const lineEnd = text.indexOf('\n', Math.max(keyEnd, end - 1));
  const rest = lineEnd === -1 ? '' : text.slice(lineEnd + 1);
  // Of the old value, of its key's line, and of its last line.
  const tail = lineEnd === -1 ? text.slice(end) : text.slice(end, lineEnd);
  const comments = [...text.slice(keyEnd, end).split(/\r?\n/), tail]
    .filter((line) => /^\s*#/.test(line))
    .map((line) => `${line.trim()}${newline}`);
  return `${text.slice(0, start)}${comments.join('')}${block}${rest}`;
}

const rangeOf = (node: unknown): readonly [number, number, number] | undefined =>
  (node as { readonly range?: readonly [number, number, number] } | null)?.range;
