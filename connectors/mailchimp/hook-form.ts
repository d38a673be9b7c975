import type { Json } from '../../src/contracts/json.ts';
import { NotAPost } from '../_kit/push.ts';

/** A form field's name goes no deeper: `data[merges][GROUPINGS][0][name]` is five. */
const DEEPEST = 8;

type Fields = { [name: string]: Json };

/**
 * The body of a webhook, a form (`type=subscribe&data[merges][FNAME]=…`), as an object: brackets are levels, a name that comes again is a
 * list. Every value stays the text that was sent. Throws `NotAPost` for anything else.
 */
export function parseForm(body: Uint8Array): Fields {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new NotAPost('Expected a form in UTF-8');
  }
  const form: Fields = {};
  for (const [name, value] of new URLSearchParams(text)) put(form, stepsOf(name), value);
  return form;
}

function stepsOf(name: string): readonly string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (match === null) return [name];
  const steps = [match[1]!, ...[...match[2]!.matchAll(/\[([^[\]]*)\]/g)].map(([, step]) => step!)];
  if (steps.length > DEEPEST) throw new NotAPost('A field of the form is nested too deeply');
  return steps;
}

function put(form: Fields, steps: readonly string[], value: string): void {
  let at = form;
  for (const step of steps.slice(0, -1)) {
    const inner = own(at, step) ?? {};
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner))
      throw new NotAPost('A field of the form is both a text and a group');
    set(at, step, inner);
    at = inner as Fields;
  }
  const last = steps.at(-1)!;
  const known = own(at, last);
  if (known === undefined) return set(at, last, value);
  if (typeof known === 'object' && !Array.isArray(known))
    throw new NotAPost('A field of the form is both a text and a group');
  return set(at, last, [...(Array.isArray(known) ? (known as Json[]) : [known]), value]);
}

const own = (fields: Fields, name: string): Json | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

/** An assignment to `__proto__` would set the prototype. */
function set(fields: Fields, name: string, value: Json): void {
  Object.defineProperty(fields, name, { value, enumerable: true, writable: true, configurable: true });
}
