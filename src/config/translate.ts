import type { z } from 'zod';
import { schemaAt } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import type { ConfigProblem } from './problems.ts';
import { nearest } from './suggest.ts';
import { quoted } from './values.ts';
import { unknownKeys } from './unknown-keys.ts';
import type { Piece } from './unknown-keys.ts';
import { pathText } from './path-text.ts';
import type { PathPart } from './yaml-text.ts';

type Issue = z.core.$ZodIssue;

/** Problems of one piece from zod's issues; keys that the schema does not know are found here, for all levels at once. */
export function translateIssues(piece: Piece, issues: readonly Issue[]): readonly ConfigProblem[] {
  const unknown = unknownKeys(piece, piece.schema, piece.value, []);
  const taken = new Set(unknown.map((found) => found.path));
  const meant = new Set(unknown.flatMap((found) => (found.suggestedPath === undefined ? [] : [found.suggestedPath])));
  // Where several shapes are possible, a misspelt key may belong to another one than zod tells about.
  const ambiguous = new Set(unknown.filter(({ ofUnion }) => ofUnion).map(({ parent }) => parent));
  const rest = issues
    .flatMap((issue) => translateIssue(piece, issue))
    // A misspelt required key is one mistake, not two.
    .filter((problem) => !(problem.code === 'CONFIG_MISSING_KEY' && meant.has(problem.path)))
    .filter(({ code, path }) => !(code === 'CONFIG_MISSING_KEY' && ambiguous.has(path.replace(/\.[^.]*$/, ''))))
    .filter((problem) => !(problem.code === 'CONFIG_UNKNOWN_KEY' && taken.has(problem.path)));
  return [...unknown.map((found) => found.problem), ...rest];
}

function translateIssue(piece: Piece, issue: Issue): readonly ConfigProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const full = [...piece.at, ...path];
  const value = valueAt(piece.value, path);
  const schema = schemaAt(piece.schema, piece.value, path);
  const hidden = piece.secret(path);
  const base = { file: piece.file, path: pathText(full) };
  // An empty value has no place of its own worth showing.
  const here = value === null ? piece.yaml.keyAt(full) : piece.yaml.valueAt(full);
  const name = full.length === 0 ? 'The file' : `\`${pathText(full)}\``;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        code: 'CONFIG_UNKNOWN_KEY',
        file: piece.file,
        ...piece.yaml.keyAt([...full, key]),
        path: pathText([...full, key]),
        what: `${full.length === 0 ? 'The top level' : name} has no key ${quoted(key)}.`,
        fix: 'Remove it.',
      }));
    case 'invalid_union': {
      const branch = bestBranch(issue.errors);
      if (branch !== undefined && value !== undefined) {
        return branch.flatMap((inner) => translateIssue(piece, { ...inner, path: [...issue.path, ...inner.path] }));
      }
      if (value === undefined) return [missing(piece, full, schema)];
      return [wrongType(base, here, name, value, kindsOf(schemaAtRaw(piece, path)), schema, hidden)];
    }
    case 'invalid_type':
      if (value === undefined) return [missing(piece, full, schema)];
      return [wrongType(base, here, name, value, kindWord(issue.expected), schema, hidden)];
    case 'invalid_value': {
      if (value === undefined) return [missing(piece, full, schema)];
      const allowed = issue.values.map(String);
      const suggestion = typeof value === 'string' && !hidden ? nearest(value, allowed) : undefined;
      const list = allowed.length === 1 ? `\`${allowed[0]}\`` : `one of: ${allowed.join(', ')}`;
      return [
        {
          ...base,
          ...here,
          code: 'CONFIG_VALUE',
          what: `${name} is ${shown(value, hidden)}, but must be ${list}.`,
          ...why(schema),
          fix: suggestion === undefined ? `Write ${list}.` : `Write \`${suggestion}\`.`,
          ...(suggestion !== undefined && { suggestion }),
        },
      ];
    }
    case 'too_small':
    case 'too_big':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return [
        {
          ...base,
          ...here,
          code: 'CONFIG_VALUE',
          what: `${name} is not valid: ${sizeText(issue, value)}.`,
          ...why(schema),
          fix: 'Change the value as the message says.',
          ...example(schema, full),
        },
      ];
    case 'custom': {
      const hint = hintOf(issue.params, issue.message, path);
      return [
        {
          ...base,
          ...here,
          code: 'CONFIG_VALUE',
          what: `${name}: ${hidden ? 'the secret does not have the expected form.' : sentence(issue.message)}`,
          ...why(schema),
          fix:
            hint.suggestion === undefined ? 'Change the value as the message says.' : `Write \`${hint.suggestion}\`.`,
          ...(hint.suggestion === undefined && example(schema, full)),
          ...(hint.fix !== undefined && { fix: hint.fix }),
          ...(hint.suggestion !== undefined && { suggestion: hint.suggestion }),
        },
      ];
    }
  }
}

type Hint = { readonly fix?: string; readonly suggestion?: string };

/** Our own rules carry hints; a connector's rule names the allowed words after a colon, and the nearest is the hint. */
function hintOf(params: unknown, message: string, path: readonly PathPart[]): Hint {
  const given = (params ?? {}) as Hint;
  const name = path.at(-1);
  const listed = /: (?:it has|use|one of)(?: one of)?:? (.+)$/.exec(message)?.[1];
  if (given.suggestion !== undefined || listed === undefined || typeof name !== 'string') return given;
  const suggestion = nearest(name, listed.split(/[,\s]+/));
  return suggestion === undefined ? given : { ...given, suggestion };
}

