import { Html } from '../../../src/report/html.ts';
import { languages, type Messages } from '../../../src/report/messages/index.ts';

const accented: Readonly<Record<string, string>> = { a: 'ä', e: 'ë', i: 'ï', o: 'ö', u: 'ü', n: 'ñ', c: 'ç' };

/** English as a language with longer words: accents, and two fifths more letters, in brackets that show what is cut. */
function stretched(text: string): string {
  const odd = [...text].map((letter) => accented[letter] ?? letter).join('');
  const more = Math.ceil(text.length * 0.4);
  return `[${odd} ${'lörem '.repeat(Math.ceil(more / 6)).slice(0, more)}]`;
}

/** Words that go into attributes of the document or into Intl. */
const kept: ReadonlySet<string> = new Set(['language', 'locale', 'direction']);

function lengthened(value: unknown, key = ''): unknown {
  if (kept.has(key)) return value;
  if (typeof value === 'string') return stretched(value);
  if (value instanceof Html) return new Html(`[${value.markup} lörem ipsüm]`);
  if (typeof value === 'function') {
    return (...given: readonly unknown[]) => lengthened((value as (...all: readonly unknown[]) => unknown)(...given));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, lengthened(part, name)]));
}

/** A language that nobody speaks: every text of the report and of the catalog is longer than the English. */
export function pseudoLanguage(): Messages {
  const words = lengthened(languages.en) as Messages;
  const phrases = new Proxy({}, { get: (_, text) => stretched(String(text)) });
  return { ...words, phrases };
}
