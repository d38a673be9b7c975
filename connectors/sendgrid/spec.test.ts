import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Json, JsonObject } from '../../src/contracts/json.ts';
import type { ItemState } from '../../src/contracts/sync.ts';
import type { Http, HttpRequest, RawReader } from '../_kit/contract.ts';
import { readSlice } from '../_kit/engine.ts';
import { planSlices } from '../_kit/plan.ts';
import { routes } from './client.ts';
import { sendgridConfig } from './config.ts';
import { sendgrid } from './connector.ts';

// Every request that the connector can make, made for real through the official client into a recorder, is compared with
// the vendor's description. The description is not part of the project: MAILMART_SHARED names the folder it is in.
const shared = process.env['MAILMART_SHARED'] ?? path.resolve(import.meta.dirname, '../../../shared');
const specFile = path.join(shared, 'esp/specs/sendgrid.json');
const factsFile = path.join(shared, 'esp/sendgrid.md');

type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
};
type Parameter = {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
};
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;
type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};
type Spec = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, Operation>> & { readonly parameters?: readonly Parameter[] }>
  >;
};

/** Not in the kept description, which is a subset; where it is stated. */
const beyond: Readonly<Record<string, string>> = {
  'GET /v3/scopes': '`GET /v3/scopes` lists them',
};

/** Fields that no answer of the description has, and why a schema names them. */
const added: Readonly<Record<string, string>> = {
  'single_send_links: single_send_id': 'of the single send whose links these are',
  'category_stats: category': 'the category that was asked for, `name` in the answer',
  'log_events: marketing_campaign_id': 'of the message whose events these are',
};

const config = sendgridConfig.parse({ credentials: { api_key: 'SG.not-a-key' } });
const now = '2026-06-30T12:00:00.000Z';
const signal = new AbortController().signal;

/** One parent of each kind, in the shape that the plans look at. */
const parents: Readonly<Record<string, readonly JsonObject[]>> = {
  single_sends: [
    {
      id: 's1',
      status: 'triggered',
      is_abtest: true,
      send_at: '2026-06-29T09:00:00Z',
      updated_at: '2026-06-29T09:00:00Z',
    },
  ],
  log_messages: [{ sg_message_id: 'm1.recvd-1', sg_message_id_created_at: '2026-06-29T09:00:00Z' }],
};
const raw: RawReader = {
  async *records(stream) {
    yield* parents[stream] ?? [];
  },
  counts: async () => new Map(),
};

/** The emptiest answer that lets a read go on. */
function answerTo({ method, path: asked }: HttpRequest): Json {
  if (method === 'POST' && asked.endsWith('/exports')) return { id: 'job' };
  if (asked.includes('/exports/')) return { id: 'job', status: 'ready', urls: [], contact_count: 0 };
  if (asked === '/v3/categories') return [{ category: 'a' }];
  if (/^\/v3\/logs\/./.test(asked)) return { events: [] };
  if (asked.startsWith('/v3/suppression/') || asked.startsWith('/v3/asm/') || asked.endsWith('/stats')) return [];
  return { result: [], results: [], messages: [], _metadata: {}, id: 's1', status: 'draft', updated_at: now };
}

/** What the connector sends, stream by stream, in first and later runs. */
async function sent(): Promise<readonly HttpRequest[]> {
  const requests: HttpRequest[] = [];
  const recorder: Http = {
    requests: 0,
    download: async function* () {},
    request: async (request) => {
      requests.push(request);
      return { status: 200, headers: {}, body: answerTo(request), bytes: 0 };
    },
  };
  const http = sendgrid.client?.(recorder, config) ?? recorder;
  const earlier = '2026-06-29T10:00:00.000Z';
  const cursorOf = (name: string): string => {
    const { cursor } = sendgrid.streams[name]!;
    return cursor !== 'full-refresh' && cursor.unit === 'epoch-s' ? String(Date.parse(earlier) / 1000) : earlier;
  };
  for (const name of Object.keys(sendgrid.streams)) {
    const known: ItemState = { readAt: earlier, fullReadAt: earlier, cursor: cursorOf(name) };
    for (const state of [new Map<string, ItemState>(), new Map([['', known]])]) {
      const context = { config, state, raw, now, startDate: null, mutableWindow: 'P35D', round: 0 };
      for (const slice of await planSlices(sendgrid, name, context))
        for await (const _ of readSlice(sendgrid, name, { config, http, slice, now, salt: 'salt', signal }));
    }
  }
  await sendgrid.probe({ config, http, signal });
  return requests;
}

