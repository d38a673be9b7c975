import { looksLikeKey } from './values.ts';
import type { PathPart } from './yaml-text.ts';

/** `sources[0].credentials.api_key` */
export function pathText(path: readonly PathPart[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else {
      // A key pasted in the place of a name is not repeated.
      const name = looksLikeKey(part) ? '[not shown]' : part;
      text += text === '' ? name : `.${name}`;
    }
  }
  return text;
}
