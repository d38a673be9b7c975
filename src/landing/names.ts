import { createHash } from 'node:crypto';

/** Longest encoded name before it is shortened to a head and a hash; leaves room for suffixes under 255 bytes. */
const longest = 126;
const headLength = 60;

/** Names that Windows reserves for devices, whatever their extension. */
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

/**
 * Encodes any text as one file name: a pure and injective function, safe on file systems that ignore case or
 * normalise Unicode, because only `a-z 0-9 - _ =` stay and every other byte becomes `~xx`.
 * Upper case is escaped too (`A` and `a` must differ), so are dots, so nothing can leave the folder.
 * Lone surrogates, which have no UTF-8, become `~uXXXX`. Long names end in `~h` and the SHA-256 of the whole text.
 */
export function encodeName(text: string): string {
  if (text === '') return '~';
  let encoded = '';
  for (const character of text) {
    if (/^[a-z0-9_=-]$/.test(character)) encoded += character;
    else if (!character.isWellFormed()) encoded += `~u${character.charCodeAt(0).toString(16)}`;
    else for (const byte of Buffer.from(character, 'utf8')) encoded += `~${byte.toString(16).padStart(2, '0')}`;
  }
  if (reserved.test(encoded)) encoded = `~${encoded.charCodeAt(0).toString(16)}${encoded.slice(1)}`;
  if (encoded.length <= longest) return encoded;
  return `${encoded.slice(0, headLength)}~h${createHash('sha256').update(encoded).digest('hex')}`;
}
