import { z } from 'zod';
import type { SourceRegistry } from './registry.ts';
import { nearest } from './suggest.ts';
import { channelSecrets } from './alerts-schema.ts';
import { mailmartSchema, sourceBase, sourceBaseKeys } from './schema.ts';

/** The parts of JSON Schema that our schemas use. */
export type JsonSchema = {
  readonly [key: string]: unknown;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
};

const referencePattern = String.raw`^\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^}]+)\}$`;

const secretNote = 'A secret, by reference only: ${env:NAME} or ${file:path}.';

/** JSON Schema of mailmart.yaml, draft 2020-12, from the zod schemas: `docs/config.schema.json` and `mailmart schema`. */
export function configJsonSchema(registry: SourceRegistry): JsonSchema {
  const root = toJson(mailmartSchema);
  const properties = { ...root.properties };
  const sources = properties['sources'] ?? {};
  const variants = Object.entries(registry).map(([type, connector]) => sourceSchema(type, connector));
  const privacy = properties['privacy'] ?? {};
  return {
    ...root,
    properties: {
      ...properties,
      sources: { ...sources, items: { anyOf: variants } },
      privacy: mapAt(privacy, ['salt'], asSecret),
      alerts: channelSecrets.reduce(
        (schema, key) => mapAt(schema, ['channels[]', key], asSecret),
        properties['alerts'] ?? {},
      ),
    },
  };
}

/** Text of `docs/config.schema.json`. */
export function configSchemaFile(registry: SourceRegistry): string {
  return `${JSON.stringify(configJsonSchema(registry), undefined, 2)}\n`;
}

/** Schema of one entry of `sources`: the keys that all have, then the connector's own. */
export function sourceSchema(type: string, connector: SourceRegistry[string]): JsonSchema {
  const base = toJson(sourceBase);
  let own = withoutInjected(toJson(connector.config));
  for (const path of connector.secrets) own = mapAt(own, path.split('.'), asSecret);
  const streams = Object.keys(connector.streams);
  const common: Record<string, JsonSchema> = { ...base.properties };
  const streamList = common['streams'];
  if (streamList !== undefined && streams.length > 0) {
    common['streams'] = {
      ...streamList,
      anyOf: (streamList.anyOf ?? []).map((variant) =>
        variant.type === 'array' ? { ...variant, items: { type: 'string', enum: streams } } : variant,
      ),
    };
  }
  return {
    type: 'object',
    title: connector.title,
    description: `Source of type ${type}: ${connector.title}.`,
    properties: {
      ...common,
      type: { ...common['type'], const: type },
      ...own.properties,
    },
    required: [...new Set([...(base.required ?? []), ...(own.required ?? [])])].filter(
      (key) => key === 'id' || key === 'type' || !sourceBaseKeys.includes(key),
    ),
    additionalProperties: false,
  };
}

/** Keys that mailmart fills in itself; written in the file they are unknown. */
const injectable: readonly string[] = ['project_dir'];

/** Which of a connector's keys are filled in by mailmart. */
export function injectedKeys(config: z.ZodType): readonly string[] {
  const { properties = {} } = toJson(config);
  return injectable.filter((key) => key in properties);
}

function withoutInjected(schema: JsonSchema): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).filter(([key]) => !injectable.includes(key));
  return { ...schema, properties: Object.fromEntries(properties) };
}

function toJson(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    // zod leaves out the examples of what is transformed, because they could be outputs; ours are inputs.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.['examples'];
      if (Array.isArray(examples) && examples.length > 0) jsonSchema.examples = examples;
    },
  }) as JsonSchema;
  return close(json);
}

/** Unknown keys are refused everywhere, also where a connector's author wrote an open object. */
function close(schema: JsonSchema): JsonSchema {
  const mapped: Record<string, unknown> = { ...schema };
  if (schema.properties !== undefined) {
    mapped['properties'] = mapValues(schema.properties, close);
    if (schema.additionalProperties === undefined || isEmpty(schema.additionalProperties)) {
      mapped['additionalProperties'] = false;
    }
  }
  if (typeof schema.additionalProperties === 'object' && !isEmpty(schema.additionalProperties)) {
    mapped['additionalProperties'] = close(schema.additionalProperties);
  }
  if (schema.items !== undefined) mapped['items'] = close(schema.items);
  if (schema.anyOf !== undefined) mapped['anyOf'] = schema.anyOf.map(close);
  if (schema.oneOf !== undefined) mapped['oneOf'] = schema.oneOf.map(close);
  return mapped;
}

function isEmpty(schema: boolean | JsonSchema): boolean {
  return typeof schema === 'object' && Object.keys(schema).length === 0;
}

function asSecret(schema: JsonSchema): JsonSchema {
  const note = schema.description === undefined ? secretNote : `${schema.description} ${secretNote}`;
  const { description: _description, examples, default: fallback } = schema;
  const shown = (examples ?? []).filter((example) => typeof example === 'string' && example.startsWith('${'));
  return {
    type: 'string',
    pattern: referencePattern,
    description: note,
    ...(fallback !== undefined && { default: fallback }),
    examples: shown.length > 0 ? shown : ['${env:NAME}', '${file:path}'],
  };
}

function mapAt(schema: JsonSchema, path: readonly string[], change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const [step, ...rest] = path;
  if (step === undefined) return change(schema);
  const head = step.replace(/\[\]$/, '');
  const inner = schema.properties?.[head];
  if (inner === undefined) return schema;
  const mapped =
    head === step ? mapAt(inner, rest, change) : { ...inner, items: mapAt(inner.items ?? {}, rest, change) };
  return { ...schema, properties: { ...schema.properties, [head]: mapped } };
}

function mapValues(
  record: Readonly<Record<string, JsonSchema>>,
  change: (schema: JsonSchema) => JsonSchema,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** The alternatives of a schema that fit a value's shape best: for hints, not for validation. */
export function variantFor(schema: JsonSchema, value: unknown): JsonSchema {
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants === undefined) return schema;
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const scored = variants
    .map((variant) => variantFor(variant, value))
    .map((variant) => {
      const typed = variant.type === kind || (variant.type === undefined && variant.properties === undefined);
      const keys = kind === 'object' ? Object.keys(value as object) : [];
      const names = Object.keys(variant.properties ?? {});
      const known = keys.filter((key) => names.includes(key)).length;
      const misspelt = keys.filter((key) => !names.includes(key) && nearest(key, names) !== undefined).length;
      const tagged = Object.entries(variant.properties ?? {}).some(
        ([key, inner]) => inner.const !== undefined && inner.const === (value as Record<string, unknown>)?.[key],
      );
      return { variant, score: (typed ? 1 : 0) + known * 3 + misspelt * 2 + (tagged ? 100 : 0) };
    });
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a), scored[0] ?? { variant: schema, score: 0 });
  return best.variant;
}

/** The schema of a value inside `root`, following the value's own shape; undefined where the schema knows no such key. */
export function schemaAt(root: JsonSchema, value: unknown, path: readonly (string | number)[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = variantFor(root, value);
  let inside: unknown = value;
  for (const part of path) {
    inside = (inside as Record<string | number, unknown> | null | undefined)?.[part];
    const next: JsonSchema | undefined =
      typeof part === 'number'
        ? schema.items
        : (schema.properties?.[part] ??
          (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined));
    if (next === undefined) return undefined;
    schema = variantFor(next, inside);
  }
  return schema;
}
