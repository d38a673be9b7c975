import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { ItemState } from '../../src/contracts/sync.ts';
import type { Http, HttpRequest, RawReader } from '../_kit/contract.ts';
import { readSlice } from '../_kit/engine.ts';
import { planSlices } from '../_kit/plan.ts';
import { beyondSpec } from './beyond-spec.ts';
import { routes } from './client.ts';
import { mailchimp } from './connector.ts';
import { noDownload } from '../_kit/suite/no-download.ts';

// Every request that the connector can make, made for real through the official client into a recorder, is compared with
// the vendor's description. The description is not part of the project: MAILMART_SHARED names the folder it is in.
const shared = process.env['MAILMART_SHARED'] ?? path.resolve(import.meta.dirname, '../../../shared');
const specFile = path.join(shared, 'esp/specs/mailchimp.json');
const factsFile = path.join(shared, 'esp/mailchimp.md');

type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly format?: string;
};
type Schema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
};
type Spec = {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get?: {
          readonly parameters?: readonly Parameter[];
          readonly responses: Readonly<Record<string, { readonly schema?: Schema }>>;
        };
      }
    >
  >;
};

const config = { credentials: { api_key: 'not-a-key-us1' } };
const now = '2026-06-30T12:00:00.000Z';
const old = '2026-01-01T00:00:00.000Z';
const signal = new AbortController().signal;

/** One parent of each kind, in the shape that the plan looks at. */
const parents: Readonly<Record<string, readonly JsonObject[]>> = {
  lists: [{ id: 'L1', stats: { member_count: 5 } }],
  campaigns: [{ id: 'c1', status: 'sent', type: 'variate', send_time: '2026-06-29T09:00:00+00:00' }],
  automations: [{ id: 'w1' }],
  automation_emails: [{ id: 'a1', emails_sent: 3, send_time: '' }],
  click_details: [{ campaign_id: 'c1', id: 'u1', total_clicks: 2 }],
  stores: [{ id: 's1' }],
};

const raw = (ours: number): RawReader => ({
  async *records(stream) {
    yield* parents[stream] ?? [];
  },
  counts: async () => new Map([['L1', new Map([['subscribed', ours]])]]),
});

/** What the connector sends, stream by stream: every round of the plan, first and later runs. */
async function sent(): Promise<readonly HttpRequest[]> {
  const requests: HttpRequest[] = [];
  const recorder: Http = {
    requests: 0,
    download: noDownload,
    request: async (request) => {
      requests.push(request);
      return { status: 200, headers: {}, body: { ...emptyAnswer, account_name: 'x' }, bytes: 0 };
    },
  };
  const http = mailchimp.client?.(recorder, config) ?? recorder;
  const known: ItemState = { readAt: old, fullReadAt: '2026-06-01T00:00:00.000Z', cursor: '2026-06-29T10:00:00+00:00' };
  const states = [
    new Map<string, ItemState>(),
    new Map([
      ['L1', known],
      ['L1/archived', known],
    ]),
  ];
  for (const name of Object.keys(mailchimp.streams)) {
    for (const state of states) {
      for (const round of [0, 1, 2, 3]) {
        const context = { config, state, raw: raw(7), now, startDate: null, mutableWindow: 'P35D', round };
        for (const slice of await planSlices(mailchimp, name, context)) {
          for await (const _ of readSlice(mailchimp, name, { config, http, slice, now, salt: 'salt', signal }));
        }
      }
    }
  }
  await mailchimp.probe({ config, http, signal });
  return requests;
}

const emptyAnswer: JsonObject = {
  ...Object.fromEntries(
    Object.values(mailchimp.streams).flatMap((stream) =>
      'records' in stream && stream.records !== '' ? [[stream.records, []]] : [],
    ),
  ),
  total_items: 0,
};

const templateOf = (request: HttpRequest): string =>
  Object.keys(routes).find((template) =>
    new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(request.path),
  ) ?? request.path;

const isBeyond = (kind: string, template: string, name: string): boolean =>
  beyondSpec.some((entry) => entry.kind === kind && entry.path === template && entry.name === name);

/** Dot paths of `_links` in an answer. */
function links(schema: Schema | undefined, prefix = ''): readonly string[] {
  return Object.entries(schema?.properties ?? {}).flatMap(([name, property]) =>
    name === '_links' ? [prefix + name] : links(property.items ?? property, `${prefix}${name}.`),
  );
}

/** Whether a field (`reports[].opens.x`) is in an answer's schema. */
function hasField(schema: Schema | undefined, field: string): boolean {
  let current = schema;
  for (const part of field.split('.')) {
    current = current?.properties?.[part.replace('[]', '')];
    if (part.endsWith('[]')) current = current?.items;
  }
  return current !== undefined;
}

