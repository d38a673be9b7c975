import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, YAMLError } from 'yaml';
import type { ConfigCode, ConfigProblem } from './problems.ts';

/** A configuration of this size is a mistake or an attack; the largest sensible one is a few dozen kilobytes. */
export const maxConfigBytes = 1024 * 1024;
const maxAliases = 100;
const maxDepth = 32;
const maxNodes = 20_000;

export type PathPart = string | number;

export type Place = { readonly line: number; readonly column: number };

/** Parsed text with a way back from a value to its place. */
export type LocatedYaml = {
  readonly value: unknown;
  /** Place of the value at a path, or of the nearest enclosing one that exists. */
  valueAt(path: readonly PathPart[]): Place;
  /** Place of the key that ends the path; of the value where the path ends in an index. */
  keyAt(path: readonly PathPart[]): Place;
};

export type YamlResult =
  | { readonly yaml: LocatedYaml; readonly problems: readonly [] }
  | { readonly yaml: undefined; readonly problems: readonly ConfigProblem[] };

/**
 * Reads YAML 1.2 core and nothing else: no tags, no merge keys, no second document, few aliases, no duplicate keys.
 * `no`, `on` and `1:30` are text, as in YAML 1.2.
 */
export function readYaml(file: string, bytes: Uint8Array): YamlResult {
  const refuse = (code: ConfigCode, what: string, fix: string, place?: Place): YamlResult => ({
    yaml: undefined,
    problems: [{ code, file, path: '', what, fix, ...place }],
  });
  if (bytes.byteLength > maxConfigBytes) {
    return refuse(
      'CONFIG_TOO_LARGE',
      `The file has ${Math.ceil(bytes.byteLength / 1024)} kB; the limit is ${maxConfigBytes / 1024} kB.`,
      'Check that this is the configuration and not a data file.',
    );
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const place = firstInvalidUtf8(bytes);
    return refuse('CONFIG_ENCODING', 'The file is not valid UTF-8.', 'Save it as UTF-8 in your editor.', place);
  }
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
    merge: false,
    strict: true,
    stringKeys: true,
    uniqueKeys: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const placeOf = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems: ConfigProblem[] = [...document.errors, ...document.warnings].map((error) => ({
    file,
    path: '',
    ...placeOf(error.pos[0]),
    ...describeYamlError(error, text),
  }));
  problems.push(...refuseFeatures(file, document, text, placeOf, problems));
  if (problems.length > 0) return { yaml: undefined, problems: dropEchoes(problems) };
  try {
    return { yaml: located(document, placeOf), problems: [] };
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error;
    return refuse(
      'CONFIG_ALIAS',
      `Written out, the aliases (\`*name\`) make more than ${maxNodes} values, or contain themselves.`,
      'Write the values out instead of aliases.',
      placeOf(error.offset),
    );
  }
}

/** Aliases of aliases grow exponentially, and an alias inside its own anchor has no end. */
class ExpansionError extends Error {
  readonly offset: number;
  constructor(offset: number) {
    super('aliases expand without end');
    this.offset = offset;
  }
}

function firstInvalidUtf8(bytes: Uint8Array): Place {
  const decoder = new TextDecoder('utf-8');
  const text = decoder.decode(bytes);
  const before = text.slice(0, Math.max(0, text.indexOf('�')));
  const line = before.split('\n').length;
  return { line, column: before.length - before.lastIndexOf('\n') };
}

type Described = Pick<ConfigProblem, 'code' | 'what' | 'fix'>;