const templateOf = (request: HttpRequest): string =>
  Object.keys(routes).find((template) =>
    new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(request.path),
  ) ?? request.path;
const nameOf = (request: HttpRequest): string => `${request.method} ${templateOf(request)}`;

describe.skipIf(!existsSync(specFile))(
  'SendGrid requests against the official description (needs MAILMART_SHARED)',
  () => {
    const spec = (existsSync(specFile) ? JSON.parse(readFileSync(specFile, 'utf8')) : { paths: {} }) as Spec;
    const resolved = <T extends { readonly $ref?: string }>(value: T): T => {
      if (value.$ref === undefined) return value;
      const target = value.$ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key.replace('~1', '/')], spec);
      return resolved(target as T);
    };
    const operation = (request: HttpRequest): Operation | undefined =>
      spec.paths[templateOf(request)]?.[request.method.toLowerCase()];
    const parametersOf = (request: HttpRequest): readonly Parameter[] =>
      [...(operation(request)?.parameters ?? []), ...(spec.paths[templateOf(request)]?.parameters ?? [])].map((one) =>
        resolved(one),
      );

    it('requests every declared path, and nothing else', async () => {
      const templates = new Set((await sent()).map(templateOf));
      expect([...templates].sort()).toEqual(Object.keys(routes).sort());
    });

    it('sends only what the description knows, within its limits', async () => {
      const problems = new Set<string>();
      for (const request of await sent()) {
        const found = operation(request);
        if (found === undefined) {
          if (beyond[nameOf(request)] === undefined) problems.add(nameOf(request));
          continue;
        }
        const known = parametersOf(request).filter((one) => one.in === 'query');
        // Undefined ones are left out.
        for (const [name, value] of Object.entries(request.params ?? {}).filter(([, given]) => given !== undefined)) {
          const parameter = known.find((one) => one.name === name);
          if (parameter === undefined || !fits(resolved(parameter.schema), String(value), resolved))
            problems.add(`${nameOf(request)}?${name}=${value}`);
        }
        for (const { name, required } of known)
          if (required === true && request.params?.[name] === undefined)
            problems.add(`${nameOf(request)} lacks ${name}`);
        const body = Object.values(found.requestBody?.content ?? {})[0]?.schema;
        const fields = body === undefined ? {} : (resolved(body).properties ?? {});
        for (const [name, value] of Object.entries((request.body ?? {}) as JsonObject)) {
          const field = fields[name];
          if (field === undefined || !fits(resolved(field), String(value), resolved))
            problems.add(`${nameOf(request)} body ${name}`);
        }
      }
      expect([...problems]).toEqual([]);
    });

    it('asks for the largest page that is allowed, wherever a largest is described', async () => {
      const small = (await sent()).filter((request) => {
        if (request.stream === undefined) return false;
        return parametersOf(request).some(({ name, schema }) => {
          const { maximum } = resolved(schema);
          return (
            maximum !== undefined && /^(?:limit|page_size)$/.test(name) && Number(request.params?.[name]) !== maximum
          );
        });
      });
      expect(small.map(nameOf)).toEqual([]);
    });

    it('sends both dates wherever the endpoint takes them: the description has defaults of the year 2021', async () => {
      const ofDates = (await sent()).filter((request) => parametersOf(request).some(({ name }) => name === 'end_date'));
      expect(ofDates.length).toBeGreaterThan(5);
      for (const { params } of ofDates)
        expect([params?.['start_date'], params?.['end_date']]).toEqual([
          expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
          expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        ]);
    });

    it('types only fields that the description knows', () => {
      const unknown = Object.entries(answers).flatMap(([stream, [method, template, ...place]]) => {
        const response = spec.paths[template]?.[method]?.responses;
        const content = (response?.['200'] ?? response?.['202'])?.content;
        const record = [...place].reduce<Schema | undefined>(
          (at, step) => {
            const schema = at === undefined ? undefined : resolved(at);
            return step === '[]' ? schema?.items : schema?.properties?.[step];
          },
          Object.values(content ?? {})[0]?.schema,
        );
        expect(record, `${stream}: no such answer`).toBeDefined();
        return fieldsOf(z.toJSONSchema(sendgrid.streams[stream]!.schema, { io: 'input' }) as Typed)
          .filter((field) => !hasField(record!, field, resolved))
          .map((field) => `${stream}: ${field}`);
      });
      const ofDays = /: (?:date|type|name|metrics(?:\..*)?)$/;
      expect(unknown.filter((field) => added[field] === undefined && !ofDays.test(field))).toEqual([]);
      expect(Object.keys(added).filter((field) => !unknown.includes(field))).toEqual([]);
    });

    it('quotes the facts where the description ends', () => {
      const facts = readFileSync(factsFile, 'utf8');
      for (const quote of Object.values(beyond)) expect(facts).toContain(quote);
    });
  },
);

