import { variantFor } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import { pathText } from './path-text.ts';
import type { ConfigProblem } from './problems.ts';
import { nearest } from './suggest.ts';
import { quoted } from './values.ts';
import type { LocatedYaml, PathPart } from './yaml-text.ts';

/** Where a piece of configuration is and what is known of it. */
export type Piece = {
  readonly file: string;
  readonly yaml: LocatedYaml;
  /** Path of the piece inside the file. */
  readonly at: readonly PathPart[];
  readonly value: unknown;
  readonly schema: JsonSchema;
  /** True for a path (inside the piece) whose value must never be shown. */
  readonly secret: (path: readonly PathPart[]) => boolean;
};

/** Other tools' words for our keys. */
const keySynonyms: Readonly<Record<string, string>> = {
  tz: 'time_zone',
  zone: 'time_zone',
  timezone: 'time_zone',
  database: 'warehouse',
  destination: 'warehouse',
  connectors: 'sources',
  accounts: 'sources',
  source: 'sources',
  connector: 'type',
  kind: 'type',
  provider: 'type',
  name: 'id',
  title: 'name',
  from: 'start_date',
  since: 'start_date',
  start: 'start_date',
  lookback: 'mutable_window',
  window: 'mutable_window',
  url: 'base_url',
  endpoint: 'base_url',
  apikey: 'api_key',
  key: 'api_key',
  token: 'api_key',
  auth: 'credentials',
  credential: 'credentials',
  secrets: 'credentials',
  tables: 'streams',
  rules: 'campaigns',
  goals: 'campaigns',
  regex: 'match',
  pattern: 'match',
  value: 'conversion_value',
  interval: 'every',
  host: 'address',
  output: 'report',
  file: 'path',
  filename: 'path',
  paths: 'path',
  sep: 'delimiter',
  separator: 'delimiter',
};

/** A key that the schema does not know, and what was most likely meant. */
export type UnknownKey = {
  readonly path: string;
  readonly suggestedPath: string | undefined;
  readonly parent: string;
  /** The object it stands in could have had another shape. */
  readonly ofUnion: boolean;
  readonly problem: ConfigProblem;
};

/** Unknown keys of all levels at once. */
export function unknownKeys(
  piece: Piece,
  schema: JsonSchema,
  value: unknown,
  path: readonly PathPart[],
): readonly UnknownKey[] {
  const own = variantFor(schema, value);
  if (Array.isArray(value)) {
    const items = own.items;
    return items === undefined ? [] : value.flatMap((item, index) => unknownKeys(piece, items, item, [...path, index]));
  }
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const properties = own.properties ?? {};
  const free = typeof own.additionalProperties === 'object' ? own.additionalProperties : undefined;
  const closed = own.properties !== undefined && free === undefined && own.additionalProperties === false;
  const absent = Object.keys(properties).filter((key) => !(key in value));
  return entries.flatMap(([key, inner]) => {
    const known = properties[key] ?? free;
    if (known !== undefined) return unknownKeys(piece, known, inner, [...path, key]);
    if (!closed) return [];
    const ofUnion = (schema.anyOf ?? schema.oneOf) !== undefined;
    return [{ ...unknownKey(piece, properties, absent, [...path, key]), ofUnion }];
  });
}

function unknownKey(
  piece: Piece,
  properties: Readonly<Record<string, JsonSchema>>,
  absent: readonly string[],
  path: readonly PathPart[],
): Omit<UnknownKey, 'ofUnion'> {
  const key = String(path.at(-1));
  const full = [...piece.at, ...path];
  const near = nearest(key, absent, keySynonyms) ?? nearest(key, Object.keys(properties));
  const deeper = near === undefined ? deeperHome(properties, key) : undefined;
  const level = full.length === 1 ? 'the top level' : `\`${pathText(full.slice(0, -1))}\``;
  const suggestion = near ?? deeper;
  return {
    path: pathText(full),
    parent: pathText(full.slice(0, -1)),
    suggestedPath: near === undefined ? deeperPath(full, deeper) : pathText([...full.slice(0, -1), near]),
    problem: {
      code: 'CONFIG_UNKNOWN_KEY',
      file: piece.file,
      ...piece.yaml.keyAt(full),
      path: pathText(full),
      what: `${level} has no key ${quoted(key)}.`,
      fix:
        suggestion === undefined
          ? `Remove it, or use one of: ${Object.keys(properties).join(', ')}.`
          : deeper === undefined
            ? `Rename it to \`${suggestion}\`, or remove it.`
            : `Move it: it belongs to \`${deeper}\`.`,
      ...(suggestion !== undefined && { suggestion }),
    },
  };
}

function deeperPath(full: readonly PathPart[], deeper: string | undefined): string | undefined {
  return deeper === undefined ? undefined : pathText([...full.slice(0, -1), deeper.split('.')[0] ?? deeper]);
}

/** `api_key` written beside `credentials` instead of inside. */
function deeperHome(properties: Readonly<Record<string, JsonSchema>>, key: string): string | undefined {
  for (const [parent, schema] of Object.entries(properties)) {
    const inner = Object.keys(schema.properties ?? {});
    const found = nearest(key, inner, keySynonyms);
    if (found !== undefined) return `${parent}.${found}`;
  }
  return undefined;
}
