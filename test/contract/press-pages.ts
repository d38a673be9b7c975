import * as fc from 'fast-check';
import { z } from 'zod';
import type { Connector, Stream } from '../../connectors/_kit/contract.ts';
import type { Slice } from '../../src/contracts/sync.ts';
import { count, id, instant, maybeInstant, part, rate, text } from '../../connectors/mailchimp/fields.ts';
import { now } from './press-runs.ts';

// A connector made to be odd, and pages for it: mostly ordinary members, with one odd thing here and there.

const paginate = { kind: 'offset', offsetParam: 'offset', limitParam: 'count', limit: 4 } as const;
const schema = z.looseObject({
  id,
  at: instant,
  sub: z.int(),
  n: count,
  x: rate,
  opt: maybeInstant,
  mail: text,
  flag: z.boolean().nullish(),
  part: part({ a: text, when: maybeInstant, deep: part({ n: count }) }),
  whole: z.looseObject({ must: id }).nullish(),
  list: z.array(z.looseObject({ id: text })).nullish(),
});
const plain = { description: '', path: '/p', records: 'rows', total: 'total', paginate, schema } as const;

const streams = {
  sorted: {
    ...plain,
    primaryKey: ['id', 'sub'],
    person: 'mail',
    cursor: { field: 'at', unit: 'iso', order: 'ascending', lookback: 'PT0S' },
    partitionBy: 'opt',
    stableOrder: true,
  },
  loose: {
    ...plain,
    primaryKey: ['id'],
    person: 'mail',
    cursor: { field: 'at', unit: 'iso', order: 'unsorted', lookback: 'PT0S' },
  },
  whole: { ...plain, primaryKey: ['sub', 'id', 'flag', 'opt'], cursor: 'full-refresh', partitionBy: 'at' },
  events: {
    ...plain,
    schema: z.looseObject({ id, mail: text, at: instant, url: text, x: rate, ordinal: z.int() }),
    primaryKey: ['id', 'at', 'url', 'x', 'ordinal'],
    person: 'mail',
    cursor: 'full-refresh',
    partitionBy: 'at',
    explode: { field: 'list', keep: ['id', 'mail', 'sub'], ordinal: 'ordinal', ordinalBy: ['id', 'at', 'url', 'x'] },
  },
} satisfies Readonly<Record<string, Stream<never, never>>> | Readonly<Record<string, unknown>>;

export const odd = {
  name: 'odd',
  baseUrl: () => 'https://api.example',
  limits: { default: { concurrency: 1 } },
  streams,
} as unknown as Connector<never>;

export const streamNames = Object.keys(streams);

export const slices: fc.Arbitrary<Slice> = fc
  .record({
    mode: fc.constantFrom('full' as const, 'incremental' as const),
    from: fc.constantFrom(undefined, '2026-06-10T00:00:00.000Z'),
    to: fc.constantFrom(undefined, '2026-06-20T12:00:00+00:00'),
    inherit: fc.constantFrom({}, { extra: 'é"\n' }, { id: 'inherited', 'a b': { z: 1, a: [true, null, 1.5] } }),
    cursor: fc.constantFrom(undefined, '2026-06-12T00:00:00+00:00'),
  })
  .map(({ mode, from, to, inherit, cursor }) => ({
    id: 'slice',
    item: 'item',
    mode,
    window: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    pathParams: {},
    params: {},
    inherit,
    next: { readAt: now, ...(cursor === undefined ? {} : { cursor }) },
  }));

/** A number of which each is as likely: small ones are favoured otherwise. */
const even = (most: number): fc.Arbitrary<number> => fc.noBias(fc.nat({ max: most }));

/** A JSON text of this weight among the ordinary ones. */
const mostly = (usual: fc.Arbitrary<string>, unusual: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 250, arbitrary: usual }, { weight: 1, arbitrary: unusual });

const times = fc
  .integer({ min: 0, max: 40 * 86_400 })
  .map((second) => new Date(Date.UTC(2026, 4, 25) + second * 1000).toISOString().slice(0, 19));