/** Where a stream's records are in which answer; those of posts and files are in none. */
const answers: Readonly<Record<string, readonly [string, string, ...string[]]>> = {
  lists: ['get', '/v3/marketing/lists', 'result', '[]'],
  contacts: ['get', '/v3/marketing/contacts', 'result', '[]'],
  // The description gives the schema of one segment, and calls the list `results`.
  segments: ['get', '/v3/marketing/segments/2.0'],
  single_sends: ['get', '/v3/marketing/singlesends', 'result', '[]'],
  single_send_details: ['get', '/v3/marketing/singlesends/{id}'],
  single_send_stats: ['get', '/v3/marketing/stats/singlesends', 'results', '[]'],
  single_send_links: ['get', '/v3/marketing/stats/singlesends/{id}/links', 'results', '[]'],
  daily_stats: ['get', '/v3/stats', '[]'],
  category_stats: ['get', '/v3/categories/stats', '[]'],
  bounces: ['get', '/v3/suppression/bounces', '[]'],
  blocks: ['get', '/v3/suppression/blocks', '[]'],
  invalid_emails: ['get', '/v3/suppression/invalid_emails', '[]'],
  spam_reports: ['get', '/v3/suppression/spam_reports', '[]'],
  unsubscribes: ['get', '/v3/suppression/unsubscribes', '[]'],
  suppression_groups: ['get', '/v3/asm/groups', '[]'],
  group_suppressions: ['get', '/v3/asm/suppressions', '[]'],
  log_messages: ['post', '/v3/logs', 'messages', '[]'],
  log_events: ['get', '/v3/logs/{sg_message_id}', 'events', '[]'],
  activity: ['get', '/v3/messages', 'messages', '[]'],
};

type Resolve = (schema: Schema) => Schema;

/** A value against the schema of its parameter; lists are written with commas. */
function fits(schema: Schema, value: string, resolve: Resolve): boolean {
  if (schema.type === 'array') {
    const items = resolve(schema.items ?? {});
    return value.split(',').every((one) => fits(items, one, resolve));
  }
  if (schema.enum !== undefined) return schema.enum.includes(value);
  if (schema.type === 'integer' || schema.type === 'number') {
    const number = Number(value);
    return /^\d+$/.test(value) && number >= (schema.minimum ?? 0) && number <= (schema.maximum ?? Infinity);
  }
  return true;
}

function hasField(schema: Schema, field: string, resolve: Resolve): boolean {
  let current: readonly Schema[] = [schema];
  for (const part of field.split('.')) {
    const all = current.flatMap((one) => variants(resolve(one), resolve));
    current = all.flatMap((one) => one.properties?.[part.replace('[]', '')] ?? []);
    if (part.endsWith('[]')) current = current.flatMap((one) => resolve(one).items ?? []);
  }
  return current.length > 0;
}

const variants = (schema: Schema, resolve: Resolve): readonly Schema[] => [
  schema,
  ...(schema.oneOf ?? []).flatMap((one) => variants(resolve(one), resolve)),
];

type Typed = { readonly properties?: Readonly<Record<string, Typed>>; readonly anyOf?: readonly Typed[] };

/** Dot paths of all fields that a stream's schema names. */
function fieldsOf(schema: Typed, prefix = ''): readonly string[] {
  return [schema, ...(schema.anyOf ?? [])].flatMap((variant) =>
    Object.entries(variant.properties ?? {}).flatMap(([name, property]) => [
      prefix + name,
      ...fieldsOf(property, `${prefix}${name}.`),
    ]),
  );
}