/** Of a union's branches, the one the writer had in mind: it accepts the value's type and complains only inside. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter((branch) =>
    branch.every((issue) => issue.path.length > 0 || (issue.code !== 'invalid_type' && issue.code !== 'invalid_value')),
  );
  return fitting.toSorted((a, b) => a.length - b.length)[0];
}

function schemaAtRaw(piece: Piece, path: readonly PathPart[]): JsonSchema | undefined {
  const last = path.at(-1);
  if (last === undefined) return piece.schema;
  const parent = schemaAt(piece.schema, piece.value, path.slice(0, -1));
  if (typeof last === 'number') return parent?.items;
  const free = parent?.additionalProperties;
  return parent?.properties?.[last] ?? (typeof free === 'object' ? free : undefined);
}

function kindsOf(schema: JsonSchema | undefined): string {
  const variants = schema?.anyOf ?? schema?.oneOf ?? [];
  const words = variants.map((variant) => {
    if (variant.const !== undefined) return `\`${String(variant.const)}\``;
    if (variant.enum !== undefined) return `one of ${variant.enum.join(', ')}`;
    return kindWord(typeof variant.type === 'string' ? variant.type : 'string');
  });
  return words.length === 0 ? 'another kind of value' : [...new Set(words)].join(' or ');
}

function kindWord(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    integer: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    tuple: 'a list',
    object: 'a block of keys',
    record: 'a block of keys',
    null: 'null',
  };
  return words[expected] ?? expected;
}

function valueKind(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block of keys';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return `\`${value}\``;
  return `the number ${String(value)}`;
}

function shown(value: unknown, hidden: boolean): string {
  if (hidden) return 'something else (not shown: it is a secret)';
  return typeof value === 'string' ? quoted(value) : valueKind(value);
}

function missing(piece: Piece, full: readonly PathPart[], schema: JsonSchema | undefined): ConfigProblem {
  return {
    code: 'CONFIG_MISSING_KEY',
    file: piece.file,
    ...piece.yaml.valueAt(full),
    path: pathText(full),
    what: `\`${pathText(full)}\` is missing.`,
    ...why(schema),
    fix: `Add the key \`${String(full.at(-1))}\`.`,
    ...example(schema, full, 'Add'),
  };
}

function wrongType(
  base: { readonly file: string; readonly path: string },
  place: { readonly line: number; readonly column: number },
  name: string,
  value: unknown,
  expected: string,
  schema: JsonSchema | undefined,
  hidden: boolean,
): ConfigProblem {
  const key =
    base.path
      .replaceAll(/\[\d+\]$/g, '')
      .split('.')
      .at(-1) ?? '';
  const is = hidden && value !== null ? 'is another kind of value' : `is ${valueKind(value)}`;
  const suggestion = hidden ? undefined : typeSuggestion(value, expected);
  return {
    ...base,
    ...place,
    code: 'CONFIG_TYPE',
    what: `${name} must be ${expected}, but ${is}.`,
    ...why(schema),
    ...(suggestion === undefined
      ? { fix: `Write ${expected} here.`, ...example(schema, [key]) }
      : { fix: `Write ${key}: ${suggestion}`, suggestion }),
  };
}

function typeSuggestion(value: unknown, expected: string): string | undefined {
  if (/^text\b/.test(expected) && (typeof value === 'number' || typeof value === 'boolean'))
    return `"${String(value)}"`;
  if (expected === 'true or false' && typeof value === 'string') {
    if (/^(yes|y|on|true|1)$/i.test(value)) return 'true';
    if (/^(no|n|off|false|0)$/i.test(value)) return 'false';
  }
  if (expected === 'a number' && typeof value === 'string' && /^\s*-?\d+(?:[.,]\d+)?\s*$/.test(value)) {
    return value.trim().replace(',', '.');
  }
  if (expected === 'a list' && (typeof value === 'string' || typeof value === 'number')) return `[${value}]`;
  return undefined;
}

function sizeText(issue: Issue, value: unknown): string {
  if (issue.code === 'too_small' && (value === '' || (Array.isArray(value) && value.length === 0)))
    return 'it is empty';
  return issue.message.replace(/[.]+$/, '').replace(/^Invalid input: /, '');
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function why(schema: JsonSchema | undefined): { readonly why?: string } {
  return schema?.description === undefined ? {} : { why: schema.description };
}

function example(
  schema: JsonSchema | undefined,
  full: readonly PathPart[],
  verb = 'For example',
): { readonly fix?: string } {
  const first = schema?.examples?.[0] ?? schema?.const;
  if (first === undefined) return {};
  const key = full.findLast((part) => typeof part === 'string');
  const text = typeof first === 'string' ? inlineText(first) : JSON.stringify(first);
  return { fix: `${verb}: ${key === undefined ? text : `${key}: ${text}`}` };
}

function inlineText(value: string): string {
  return /^[A-Za-z0-9][\w ./:-]*$/.test(value) && !/: |^\d[\d.]*$/.test(value) ? value : JSON.stringify(value);
}

function valueAt(value: unknown, path: readonly PathPart[]): unknown {
  let inside = value;
  for (const part of path) inside = (inside as Record<string | number, unknown> | null | undefined)?.[part];
  return inside;
}