describe.skipIf(!existsSync(specFile))(
  'Mailchimp requests against the official description (needs MAILMART_SHARED)',
  () => {
    const spec = JSON.parse(readFileSync(specFile, 'utf8')) as Spec;
    const operation = (template: string) => spec.paths[template]?.get;

    it('requests every stream and the probe, and nothing that the client has no method for', async () => {
      const templates = new Set((await sent()).map(templateOf));
      expect(Object.keys(routes).filter((template) => !templates.has(template))).toEqual([]);
    });

    it('sends only paths and parameters that the description or the allow-list knows', async () => {
      const unknown = new Set<string>();
      for (const request of await sent()) {
        const template = templateOf(request);
        const get = operation(template);
        if (get === undefined && !isBeyond('path', template, '')) unknown.add(template);
        const parameters = (get?.parameters ?? []).filter((parameter) => parameter.in === 'query');
        for (const [name, value] of Object.entries(request.params ?? {})) {
          const parameter = parameters.find((candidate) => candidate.name === name);
          if (parameter === undefined) {
            if (!isBeyond('parameter', template, name)) unknown.add(`${template}?${name}`);
          } else if (!fits(parameter, String(value))) unknown.add(`${template}?${name}=${value}`);
        }
      }
      expect([...unknown]).toEqual([]);
    });

    it('cuts every _links of every answer, where the resource takes exclude_fields', async () => {
      const left = (await sent()).flatMap((request) => {
        const template = templateOf(request);
        const get = operation(template);
        if (
          get?.parameters?.some(({ name }) => name === 'exclude_fields') !== true ||
          request.params?.['fields'] !== undefined
        )
          return [];
        const cut = String(request.params?.['exclude_fields'] ?? '').split(',');
        return links(get.responses['200']?.schema)
          .filter((link) => !cut.includes(link))
          .map((link) => `${template}: ${link}`);
      });
      expect([...new Set(left)]).toEqual([]);
    });

    it('asks for 1,000 records a page wherever the resource takes count', async () => {
      const small = (await sent()).filter((request) => {
        const takesCount = operation(templateOf(request))?.parameters?.some(({ name }) => name === 'count') === true;
        return takesCount && request.stream !== undefined && Number(request.params?.['count']) !== 1000;
      });
      expect(small.map(templateOf)).toEqual([]);
    });

    it('types only fields that the description or the allow-list knows', () => {
      const unknown = Object.entries(mailchimp.streams).flatMap(([name, stream]) => {
        if (!('path' in stream)) return [];
        const get = operation(stream.path);
        const answer = get?.responses['200']?.schema;
        const list = stream.records === '' ? answer : answer?.properties?.[stream.records]?.items;
        const element = stream.explode === undefined ? list : list?.properties?.[stream.explode.field]?.items;
        const prefix = [stream.records, stream.explode?.field].flatMap((part) => (part ? [`${part}[].`] : [])).join('');
        const added = [
          ...Object.keys(stream.parent?.inherit ?? {}),
          ...(stream.explode?.keep.filter((field) => hasField(list, field)) ?? []),
          ...(stream.explode?.ordinal === undefined ? [] : [stream.explode.ordinal]),
        ];
        return fieldsOf(z.toJSONSchema(stream.schema, { io: 'input' }) as Typed)
          .filter(
            (field) =>
              !added.includes(field) && !hasField(element, field) && !isBeyond('field', stream.path, prefix + field),
          )
          .map((field) => `${name}: ${field}`);
      });
      expect(unknown).toEqual([]);
    });

    it('keeps nothing in the allow-list that the description knows, and cites the facts word for word', () => {
      const facts = existsSync(factsFile) ? readFileSync(factsFile, 'utf8') : '';
      for (const entry of beyondSpec) {
        const get = operation(entry.path);
        const isKnown =
          entry.kind === 'path'
            ? get !== undefined
            : entry.kind === 'parameter'
              ? get?.parameters?.some(({ name }) => name === entry.name) === true
              : hasField(get?.responses['200']?.schema, entry.name);
        expect(isKnown, `${entry.path} ${entry.name} is in the description`).toBe(false);
        if (!entry.source.startsWith('esp/mailchimp.md')) continue;
        const quotes = [...entry.source.matchAll(/"([^"]+)"/g)].flatMap(([, quote]) => (quote ?? '').split('…'));
        for (const quote of quotes) expect(facts).toContain(quote.replace(/^[, ]+|[},]+$/g, ''));
      }
    });
  },
);

type Typed = {
  readonly properties?: Readonly<Record<string, Typed>>;
  readonly items?: Typed;
  readonly anyOf?: readonly Typed[];
};

/** Dot paths of all fields that a stream's schema names. */
function fieldsOf(schema: Typed, prefix = ''): readonly string[] {
  return [schema, ...(schema.anyOf ?? []).flatMap(variants)].flatMap((variant) =>
    Object.entries(variant.properties ?? {}).flatMap(([name, property]) => [
      prefix + name,
      ...fieldsOf(property, `${prefix}${name}.`),
      ...variants(property).flatMap((inner) =>
        inner.items === undefined ? [] : fieldsOf(inner.items, `${prefix}${name}[].`),
      ),
    ]),
  );
}

/** A schema and what it is a union of. */
const variants = (schema: Typed): readonly Typed[] => [schema, ...(schema.anyOf ?? []).flatMap(variants)];

/** A value against the parameter's own description; times are ISO 8601 with whole seconds, as its example shows. */
function fits(parameter: Parameter, value: string): boolean {
  if (parameter.enum !== undefined) return parameter.enum.includes(value);
  if (/^(since|before)_/.test(parameter.name)) return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/.test(value);
  return parameter.type === 'integer' ? /^\d+$/.test(value) : true;
}
