import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Json } from '../../../src/contracts/json.ts';
import type { Connector, CustomStream, DeclaredStream, PlanContext, ReadContext, ReadPage } from '../contract.ts';
import type { Post } from '../hook.ts';
import { jsonArray, pushStream } from '../push.ts';
import { checks, describeConnector, prepare, type Bench, type SuiteOptions } from './describe-connector.ts';
import {
  fakeVendor,
  posts,
  SECRET,
  startFakeVendor,
  type FakeConfig,
  type FakeVendor,
  type VendorDefect,
} from './fake-vendor.ts';
import { noDownload } from './no-download.ts';

let vendor: FakeVendor;

const options = (defect?: VendorDefect): SuiteOptions<FakeConfig> => ({
  start: async () => (vendor = await startFakeVendor(defect)),
  config: (base_url) => ({ key: SECRET, base_url }),
  now: '2026-06-01T16:40:00.000Z',
  later: { now: '2026-06-07T22:40:00.000Z', move: () => vendor.move() },
  posts: () => posts,
  truth: (stream) =>
    stream === 'contacts' ? Array.from({ length: 24 }, (_, index) => JSON.stringify([`p${index}`])) : undefined,
});

// A connector and a vendor without a fault: everything is green.
describeConnector(fakeVendor, options());

type AnyDeclared = DeclaredStream<FakeConfig, never>;

/** The connector with one stream changed. */
function changed(stream: string, changes: object): Connector<FakeConfig> {
  const { streams } = fakeVendor;
  return { ...fakeVendor, streams: { ...streams, [stream]: { ...(streams[stream] as AnyDeclared), ...changes } } };
}

const contacts = fakeVendor.streams['contacts'] as AnyDeclared;
const cursor = contacts.cursor as object;

const clicks = fakeVendor.streams['clicks'] as CustomStream<FakeConfig, unknown>;
const ownPlan = clicks.plan!;

/** The stream of posts with other records of a post. */
const withRecords = (records: (body: Uint8Array) => readonly Json[]): Connector<FakeConfig> => {
  const { description, schema, primaryKey } = clicks;
  return changed('clicks', { read: pushStream({ hook: 'clicks', description, schema, primaryKey, records }).read });
};

let seen = 0;

/** A read of posts that somebody wrote by hand. */
const readOf = (take: (post: Post) => { readonly body: Uint8Array; readonly positionOf?: () => string }) =>
  async function* ({ inbox, slice, signal }: ReadContext<FakeConfig>): AsyncGenerator<ReadPage> {
    const { segment = '', from, to } = slice.pathParams;
    for await (const post of inbox.posts('clicks', segment, Number(from), Number(to), signal)) {
      const { body, ...place } = take(post);
      yield { records: jsonArray(body) as never, bytes: body.length, ...place };
    }
  };

type Planted = {
  readonly check: string;
  readonly defect: string;
  readonly stream?: string;
  readonly connector?: Connector<FakeConfig>;
  readonly vendor?: VendorDefect;
  readonly options?: Partial<SuiteOptions<FakeConfig>>;
  readonly message: RegExp;
};

/** The connector behind a client of its own that does something wrong. */
const through = (client: NonNullable<Connector<FakeConfig>['client']>): Connector<FakeConfig> => ({
  ...fakeVendor,
  client,
});

/** A client as one would write it in a hurry: no retries, every status but 200 is an empty page or an error with all details. */
function naive(onFailure: (status: number, text: string, key: string) => Json): Connector<FakeConfig> {
  return through((http, config) => ({
    requests: 0,
    download: noDownload,
    request: async ({ path, params }) => {
      const query = new URLSearchParams(
        Object.entries(params ?? {}).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, String(value)] as [string, string]],
        ),
      );
      const answer = await fetch(`${config.base_url}${path}?${query}`, { headers: { 'x-api-key': config.key } });
      const text = await answer.text();
      const isFine = answer.status === 200 && /^\{"rows".*\}$/.test(text);
      const body = isFine ? (JSON.parse(text) as Json) : onFailure(answer.status, text, config.key);
      return { status: 200, headers: {}, body, bytes: text.length, http };
    },
  }));
}

