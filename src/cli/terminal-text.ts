import { styleText } from 'node:util';

const styles = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const;
type Style = (typeof styles)[number];

const sequences = [
  // OSC (titles, links) and its kin, up to BEL or ST.
  String.raw`\u001B[\]PX^_][^\u0007\u001B]*(?:\u0007|\u001B\\)?`,
  // CSI (colours, cursor).
  String.raw`(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]?`,
  // Any other escape.
  String.raw`\u001B[ -/]*[0-~]?`,
].join('|');
const escapes = new RegExp(sequences, 'g');
// Control characters, and the format characters that turn or hide text; emoji joiners stay.
const invisible = new RegExp(
  String.raw`[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]`,
  'g',
);
// Marks of our own styles while a text is put together: they become colours only in `forTerminal`.
const styleEnd = '\uE100';
const styleStart = (style: Style): string => String.fromCodePoint(0xe1_01 + styles.indexOf(style));
const marks = /[\uE100-\uE106]/g;

/** Text of a source made safe for a terminal: one line, no control characters, no hidden direction changes. */
export function terminalText(text: string, limit = 2000): string {
  const safe = text
    .slice(0, limit * 4)
    .replaceAll(escapes, '')
    .replaceAll(/[\t\r\n]+/g, ' ')
    .replaceAll(invisible, '')
    .replaceAll(marks, '');
  return safe.length > limit ? `${safe.slice(0, limit)}…` : safe;
}

/** A part of a text in a style; resolved, or dropped, when the text is written. */
export function styled(style: Style, text: string): string {
  return `${styleStart(style)}${text}${styleEnd}`;
}

/**
 * A whole text as it may be written to a terminal: escapes and control characters in it are gone, our own styles are
 * colours where the stream is a terminal that wants them (NO_COLOR, FORCE_COLOR and TERM=dumb are honoured).
 */
export function forTerminal(text: string, stream: NodeJS.WriteStream): string {
  const safe = text.replaceAll(escapes, '').replaceAll(/\r\n?/g, '\n').replaceAll(invisible, '');
  return safe
    .replaceAll(/([\uE101-\uE106])([^\uE100-\uE106\n]*)\uE100/g, (_all, mark: string, inner: string) => {
      const style = styles[(mark.codePointAt(0) ?? 0) - 0xe1_01] ?? 'bold';
      return styleText(style, inner, { stream, validateStream: true });
    })
    .replaceAll(marks, '');
}
