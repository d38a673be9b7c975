import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

import type { BeyondSpec } from './beyond-spec.ts';

/** Where the vendor's description is kept on this machine, or undefined: it is no part of the project. */
export function findSpec(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const root = resolve(import.meta.dirname, '../..');
  const path = resolve(root, env['MAILMART_SHARED'] ?? '../shared', 'esp/specs/mailchimp.json');
  return existsSync(path) ? path : undefined;
}

type Schema = {
  type?: string;
  format?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  [keyword: string]: unknown;
};

type Operation = { parameters?: { name: string; in: string }[]; responses: Record<string, { schema?: Schema }> };

/** The vendor's description as a judge of answers and requests, widened by the allow-list and by nothing else. */
export type Spec = {
  /** Paths with a GET. */
  readonly paths: readonly string[];
  /** Query parameters of a path. */
  parameters(path: string): readonly string[];
  /** What is wrong with an answer, one line each with the field's place; empty when it fits. */
  judge(path: string, status: number, body: unknown): readonly string[];
};

export function loadSpec(file: string, beyond: readonly BeyondSpec[]): Spec {
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, { get?: Operation }> };
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  const compiled = new Map<string, ValidateFunction>();

  const schemaOf = (path: string, status: number): Schema => {
    const operation = paths[path]?.get;
    const isKnown = beyond.some((entry) => entry.kind === 'path' && entry.path === path);
    if (operation === undefined && !isKnown)
      throw new Error(`${path} is neither in the description nor in the allow-list`);
    const schema = operation?.responses[status === 200 ? '200' : 'default']?.schema ?? bareSchema(status);
    const widened = status === 200 ? widen(structuredClone(schema), path, beyond) : structuredClone(schema);
    return strict(widened, status !== 200);
  };

  return {
    paths: Object.entries(paths).flatMap(([path, methods]) => (methods.get === undefined ? [] : [path])),
    parameters: (path) => [
      ...(paths[path]?.get?.parameters ?? []).flatMap((parameter) =>
        parameter.in === 'query' ? [parameter.name] : [],
      ),
      ...beyond.flatMap((entry) => (entry.kind === 'parameter' && entry.path === path ? [entry.name] : [])),
    ],
    judge: (path, status, body) => {
      const key = `${status === 200} ${path}`;
      const validate = compiled.get(key) ?? ajv.compile(schemaOf(path, status));
      compiled.set(key, validate);
      if (validate(body)) return [];
      return (validate.errors ?? []).map(
        (error) => `${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
      );
    },
  };
}

/** An answer of a path that only the allow-list knows: its fields, and links. */
function bareSchema(status: number): Schema {
  return status === 200
    ? { type: 'object', properties: { _links: { type: 'array', items: {} } } }
    : { type: 'object', properties: { type: {}, title: {}, status: {}, detail: {}, instance: {} } };
}

/** Adds the allow-list's fields of this path. */
function widen(schema: Schema, path: string, beyond: readonly BeyondSpec[]): Schema {
  for (const { kind, path: own, name, type } of beyond) {
    if (kind !== 'field' || own !== path) continue;
    const parts = name.split('.');
    let at = schema;
    for (const [index, part] of parts.entries()) {
      const field = part.replace('[]', '');
      at.properties ??= {};
      const next = (at.properties[field] ??= type === undefined || index < parts.length - 1 ? {} : { type });
      at = part.endsWith('[]') ? (next.items ??= {}) : next;
    }
  }
  return schema;
}

/**
 * The description lists fields without forbidding others; here an unlisted field is a deviation. A missing instant is an empty
 * string (esp/mailchimp.md §5). An error may carry `errors` (esp/mailchimp.md §2).
 */
function strict(schema: Schema, isError: boolean): Schema {
  if (schema.format === 'date-time') {
    return {
      anyOf: [
        { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\+00:00$', format: 'date-time' },
        { const: '' },
      ],
    };
  }
  if (schema.properties !== undefined) {
    for (const [name, field] of Object.entries(schema.properties)) schema.properties[name] = strict(field, isError);
    if (isError) schema.properties['errors'] = { type: 'array' };
    schema.additionalProperties ??= false;
  }
  if (schema.items !== undefined) schema.items = strict(schema.items, isError);
  return schema;
}