const emptyPage = { rows: [], total_items: 0 };
const careless = naive(() => emptyPage);
const patient = through((http) => {
  let requests = 0;
  return {
    download: (url, options, signal) => http.download(url, options, signal),
    get requests() {
      return requests;
    },
    request: async (request, signal) => {
      for (let tries = 0; ; tries++) {
        try {
          requests += 1;
          return await http.request(request, signal);
        } catch (error) {
          if (tries === 2) throw error;
        }
      }
    },
  };
});
const talkative = naive((status, text, key) => {
  throw new Error(`GET failed with ${status} for key ${key}: ${text}`);
});
const encoded = naive((status, _, key) => {
  throw new Error(`GET failed with ${status}, authorization ${Buffer.from(key).toString('base64')}`);
});

/** Each check, and a planted defect that it must find. */
const planted: readonly Planted[] = [
  {
    check: 'every row once',
    defect: 'small pages skip a row',
    vendor: 'skips-a-row-between-pages',
    message: /^the rows differ/,
  },
  {
    check: 'every row once',
    defect: 'small pages repeat a row',
    vendor: 'repeats-a-row-between-pages',
    message: /^the rows differ/,
  },
  {
    check: 'every row once',
    defect: 'a row that the world holds is not shown',
    options: { truth: () => ['["p0"]', '["p99"]'] },
    message: /keys differ from those the world holds/,
  },
  {
    check: 'every row once',
    defect: 'pages never end',
    vendor: 'never-ends',
    message: /^No row of contacts could be read: a record came on two pages/,
  },
  {
    check: 'ends on an empty',
    defect: 'the page parameter is another vendor’s',
    connector: changed('contacts', {
      paginate: { kind: 'page', pageParam: 'page', limitParam: 'count', limit: 100, first: 1 },
    }),
    message: /^the rows differ/,
  },
  {
    check: 'primary keys',
    defect: 'the key lacks the parent',
    stream: 'events',
    connector: changed('events', { primaryKey: ['recipient', 'kind'] }),
    message: /^the key .* is in slice send_id=s\d and send_id=s\d/,
  },
  {
    check: 'cursor values',
    defect: 'the partition field is no time',
    stream: 'sends',
    connector: changed('sends', { partitionBy: 'id' }),
    message: /^No row of sends could be read: records were refused, rows\[\]\.id: Expected an ISO-8601/,
  },
  {
    check: 'cursor values',
    defect: 'the cursor field is never there',
    connector: changed('contacts', { cursor: { ...cursor, field: 'altered' } }),
    message: /no row has a cursor value/,
  },
  {
    check: 'an unknown field',
    defect: 'only known fields are asked for',
    connector: through((http) => ({
      requests: 0,
      download: noDownload,
      request: async (request, signal) => {
        const response = await http.request(request, signal);
        return {
          ...response,
          body: JSON.parse(
            JSON.stringify(response.body, (key, value: unknown) =>
              key === 'mailmart_suite_field' ? undefined : value,
            ),
          ) as never,
        };
      },
    })),
    message: /deep-equal/,
  },
  {
    check: 'a wrong type',
    defect: 'the schema guards nothing',
    connector: changed('contacts', { schema: z.looseObject({}), cursor: 'full-refresh', primaryKey: ['email'] }),
    message: /^the schema guards no field/,
  },
  {
    check: 'two syncs',
    defect: 'the vendor hides what is new',
    vendor: 'hides-late-rows',
    options: { truth: () => undefined },
    message: /^the second sync and a fresh one differ/,
  },
  {
    check: 'two syncs',
    defect: 'the report says nothing of a move',
    stream: 'events',
    connector: changed('events', {
      parent: {
        ...(fakeVendor.streams['events'] as AnyDeclared).parent,
        ageing: {
          sentAt: () => '2026-03-01T00:00:00Z',
          movedBy: { stream: 'reports', keyField: 'id', fingerprint: () => 'same' },
        },
      },
    }),
    message: /only in a fresh sync: \["s2","r2"/,
  },
  {
    check: 'rows at the very time',
    defect: 'no look-back',
    connector: changed('contacts', { cursor: { ...cursor, lookback: 'PT0S' } }),
    message: /without a look-back/,
  },
  {
    check: 'rows at the very time',
    defect: 'the filter begins too late',
    connector: changed('contacts', {
      cursor: { ...cursor, params: ({ from }: { from?: string }) => ({ since: from && '2026-07-01T00:00:00Z' }) },
    }),
    message: /^no incremental read showed/,
  },
  {
    check: 'a crash in the middle',
    defect: 'a lost connection counts as the end',
    connector: through((http) => ({
      requests: 0,
      download: noDownload,
      request: (request, signal) =>
        http
          .request(request, signal)
          .catch(() => ({ status: 200, headers: {}, body: { rows: [], total_items: 24 }, bytes: 0 })),
    })),
    message: /^it ended with 24 rows instead of a failure/,
  },
  {
    check: 'it is declared',
    defect: 'its hook is another one',
    stream: 'clicks',
    connector: changed('clicks', { push: 'opens' }),
    message: /^the connector has no hook named opens/,
  },
  {
    check: 'it is declared',
    defect: 'a second content of a key would win',
    stream: 'clicks',
    connector: changed('clicks', { immutable: false }),
    message: /^it is not declared immutable/,
  },
  {
    check: 'it is declared',
    defect: 'a range is taken for everything there is',
    stream: 'clicks',
    connector: changed('clicks', { sweep: true }),
    message: /^a range of posts would take/,
  },
  {
    check: 'it is declared',
    defect: 'a field of the key is in no post',
    stream: 'clicks',
    connector: changed('clicks', { primaryKey: ['id', 'click_id'] }),
    message: /^a record has no click_id/,
  },
  {
    check: 'posts that come twice',
    defect: 'a record says when it was read',
    stream: 'clicks',
    connector: withRecords((body) => jsonArray(body).map((one) => ({ ...(one as object), seen: (seen += 1) }))),
    message: /^the rows differ from those of each post once/,
  },
  {
    check: 'posts that come twice',
    defect: 'the key is of several records',
    stream: 'clicks',
    connector: changed('clicks', { primaryKey: ['kind'] }),
    message: /^a copy of a post has another content|^the rows differ from those of each post once/,
  },
  {
    check: 'a post that is not',
    defect: 'what is odd is dropped',
    stream: 'clicks',
    connector: withRecords((body) => {
      try {
        const value = JSON.parse(Buffer.from(body).toString()) as Json;
        return Array.isArray(value) ? value.filter((one: Json) => Object.hasOwn(Object(one) as object, 'id')) : [];
      } catch {
        return [];
      }
    }),
    message: /^"\[\{\}\]" came three times and was refused 0 times/,
  },
  {
    check: 'a post that is not',
    defect: 'what is odd ends the read',
    stream: 'clicks',
    connector: changed('clicks', { read: readOf(({ body, position }) => ({ body, positionOf: () => position })) }),
    message: /^Expected a JSON array/,
  },
  {
    check: 'a post that is not',
    defect: 'nobody knows where it stands',
    stream: 'clicks',
    connector: changed('clicks', { read: readOf(({ body }) => ({ body })) }),
    message: /names no offset: page \d/,
  },
  {
    check: 'posts without a signature',
    defect: 'every post is believed',
    stream: 'clicks',
    connector: changed('clicks', { read: readOf(({ body }) => ({ body })) }),
    message: /^rows of posts that nobody signed/,
  },
  {
    check: 'posts without a signature',
    defect: 'every post that is not believed is refused',
    stream: 'clicks',
    connector: changed('clicks', {
      read: async function* (context: ReadContext<FakeConfig>): AsyncGenerator<ReadPage> {
        yield* clicks.read(context);
        const { segment = '', from, to } = context.slice.pathParams;
        for await (const post of context.inbox.posts('clicks', segment, Number(from), Number(to), context.signal)) {
          const { position } = post;
          if (!post.isSigned)
            yield { records: [], bytes: 0, rejected: [{ position, path: '', reason: 'forged', record: '' }] };
        }
      },
    }),
    message: /^what nobody signed is in quarantine/,
  },
  {
    check: 'a second sync goes on',
    defect: 'a segment is read from its beginning again',
    stream: 'clicks',
    connector: changed('clicks', {
      plan: {
        ...ownPlan,
        slices: (context: PlanContext<FakeConfig>) => ownPlan.slices({ ...context, state: new Map() }, []),
      },
    }),
    message: /^a range of posts was read twice/,
  },
  {
    check: 'a second sync goes on',
    defect: 'a segment that was read once is done with',
    stream: 'clicks',
    connector: changed('clicks', {
      plan: {
        ...ownPlan,
        slices: async (context: PlanContext<FakeConfig>) =>
          (await ownPlan.slices(context, [])).filter(({ item }) => !context.state.has(item)),
      },
    }),
    message: /^rows differ when 1 of 4 posts were there at first/,
  },
  { check: '429 with a short', defect: 'no waiting', connector: careless, message: /^the rows differ/ },
  { check: '429 with a long', defect: 'it is asked again', connector: patient, message: /3,\s+-\s+1,/ },
  {
    check: '429 with a long',
    defect: 'it is an empty page',
    connector: careless,
    message: /^it ended with 0 rows instead/,
  },
  { check: '401', defect: 'it is asked again', connector: patient, message: /3 !== 1/ },
  { check: '401', defect: 'it is an empty page', connector: careless, message: /^it ended with 0 rows instead/ },
  { check: '500, then', defect: 'it is an empty page', connector: careless, message: /^the rows differ/ },
  { check: 'truncated JSON', defect: 'it is an empty page', connector: careless, message: /^the rows differ/ },
  { check: 'no credential', defect: 'the key is in the message', connector: talkative, message: /^a secret/ },
  { check: 'no credential', defect: 'the key is in the message, encoded', connector: encoded, message: /^a secret/ },
];

describe('the suite finds', () => {
  let bench: Bench<FakeConfig> | undefined;
  afterEach(async () => {
    await bench?.stop();
    bench = undefined;
  });

  /** How the check of this name ends; preparing belongs to it. */
  async function outcome(plan: Planted): Promise<Error | undefined> {
    const check = checks.find(({ name }) => name.startsWith(plan.check));
    if (check === undefined) throw new Error(`There is no check "${plan.check}"`);
    try {
      bench = await prepare(plan.connector ?? fakeVendor, { ...options(plan.vendor), ...plan.options });
      await check.run(bench.streamCase(plan.stream ?? 'contacts'));
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  it.each(planted)('$defect ($check)', async (plan) => {
    const error = await outcome(plan);
    expect(error?.message ?? 'nothing').toMatch(plan.message);
  });

  it('a request that the simulator does not know: as a failure, and when a connector swallows it', async () => {
    await expect(prepare(changed('sends', { path: '/sendz' }), options())).rejects.toMatchObject({
      kind: 'rejected',
      status: 404,
    });
    const { path: _p, records: _r, paginate: _g, total: _t, ...base } = fakeVendor.streams['sends'] as AnyDeclared;
    const read: CustomStream<FakeConfig, unknown>['read'] = async function* ({ http, signal }) {
      await http.request({ method: 'GET', path: '/nowhere' }, signal).catch(() => undefined);
      yield { records: [{ id: 'a', sent: '2026-01-01T00:00:00Z' }], bytes: 0 };
    };
    bench = await prepare({ ...fakeVendor, streams: { sends: { ...base, read, why: 'planted' } as never } }, options());
    expect(bench.refused()).toEqual(['GET /v1/nowhere 404', '/v1/nowhere: the API has no such path']);
  });
});