const time = mostly(
  fc.tuple(times, fc.constantFrom('+00:00', 'Z')).map(([at, zone]) => `"${at}${zone}"`),
  fc
    .constantFrom(
      '"2026-06-01T10:00:00+02:00"',
      '"2026-06-01T10:00:00.5Z"',
      '"2026-02-30T00:00:00Z"',
      '"x"',
      'null',
      '""',
    )
    .chain((value) =>
      fc.constantFrom(value, '"1970-01-01T00:00:00Z"', '"2028-02-29T23:59:59Z"', '"2024-02-29T00:00:00Z"', '5'),
    ),
);
/** As PHP writes it: nothing but ASCII. */
const escaped = (value: string): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const spelled = fc.constantFrom(
  '"\\/a\\/b"',
  '"\\u0041\\u00e9\\u00E9"',
  '"\\ud83d\\ude00"',
  '"\\u0000\\u001F\\u007f\\u2028"',
  '"\\"\\\\\\b\\f\\n\\r\\t"',
  '"\\u005c\\u0022"',
);
const halves = fc.constantFrom('"\\ud800"', '"\\udc00x"', '"\\ud83d\\u0041"', '"a\\x"', '"\\u12g4"', '"a\nb"');
const anyText = mostly(
  fc.oneof(
    fc.string({ maxLength: 40 }).map((value) => JSON.stringify(value)),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => JSON.stringify(value)),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map(escaped),
    spelled,
  ),
  halves,
);
const anyNumber = mostly(
  fc.oneof(
    fc.integer().map(String),
    fc.integer({ min: 0, max: 99_999 }).map((value) => `${value / 100}`),
    fc.constantFrom(
      '0',
      '1.50',
      '0.0',
      '-0.5',
      '123456789012345',
      '0.000001',
      '10.00',
      '99999999999999.9',
      '-7',
      '1.0',
    ),
  ),
  fc.constantFrom(
    '-0',
    '-0.0',
    '1e5',
    '1E-7',
    '0.0000001',
    '9007199254740993',
    '12345678901234567890',
    '1e999',
    '01',
    '1.',
    '.5',
    '+1',
    '1.000000000000000001',
    '100000000000000000000.5',
    'NaN',
  ),
);
const address = mostly(
  fc.oneof(
    fc.constantFrom(
      '"a@b.example"',
      '"  A.B@C.Example "',
      '"id:AbC"',
      '""',
      '"   "',
      'null',
      '"Ünï@example"',
      '"\\ta@b.example\\u00a0"',
    ),
    fc.constantFrom(
      '"\\u0041@b.example"',
      '"\\u0042@b.example"',
      '"a\\"b@c"',
      '"\\u00c9@b.example"',
      '"\\u00c8@b.example"',
      '"E\u0301@b.example"',
      '"\\n\u2003"',
    ),
  ),
  fc.constantFrom('5', '["a"]'),
);
const word = fc.constantFrom('true', 'false', 'null');
const names = mostly(
  fc.constantFrom('a', 'b', 'zz', 'a b', 'A', '!', '~', 'aa', 'a!', '', 'when', 'mail2'),
  fc.constantFrom('1', '10a', '__proto__', 'é', 'a\\u0062', 'toString'),
);
const tree = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'tree' },
    anyText,
    anyNumber,
    word,
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    tie('object'),
  ),
  object: fc
    .uniqueArray(fc.tuple(names, tie('value')), { maxLength: 4, selector: ([name]) => name })
    .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
}));
const anything = mostly(
  tree.value,
  fc.constantFrom(
    '{"a":1,"a":2}',
    `${'['.repeat(130)}${']'.repeat(130)}`,
    '{',
    'tru',
    '[1,]',
    '{"a":1,}',
    '{"a":{"b":1,"b":1}}',
  ),
);
const ids = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('"one"', '"two"') },
  { weight: 40, arbitrary: fc.nat().map((n) => `"r${n}"`) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).map((value) => JSON.stringify(value)),
  },
);

const inner = members([
  ['at', fc.oneof(time, fc.constantFrom('"2026-06-01T10:00:00Z"', '"2026-06-01T10:00:01Z"')), 0.02],
  ['url', mostly(fc.constantFrom('"u"', '"v"', 'null', '"é"', '"5"', '"5.5"'), fc.constantFrom('5', '{}')), 0.3],
  ['x', fc.constantFrom('1', '1.0', '2.5', 'null'), 0.5],
  ['mail', address, 0.9],
  ['ordinal', anyNumber, 0.97],
]);