function describeYamlError(error: YAMLError, text: string): Described {
  const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? '';
  if (error.code === 'TAB_AS_INDENT' || (indent.includes('\t') && error.code !== 'DUPLICATE_KEY')) {
    return {
      code: 'CONFIG_TAB',
      what: 'A tab is used to indent.',
      fix: 'Replace the tab by spaces: YAML allows only spaces.',
    };
  }
  if (error.code === 'DUPLICATE_KEY') {
    return {
      code: 'CONFIG_DUPLICATE_KEY',
      what: 'This key is written twice at the same level.',
      fix: 'Keep one of the two; neither of them wins silently.',
    };
  }
  if (error.code === 'TAG_RESOLVE_FAILED') {
    return {
      code: 'CONFIG_TAG',
      what: 'A YAML tag (`!…`) is used; tags are not part of this configuration.',
      fix: 'Remove the tag and write the plain value.',
    };
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return {
      code: 'CONFIG_DOCUMENTS',
      what: 'The file holds more than one YAML document (`---`).',
      fix: 'Keep one document in a file.',
    };
  }
  if (error.code === 'BAD_ALIAS' || error.code === 'RESOURCE_EXHAUSTION') {
    return { code: 'CONFIG_ALIAS', what: firstLine(error.message), fix: 'Write the value out instead of an alias.' };
  }
  return {
    code: 'CONFIG_SYNTAX',
    what: `This is not valid YAML: ${firstLine(error.message)}.`,
    fix: syntaxFix(error),
  };
}

function syntaxFix(error: YAMLError): string {
  switch (error.code) {
    case 'BAD_INDENT':
      return 'Give the keys of one block the same number of spaces, and close every [ and { that you opened.';
    case 'MISSING_CHAR':
      return 'Close the quotation mark or bracket, or put a space after the colon.';
    case 'BAD_SCALAR_START':
      return 'Put the value in quotation marks: it starts with a character that YAML reserves.';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'Check the indentation of this line and of the one before, and quote values that contain a colon.';
    case 'BAD_DQ_ESCAPE':
      return 'In double quotes a backslash is an escape: write it twice, or use single quotes.';
    default:
      return 'Compare the line with `mailmart init --print`, which writes a valid file.';
  }
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '').replace(/[.:]+$/, '');
}

/** One unclosed bracket makes the parser stumble on every later line: the first of these is the one that helps. */
function dropEchoes(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  let syntaxSeen = false;
  return problems.filter((problem) => {
    if (problem.code !== 'CONFIG_SYNTAX' && problem.code !== 'CONFIG_TAB') return true;
    const keep = !syntaxSeen;
    syntaxSeen = true;
    return keep;
  });
}

function refuseFeatures(
  file: string,
  document: Document.Parsed,
  text: string,
  placeOf: (offset: number) => Place,
  known: readonly ConfigProblem[],
): readonly ConfigProblem[] {
  const tagsKnown = known.some(({ code }) => code === 'CONFIG_TAG');
  const problems: ConfigProblem[] = [];
  const refuse = (offset: number, described: Described): void => {
    problems.push({ file, path: '', ...placeOf(offset), ...described });
  };
  const directive = /^%.*$/m.exec(text);
  if (directive !== null && document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    refuse(directive.index, {
      code: 'CONFIG_SYNTAX',
      what: 'The file asks for another YAML version than 1.2.',
      fix: 'Remove the %YAML line.',
    });
  }
  let aliases = 0;
  visit(document, (key, node, ancestors) => {
    if (isPair(node)) {
      const name = isScalar(node.key) ? node.key.value : undefined;
      if (name === '__proto__') {
        const offset = isScalar(node.key) ? (node.key.range?.[0] ?? 0) : 0;
        refuse(offset, { code: 'CONFIG_UNKNOWN_KEY', what: '`__proto__` is not a setting.', fix: 'Remove it.' });
      }
      return undefined;
    }
    if (isAlias(node)) {
      // The name is not repeated: an unquoted value that begins with * may be a key.
      if (node.resolve(document) === undefined) {
        refuse(node.range?.[0] ?? 0, {
          code: 'CONFIG_ALIAS',
          what: 'This alias (`*name`) refers to nothing.',
          fix: 'If the value begins with *, put it in quotation marks.',
        });
      }
      aliases += 1;
      if (aliases === maxAliases + 1) {
        refuse(node.range?.[0] ?? 0, {
          code: 'CONFIG_ALIAS',
          what: `More than ${maxAliases} aliases (\`*name\`): this could expand without end.`,
          fix: 'Write the values out instead of aliases.',
        });
        return visit.BREAK;
      }
      return undefined;
    }
    if (isCollection(node) && ancestors.length > maxDepth * 2) {
      refuse(node.range?.[0] ?? 0, {
        code: 'CONFIG_SYNTAX',
        what: `The values are nested more than ${maxDepth} levels deep.`,
        fix: 'No setting needs this; check the brackets.',
      });
      return visit.BREAK;
    }
    // A tag that YAML core knows (`!!str`) parses without a warning; it is refused as well, so that the rule is simple.
    const tag = tagsKnown || key === null ? undefined : writtenTag(node, text);
    if (tag !== undefined) {
      refuse(tag, {
        code: 'CONFIG_TAG',
        what: 'A YAML tag (`!…`) is used; tags are not part of this configuration.',
        fix: 'Remove the tag and write the plain value.',
      });
    }
    return undefined;
  });
  return problems;
}

