import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

import type { Beyond } from './simulator-beyond.ts';

/** Where the vendor's description is kept on this machine, or undefined: it is no part of the project. */
export function findSpec(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const root = resolve(import.meta.dirname, '../..');
  const path = resolve(root, env['MAILMART_SHARED'] ?? '../shared', 'esp/specs/sendgrid.json');
  return existsSync(path) ? path : undefined;
}

type Schema = {
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: boolean | Schema;
  [keyword: string]: unknown;
};

type Content = Record<string, { schema?: Schema }>;
type Parameter = { $ref?: string; name: string; in: string };
type Operation = {
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { $ref?: string; content?: Content }>;
};
type Path = { parameters?: Parameter[] } & Record<'get' | 'post', Operation | undefined>;

/** The vendor's description as a judge of answers and requests, widened by the list of deviations and by nothing else. */
export type Spec = {
  /** Query parameters of an operation. */
  parameters(method: string, path: string): readonly string[];
  /** Fields of an operation's request body. */
  fields(method: string, path: string): readonly string[];
  /** What is wrong with an answer, one line each with the field's place; empty when it fits. */
  judge(method: string, path: string, status: number, body: unknown): readonly string[];
};

export function loadSpec(file: string, beyond: readonly Beyond[]): Spec {
  const root = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, Path> };
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, unicodeRegExp: false });
  formats.default(ajv);
  // Addresses may hold letters beyond ASCII (RFC 6531), which the library's own format forbids.
  ajv.addFormat('email', /^[^\s@]+@[^\s@]+$/);
  const compiled = new Map<string, ValidateFunction>();

  const follow = <T extends { $ref?: string }>(node: T): T => {
    let found = node;
    while (found.$ref !== undefined) {
      const keys = found.$ref.slice(2).split('/');
      const target = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], root) as T;
      const { $ref: _ref, ...beside } = found;
      found = { ...beside, ...target };
    }
    return found;
  };
  const operationOf = (method: string, path: string): Operation | undefined =>
    root.paths[path]?.[method.toLowerCase() as 'get' | 'post'];

  const described = (method: string, path: string, status: number): Schema | undefined => {
    const responses = operationOf(method, path)?.responses;
    const response = responses?.[String(status)] ?? responses?.['default'];
    return response === undefined ? undefined : follow(response).content?.['application/json']?.schema;
  };
  const schemaOf = (method: string, path: string, status: number): Schema => {
    const own = beyond.filter((entry) => entry.path === path);
    const bare = own.find((entry) => entry.kind === 'path');
    const known = described(method, path, status) ?? (bare === undefined ? undefined : bareSchema(bare.name));
    if (status >= 400) return errorSchema;
    if (known === undefined)
      throw new Error(`${method} ${path} ${status} is neither described nor among the deviations`);
    const list = own.find((entry) => entry.kind === 'list');
    const plain = strict(structuredClone(known), follow);
    const schema =
      list === undefined
        ? plain
        : strict({ type: 'object', properties: { [list.name]: { type: 'array', items: plain } } }, follow);
    for (const entry of own) if (entry.kind !== 'path' && entry.kind !== 'list') widen(schema, entry);
    return schema;
  };

  return {
    parameters: (method, path) =>
      [...(root.paths[path]?.parameters ?? []), ...(operationOf(method, path)?.parameters ?? [])]
        .map((parameter) => follow(parameter))
        .filter((parameter) => parameter.in === 'query')
        .map((parameter) => parameter.name),
    fields: (method, path) => {
      const schema = operationOf(method, path)?.requestBody?.content['application/json']?.schema;
      return schema === undefined ? [] : Object.keys(follow(schema).properties ?? {});
    },
    judge: (method, path, status, body) => {
      const key = `${method} ${path} ${status}`;
      const validate = compiled.get(key) ?? ajv.compile(schemaOf(method, path, status));
      compiled.set(key, validate);
      if (validate(body)) return [];
      return (validate.errors ?? []).map(
        (error) => `${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
      );
    },
  };
}

/**
 * The body of every error, by esp/sendgrid.md §2. The description's own differ from family to family (some give an array, some
 * an empty object, some forbid the null that others show) and are not held against the simulator.
 */
const errorSchema: Schema = {
  type: 'object',
  required: ['errors'],
  additionalProperties: false,
  properties: {
    errors: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['message', 'field'],
        additionalProperties: false,
        properties: {
          message: { type: 'string', minLength: 1 },
          field: { type: ['string', 'null'] as unknown as string },
        },
      },
    },
  },
};

function bareSchema(names: string): Schema {
  return { type: 'object', properties: Object.fromEntries(names.split(',').map((name) => [name, {}])) };
}

/** References resolved, and a field that the description does not list is a deviation though it forbids none. */
function strict(schema: Schema, follow: (schema: Schema) => Schema): Schema {
  const plain = { ...follow(schema) };
  for (const keyword of ['oneOf', 'anyOf', 'allOf'] as const) {
    if (plain[keyword] !== undefined) plain[keyword] = plain[keyword].map((part) => strict(part, follow));
  }
  if (plain.items !== undefined) plain.items = strict(plain.items, follow);
  if (plain.properties !== undefined) {
    plain.properties = Object.fromEntries(
      Object.entries(plain.properties).map(([name, field]) => [name, strict(field, follow)]),
    );
    plain.additionalProperties ??= false;
  }
  return plain;
}

/** Adds a field, allows one more text for one that is there, or allows that it is missing. */
function widen(schema: Schema, { kind, name, value }: Beyond): void {
  let at = schema;
  const parts = name.split('.');
  for (const [index, part] of parts.entries()) {
    const field = part.replace('[]', '');
    at.properties ??= {};
    const known = at.properties[field] ?? {};
    const isLast = index === parts.length - 1;
    if (isLast && kind === 'optional') at['required'] = (at['required'] as string[]).filter((own) => own !== field);
    at.properties[field] = isLast && kind === 'value' ? { anyOf: [known, { const: value }] } : known;
    at = part.endsWith('[]') ? (known.items ?? {}) : known;
  }
}