const shared = (wholes: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  members([
    ['id', mostly(ids, fc.constantFrom('""', 'null', '7', '{"a":1}')), 0.003],
    ['at', fc.oneof(time, fc.constantFrom('"2026-06-13T00:00:00Z"', '"2026-06-13T00:00:00+00:00"')), 0.003],
    ['sub', mostly(fc.integer({ min: 0, max: 99 }).map(String), fc.constantFrom('"5"', '1.5', 'null')), 0.003],
    ['mail', address, 0.2],
    ['n', mostly(fc.nat().map(String), fc.constantFrom('-1', '2.5', '"n"')), 0.5],
    ['x', anyNumber, 0.5],
    ['opt', mostly(fc.constantFrom('""', 'null', '"2026-06-03T00:00:00+00:00"'), time), 0.5],
    ['flag', mostly(word, fc.constant('"true"')), 0.5],
    [
      'part',
      mostly(
        fc.constantFrom('[]', 'null', '{"when":"","a":"b"}', '{"deep":{"n":3},"a":null}', '{ }', '[ ]'),
        fc.constantFrom('{"deep":{"n":-3}}', '{"a":3}', '[1]'),
      ),
      0.5,
    ],
    ['other', anything, 0.6],
    ['list', wholes, 0.3],
  ]);

/** An object of members in any order, each left out as often as said, some with blanks around. */
function members(
  all: readonly (readonly [name: string, value: fc.Arbitrary<string>, leftOut: number])[],
): fc.Arbitrary<string> {
  const one = all.map(([name, value, leftOut]) =>
    fc.tuple(value, even(1_000)).map(([made, draw]) => (draw < 1_000 * leftOut ? undefined : `"${name}":${made}`)),
  );
  return fc.tuple(fc.tuple(...one), fc.integer({ min: 0, max: 6 }), even(400)).map(([made, turn, draw]) => {
    const kept = made.filter((member) => member !== undefined);
    const turned = [...kept.slice(turn), ...kept.slice(0, turn)];
    if (draw === 0 && turned.length > 0) turned.push(turned[0]!);
    return draw < 40 ? `{ ${turned.join(' ,\n\t')}\r }` : `{${turned.join(',')}}`;
  });
}

const records = (stream: string): fc.Arbitrary<string> =>
  stream === 'events'
    ? shared(
        mostly(
          fc.array(inner, { maxLength: 5 }).map((items) => `[${items.join(', ')}]`),
          fc.constantFrom('null', '{}', '[1]', '[null]', '[ ]'),
        ),
      )
    : shared(
        mostly(fc.constantFrom('[]', '[{"id":"a"},{"id":null}]', 'null'), fc.constantFrom('[1]', '[{"id":5}]', '{}')),
      );

/** Pages of one read: bytes, and a total that is mostly right. */
export const pagesOf = (stream: string): fc.Arbitrary<readonly Buffer[]> =>
  fc
    .record({
      pages: fc.array(fc.array(mostly(records(stream), fc.constantFrom('5', 'null', '[]', '{}')), { maxLength: 5 }), {
        minLength: 1,
        maxLength: 4,
      }),
      again: even(30),
      wrong: even(30),
      disorder: even(10),
      beside: mostly(
        fc.constantFrom('"_links":[]', '"a":{"b":[1,"é"]}', '"x":"\\u00e9"', '"t":1e5'),
        fc.constantFrom('"rows":[]', '"total":7', '"é":1', '"u":"\\ud800"'),
      ),
      order: fc.boolean(),
    })
    .map(({ pages, again, wrong, disorder, beside, order }) => {
      // In order, or most pages of the ascending stream would end the read.
      if (stream === 'sorted' && disorder > 0) inOrder(pages);
      if (again === 0 && pages[0]!.length > 0) pages.at(-1)!.push(pages[0]![0]!);
      const total = pages.flat().length + (wrong === 0 ? 1 : 0);
      return pages.map((rows) => {
        const list = `"rows":[${rows.join(',')}]`;
        return Buffer.from(order ? `{${list},${beside},"total":${total}}` : `{"total":${total},${beside},${list}} \n`);
      });
    });

function inOrder(pages: string[][]): void {
  const time = (record: string): string => /"at":"([^"]*)/.exec(record)?.[1] ?? '';
  const sorted = pages.flat().toSorted((one, other) => (time(one) < time(other) ? -1 : 1));
  for (const page of pages) page.splice(0, page.length, ...sorted.splice(0, page.length));
}
