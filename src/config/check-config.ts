import { secretPathOf, secretPlaces, valueAtPlace, withValues } from '../../connectors/_kit/secrets.ts';
import { channelSecrets } from './alerts-schema.ts';
import { configJsonSchema, sourceSchema } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import { ConfigError } from './problems.ts';
import type { ConfigCode, ConfigProblem } from './problems.ts';
import type { SourceRegistry } from './registry.ts';
import { mailmartSchema, sourceBase, sourceBaseKeys } from './schema.ts';
import type { MailmartSchema } from './schema.ts';
import { referenceProblems, sourceEntries } from './reference-problems.ts';
import { nearest } from './suggest.ts';
import { pathText } from './path-text.ts';
import { translateIssues } from './translate.ts';
import { quoted } from './values.ts';
import { readYaml } from './yaml-text.ts';
import type { LocatedYaml, PathPart } from './yaml-text.ts';

/** One entry of `sources`. */
export type SourceConfig = {
  /** `account_id` in data. */
  readonly id: string;
  /** The connector's name. */
  readonly type: string;
  readonly start_date?: string | undefined;
  readonly streams: 'all' | readonly string[];
  readonly mutable_window: string;
  /** The connector's own keys as written: secrets are references. `Project.secret` gives them resolved. */
  readonly options: Readonly<Record<string, unknown>>;
};

/** The validated configuration, defaults filled in. Holds references, never secrets. */
export type MailmartConfig = Omit<MailmartSchema, 'sources'> & { readonly sources: readonly SourceConfig[] };

/** Stands in for a secret while the rest of a source is checked. */
const placeholder = 'a'.repeat(32);

/** Checks the text of a mailmart.yaml; throws a ConfigError with everything that is wrong with it, in file order. */
export function checkConfig(
  file: string,
  bytes: Uint8Array,
  registry: SourceRegistry,
): { readonly config: MailmartConfig; readonly yaml: LocatedYaml } {
  const read = readYaml(file, bytes);
  if (read.yaml === undefined) throw new ConfigError(inFileOrder(read.problems));
  const { yaml } = read;
  if (yaml.value === null) throw new ConfigError([emptyFile(file)]);
  const schema = configJsonSchema(registry);
  const value = yaml.value;
  const problems: ConfigProblem[] = [...referenceProblems(file, yaml, registry)];
  const flagged = new Set(problems.map((problem) => problem.path));
  const parsed = mailmartSchema.safeParse(value);
  const rootIssues = parsed.success ? [] : parsed.error.issues;
  problems.push(
    ...translateIssues(
      {
        file,
        yaml,
        at: [],
        value,
        schema: withoutSourceItems(schema),
        secret: isSecretKey,
      },
      rootIssues.filter((issue) => !(issue.path[0] === 'sources' && typeof issue.path[1] === 'number')),
    ),
  );
  const entries = sourceEntries(value);
  const sources = entries.map((entry, index) => checkSource(file, yaml, registry, entry, index, problems));
  problems.push(...duplicateIds(file, yaml, entries));
  const unknown = problems.filter(({ code }) => code === 'CONFIG_UNKNOWN_KEY').map(({ path }) => path);
  const real = problems
    .filter((problem) => keepBesideReference(problem, flagged))
    // What an unknown key holds does not matter until it has its right name.
    .filter(({ code, path }) => code !== 'CONFIG_REFERENCE_PLACE' || !unknown.some((key) => path.startsWith(key)));
  if (real.length > 0 || !parsed.success) throw new ConfigError(inFileOrder(real));
  return {
    config: { ...parsed.data, sources: sources.filter((source) => source !== undefined) },
    yaml,
  };
}

/** A reference in the wrong place breaks the field's own rule too: one message is enough. */
function keepBesideReference(problem: ConfigProblem, flagged: ReadonlySet<string>): boolean {
  const ofReference: readonly ConfigCode[] = ['CONFIG_REFERENCE_PLACE', 'CONFIG_REFERENCE_FORM', 'CONFIG_SECRET_PLAIN'];
  return ofReference.includes(problem.code) || problem.code === 'CONFIG_UNKNOWN_KEY' || !flagged.has(problem.path);
}

function inFileOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function emptyFile(file: string): ConfigProblem {
  return {
    code: 'CONFIG_EMPTY',
    file,
    line: 1,
    column: 1,
    path: '',
    what: 'The file is empty.',
    fix: 'Run `mailmart init` to fill it.',
  };
}

/** Secrets outside of sources. */
const isSecretKey = (path: readonly PathPart[]): boolean =>
  pathText(path) === 'privacy.salt' || (path[0] === 'alerts' && channelSecrets.includes(String(path[3])));

function withoutSourceItems(schema: JsonSchema): JsonSchema {
  const { items: _items, ...sources } = schema.properties?.['sources'] ?? {};
  return { ...schema, properties: { ...schema.properties, sources } };
}