/** Offset of the tag before a value, if one is written there. */
function writtenTag(node: unknown, text: string): number | undefined {
  if ((!isScalar(node) && !isCollection(node)) || node.tag === undefined) return undefined;
  const start = node.range?.[0] ?? 0;
  const before = /!\S*\s*$/.exec(text.slice(Math.max(0, start - 60), start));
  return before === null ? undefined : start - before[0].length;
}

function located(document: Document.Parsed, placeOf: (offset: number) => Place): LocatedYaml {
  const start: Place = { line: 1, column: 1 };
  const offsetOf = (node: unknown): Place | undefined => {
    const range = (node as Node | null | undefined)?.range;
    return range === undefined || range === null ? undefined : placeOf(range[0]);
  };
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const step = (node: unknown, part: PathPart): { readonly key?: unknown; readonly value: unknown } | undefined => {
    const inside = resolve(node);
    if (isMap(inside)) {
      const pair = inside.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      return pair === undefined ? undefined : { key: pair.key, value: pair.value };
    }
    if (isSeq(inside) && typeof part === 'number') {
      const value = inside.items[part];
      return value === undefined ? undefined : { value };
    }
    return undefined;
  };
  const walk = (path: readonly PathPart[], wantKey: boolean): Place => {
    let node: unknown = document.contents;
    let place = offsetOf(node) ?? start;
    for (const [index, part] of path.entries()) {
      const next = step(node, part);
      if (next === undefined) return place;
      const last = index === path.length - 1;
      const ofKey = offsetOf(next.key);
      const ofValue = offsetOf(next.value);
      // Where a deeper part is missing, the key of the enclosing block is the line to look at.
      place = (last && !wantKey ? (ofValue ?? ofKey) : (ofKey ?? ofValue)) ?? place;
      node = next.value;
    }
    return place;
  };
  return {
    value: toValue(document.contents, document, { left: maxNodes, depth: 0, alias: 0 }),
    valueAt: (path) => walk(path, false),
    keyAt: (path) => walk(path, true),
  };
}

type Budget = { left: number; depth: number; alias: number };

/** Plain values; a number that a double cannot hold exactly stays text, so that money keeps every digit. */
function toValue(node: unknown, document: Document.Parsed, budget: Budget): unknown {
  budget.left -= 1;
  if (budget.left < 0 || budget.depth > maxDepth * 2) throw new ExpansionError(budget.alias);
  budget.depth += 1;
  try {
    if (isAlias(node)) {
      budget.alias = node.range?.[0] ?? 0;
      return toValue(node.resolve(document), document, budget);
    }
    if (isMap(node)) {
      return Object.fromEntries(
        node.items.map((pair) => [
          isScalar(pair.key) ? String(pair.key.value) : '',
          toValue(pair.value, document, budget),
        ]),
      );
    }
    if (isSeq(node)) return node.items.map((item) => toValue(item, document, budget));
    if (!isScalar(node)) return null;
    const digits = node.source?.replaceAll(/\D/g, '').length ?? 0;
    return typeof node.value === 'number' && digits > 15 ? node.source : node.value;
  } finally {
    budget.depth -= 1;
  }
}
