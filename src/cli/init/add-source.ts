import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Pair, YAMLSeq } from 'yaml';

/**
 * The text with one more entry under `sources`; every other byte stays. The text was checked before.
 * Works on the text and not on the parsed document, because writing a document anew would reformat it.
 */
export function addSource(text: string, lines: readonly string[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const document = parseDocument(text, { version: '1.2' });
  const root = isMap(document.contents) ? document.contents : undefined;
  const pair = root?.items.find((item) => isScalar(item.key) && item.key.value === 'sources');
  if (pair === undefined) {
    const gap = text.endsWith('\n') || text === '' ? '' : newline;
    return `${text}${gap}${newline}sources:${newline}${entry(lines, 2, newline)}`;
  }
  const list = pair.value;
  if (isSeq(list) && list.items.length > 0 && !list.flow) return afterLast(text, list, lines, newline);
  return replaceValue(text, pair, isSeq(list) ? list : undefined, lines, newline);
}

function entry(lines: readonly string[], indent: number, newline: string): string {
  const pad = ' '.repeat(indent);
  return lines.map((line, index) => `${pad}${index === 0 ? '- ' : '  '}${line}${newline}`).join('');
}

function afterLast(text: string, list: YAMLSeq, lines: readonly string[], newline: string): string {
  const start = list.range?.[0] ?? 0;
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1);
  const last = list.items.at(-1) as { readonly range?: readonly [number, number, number] } | undefined;
  // The end of the last value, and of the comment on its line; blank lines and comments after it stay behind the new entry.
  const valueEnd = last?.range?.[1] ?? list.range?.[1] ?? text.length;
  const lineEnd = text.indexOf('\n', Math.max(0, valueEnd - 1));
  const at = lineEnd === -1 ? text.length : lineEnd + 1;
  const gap = lineEnd === -1 ? newline : '';
  return `${text.slice(0, at)}${gap}${entry(lines, indent, newline)}${text.slice(at)}`;
}

/** \`sources:\` empty, \`[]\`, or a list in brackets. */
function replaceValue(
  text: string,
  pair: Pair,
  list: YAMLSeq | undefined,
  lines: readonly string[],
  newline: string,
): string {
  const key = pair.key as { readonly range?: readonly [number, number, number] };
  const afterKey = text.indexOf(':', key.range?.[1] ?? 0) + 1;
  if (list !== undefined && list.items.length > 0) {
    const close = text.lastIndexOf(']', (list.range?.[1] ?? text.length) - 1);
    const before = text.slice(0, close).trimEnd();
    const comma = before.endsWith(',') ? '' : ',';
    return `${before}${comma} { ${flowEntry(lines)} }${text.slice(before.length)}`;
  }
  const valueEnd = list?.range?.[1] ?? afterKey;
  const lineEnd = text.indexOf('\n', valueEnd);
  const comment = (lineEnd === -1 ? text.slice(valueEnd) : text.slice(valueEnd, lineEnd)).trimEnd();
  const tail = lineEnd === -1 ? '' : text.slice(lineEnd + 1);
  return `${text.slice(0, afterKey)}${comment}${newline}${entry(lines, 2, newline)}${tail}`;
}

/** In a bracketed list a source is written as JSON, which YAML reads alike. */
function flowEntry(lines: readonly string[]): string {
  const value = parseDocument(lines.join('\n')).toJS() as Record<string, unknown>;
  return JSON.stringify(value).slice(1, -1);
}