function checkSource(
  file: string,
  yaml: LocatedYaml,
  registry: SourceRegistry,
  entry: unknown,
  index: number,
  problems: ConfigProblem[],
): SourceConfig | undefined {
  const at: PathPart[] = ['sources', index];
  const place = (path: readonly PathPart[]): Pick<ConfigProblem, 'file' | 'line' | 'column' | 'path'> => ({
    file,
    ...yaml.valueAt(path),
    path: pathText(path),
  });
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    problems.push({
      ...place(at),
      code: 'CONFIG_TYPE',
      what: `\`${pathText(at)}\` must be a block of keys (id, type, ...).`,
      fix: 'For example: - { id: shop-newsletter, type: mailchimp, credentials: { api_key: "${env:MAILCHIMP_API_KEY}" } }',
    });
    return undefined;
  }
  const written = entry as Readonly<Record<string, unknown>>;
  const type = written['type'];
  const connector = typeof type === 'string' ? registry[type] : undefined;
  const base = sourceBase.safeParse(entry);
  if (connector === undefined || typeof type !== 'string') {
    problems.push(...unknownType(file, yaml, registry, written, at));
    return undefined;
  }
  const secretPaths = new Set(connector.secrets);
  const schema = sourceSchema(type, connector);
  const options = Object.fromEntries(Object.entries(written).filter(([key]) => !sourceBaseKeys.includes(key)));
  const own = connector.config.safeParse(withPlaceholders(options, connector.secrets));
  const secret = (path: readonly PathPart[]): boolean => secretPaths.has(secretPathOf(path));
  const issues = [
    ...(base.success ? [] : base.error.issues),
    // A placeholder says nothing about the form of the real secret; that is checked when it is looked up.
    ...(own.success ? [] : own.error.issues.filter((issue) => !isAboutSecret(issue.path, options, secretPaths))),
  ];
  problems.push(...translateIssues({ file, yaml, at, value: entry, schema, secret }, issues));
  if (!base.success) return undefined;
  problems.push(...unknownStreams(base.data.streams, connector.streams, at, place));
  return {
    id: base.data.id,
    type,
    start_date: base.data.start_date,
    streams: base.data.streams,
    mutable_window: base.data.mutable_window,
    options,
  };
}

function unknownType(
  file: string,
  yaml: LocatedYaml,
  registry: SourceRegistry,
  written: Readonly<Record<string, unknown>>,
  at: readonly PathPart[],
): readonly ConfigProblem[] {
  const type = written['type'];
  const names = Object.keys(registry);
  const misspelt =
    type === undefined
      ? Object.keys(written).find(
          (key) => nearest(key, ['type'], { kind: 'type', connector: 'type', provider: 'type' }) !== undefined,
        )
      : undefined;
  if (misspelt !== undefined) {
    const path = [...at, misspelt];
    return [
      {
        code: 'CONFIG_UNKNOWN_KEY',
        file,
        ...yaml.keyAt(path),
        path: pathText(path),
        what: `\`${pathText(at)}\` has no key ${quoted(misspelt)}.`,
        fix: 'Rename it to `type`.',
        suggestion: 'type',
      },
    ];
  }
  const path = [...at, 'type'];
  const suggestion = typeof type === 'string' ? nearest(type, names) : undefined;
  return [
    {
      code: type === undefined ? 'CONFIG_MISSING_KEY' : 'CONFIG_SOURCE_TYPE',
      file,
      ...yaml.valueAt(path),
      path: pathText(path),
      what:
        typeof type === 'string'
          ? `${quoted(type)} is not a type of source.`
          : type === undefined
            ? `\`${pathText(path)}\` is missing.`
            : `\`${pathText(path)}\` must be the name of a connector.`,
      why: 'The type names the connector that reads this source.',
      fix: `Use one of: ${names.join(', ')}.`,
      ...(suggestion !== undefined && { suggestion }),
    },
  ];
}

function unknownStreams(
  streams: 'all' | readonly string[],
  known: Readonly<Record<string, unknown>>,
  at: readonly PathPart[],
  place: (path: readonly PathPart[]) => Pick<ConfigProblem, 'file' | 'line' | 'column' | 'path'>,
): readonly ConfigProblem[] {
  if (streams === 'all') return [];
  const names = Object.keys(known);
  return streams.flatMap((stream, index) => {
    if (Object.hasOwn(known, stream)) return [];
    const suggestion = nearest(stream, names);
    return [
      {
        code: 'CONFIG_STREAM' as const,
        ...place([...at, 'streams', index]),
        what: `${quoted(stream)} is not a stream of this source.`,
        fix: `Use \`all\`, or some of: ${names.join(', ')}.`,
        ...(suggestion !== undefined && { suggestion }),
      },
    ];
  });
}

function duplicateIds(file: string, yaml: LocatedYaml, entries: readonly unknown[]): readonly ConfigProblem[] {
  const seen = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    const id = (entry as { readonly id?: unknown } | null)?.id;
    if (typeof id !== 'string') return [];
    const first = seen.get(id);
    if (first === undefined) {
      seen.set(id, index);
      return [];
    }
    const path: PathPart[] = ['sources', index, 'id'];
    return [
      {
        code: 'CONFIG_SOURCE_ID' as const,
        file,
        ...yaml.valueAt(path),
        path: pathText(path),
        what: `The id ${quoted(id)} is used twice (first at line ${yaml.valueAt(['sources', first, 'id']).line}).`,
        why: 'The id keeps the rows of two accounts apart.',
        fix: 'Give each source its own id.',
        suggestion: `${id}-2`,
      },
    ];
  });
}

function withPlaceholders(options: Readonly<Record<string, unknown>>, secrets: readonly string[]): unknown {
  const places = secrets.flatMap((path) => secretPlaces(options, path));
  return withValues(options, places, (_place, old) => (old === null ? null : placeholder));
}

/** True for an issue at a secret that is written; a missing secret is still reported as missing. */
function isAboutSecret(
  path: readonly PropertyKey[],
  options: Readonly<Record<string, unknown>>,
  secrets: ReadonlySet<string>,
): boolean {
  const parts = path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (!secrets.has(secretPathOf(parts))) return false;
  const value = valueAtPlace(options, parts);
  return value !== undefined && value !== null;
}
