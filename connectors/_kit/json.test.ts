import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/contracts/json.ts';
import { canonicalJson, MAX_DEPTH, RecordFlaw, recordHash } from './canonical.ts';
import { exactText, flawOf, NotJson, parseJson, parseJsonBytes } from './json.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The flaw that a record is refused for, or null. */
function flawIn(record: Json): { path: string; reason: string } | null {
  try {
    canonicalJson(record);
    return null;
  } catch (error) {
    if (error instanceof RecordFlaw) return { path: error.path, reason: error.message };
    throw error;
  }
}

describe('numbers keep their digits', () => {
  it.each([
    ['9007199254740993', '9007199254740993'],
    ['9223372036854775808', '9223372036854775808'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['-9007199254740993', '-9007199254740993'],
    ['12345678901234.123456789', '12345678901234.123456789'],
    ['0.12345678901234567890', '0.12345678901234567890'],
    ['1e-400', '1e-400'],
    ['1.5e-310', '1.5e-310'],
    ['9007199254740991', 9007199254740991],
    ['12.5', 12.5],
    ['1e5', 100000],
    ['-0', -0],
    ['0', 0],
  ])('%s', (text, expected) => {
    expect(parseJson(`{"n":${text}}`)).toEqual({ n: expected });
    expect(parseJson(`[1, ${text}]`)).toEqual([1, expected]);
    expect(parseJson(text)).toEqual(expected);
  });

  it('looks at each number, whatever stands around it', () => {
    const decimal = fc
      .tuple(
        fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
        fc.option(fc.stringMatching(/^\d{1,20}$/), { nil: undefined }),
      )
      .map(([whole, fraction]) => (fraction === undefined ? String(whole) : `${whole}.${fraction}`));
    fc.assert(
      fc.property(decimal, fc.constantFrom('', ' ', '\n', '\t'), (text, blank) => {
        const { n } = parseJson(`{"a":"x\\"1e5","n":${blank}${text}${blank}}`) as { n: string | number };
        // As text it is the source's; as a number its decimal form is the same number.
        const shown = typeof n === 'string' ? n : n.toFixed(20);
        const plain = (value: string): string =>
          (value.includes('.') ? value.replace(/0+$/, '').replace(/\.$/, '') : value).replace(/^-0$/, '0');
        if (typeof n === 'string') expect(shown).toBe(text);
        else if (Number.isInteger(n)) expect(plain(String(BigInt(n)))).toBe(plain(text));
        else
          expect(plain(text).replace(/^(-?)0+(?=\d\.)/, '$1')).toBe(
            String(n).includes('e') ? plain(n.toFixed(20)) : String(n),
          );
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a record with a number beyond all numbers, and only that one', () => {
    const [first, second] = parseJson('[{"amount":1e400},{"amount":1e4}]') as JsonObject[];
    expect(flawIn(first!)).toEqual({ path: 'amount', reason: 'The number is larger than any number can be' });
    expect(flawIn(second!)).toBeNull();
  });
});

describe('what is no JSON', () => {
  it.each([
    'NaN',
    '{"a":Infinity}',
    '[1,]',
    '{"a":1,}',
    '{"a":1} // c',
    "{'a':1}",
    '',
    '   ',
    '<html>Bad Gateway</html>',
    '{"a":',
    '01',
    '[1e]',
  ])('%j', (text) => expect(() => parseJson(text)).toThrow(NotJson));

  it('shows the shape and none of the content', () => {
    const text = '{"members":[{"email_address":"anna@example.org","name":"Anna Weber","phone":4915112345678,,';
    const message = catchMessage(() => parseJson(text));
    expect(message).not.toMatch(/anna|weber|example|49151/i);
    expect(message).toContain('{"…":[{"…":"…"');
  });

  it('is every cut of a valid text', () => {
    const text = JSON.stringify({
      members: Array.from({ length: 5 }, (_, id) => ({ id, name: 'Ä€😀', tags: [1, null] })),
      total_items: 5,
    });
    for (let length = 0; length < text.length; length++)
      expect(() => parseJson(text.slice(0, length))).toThrow(NotJson);
  });
});

describe('duplicate keys', () => {
  it('refuses the record that holds them, with its own text', () => {
    const text = '{"members":[{"id":"a","x":{"y":1,"y":2}},{"id":"b"}],"total_items":2}';
    const { members } = parseJson(text) as { members: JsonObject[] };
    expect(flawIn(members[0]!)).toEqual({ path: 'x.y', reason: 'The key appears twice in one object' });
    expect(exactText(members[0]!)).toBe('{"id":"a","x":{"y":1,"y":2}}');
    expect(flawIn(members[1]!)).toBeNull();
  });

  it('sees an escaped spelling of the same key', () => {
    const record = parseJson('{"id":1,"\\u0069d":2}') as JsonObject;
    expect(flawOf(record)).toMatchObject({ key: 'id' });
  });

  it('is not fooled by quotes and colons inside texts', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1), (value, indent) => {
        const text = JSON.stringify({ a: value, b: '":\\" : "', c: ':"' }, null, indent);
        expect(flawIn(parseJson(text))).toBeNull();
      }),
    );
  });

  it('finds a planted one anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), { minLength: 1, maxLength: 5 }),
        (records) => {
          const texts = records.map((record) => JSON.stringify({ id: 1, ...record }));
          const planted = texts.map((line, index) => (index === texts.length - 1 ? `{"id":2,${line.slice(1)}` : line));
          const parsed = parseJson(`[${planted.join(',')}]`) as JsonObject[];
          expect(parsed.map((record) => flawOf(record) !== undefined)).toEqual(
            planted.map((_, index) => index === planted.length - 1),
          );
        },
      ),
    );
  });
});

describe('depth', () => {
  const nested = (depth: number, tail = ''): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}${tail}`;

  it.each([1, 100, MAX_DEPTH])('%d levels are stored', (depth) => expect(flawIn(parseJson(nested(depth)))).toBeNull());

  it.each([MAX_DEPTH + 1, 200, 5000, 1_000_000])(
    '%d levels are refused, without a stack overflow and with their text',
    (depth) => {
      const [deep, other] = parseJson(`[${nested(depth)},{"id":"ok"}]`) as JsonObject[];
      expect(flawIn(deep!)?.reason).toMatch(/deeper than 128/);
      expect(exactText(deep!)).toBe(nested(depth));
      expect(flawIn(other!)).toBeNull();
    },
  );
});

describe('characters', () => {
  it('refuses a lone surrogate in a text or a key, not its neighbours', () => {
    const [text, key, fine] = parseJson(
      '[{"name":"a\\ud83d"},{"\\ude00":1},{"name":"\\ud83d\\ude00"}]',
    ) as JsonObject[];
    expect(flawIn(text!)?.path).toBe('name');
    expect(flawIn(key!)).not.toBeNull();
    expect(flawIn(fine!)).toBeNull();
    expect(exactText(text!)).toBe('{"name":"a\\ud83d"}');
  });

  it.each([
    ['cp1252 umlaut', [0xe4]],
    ['overlong slash', [0xc0, 0xaf]],
    ['encoded surrogate', [0xed, 0xa0, 0x80]],
    ['beyond Unicode', [0xf5, 0x80, 0x80, 0x80]],
    ['cut sequence', [0xe2, 0x82]],
  ])('refuses the record with bytes that are not UTF-8 (%s), never with U+FFFD', (_, bytes) => {
    const page = Uint8Array.from([...utf8('[{"name":"'), ...bytes, ...utf8('"},{"name":"Zoë €😀"}]')]);
    const [bad, good] = parseJsonBytes(page) as JsonObject[];
    expect(flawIn(bad!)?.reason).toMatch(/not UTF-8/);
    expect(exactText(bad!)).toBe(`{"name":"${bytes.map((byte) => `\\udc${byte.toString(16)}`).join('')}"}`);
    expect(good).toEqual({ name: 'Zoë €😀' });
  });

  it('takes a byte order mark, NUL, and the rest of Unicode as they are', () => {
    expect(parseJsonBytes(utf8('\ufeff{"a":"\\u0000‮\u{10FFFF}"}'))).toEqual({ a: '\u0000‮\u{10FFFF}' });
  });
});

describe('names that JavaScript treats in its own way', () => {
  it('are data', () => {
    const record = parseJson(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"toString":3,"":4}',
    ) as JsonObject;
    const copy = { ...record, campaign_id: 'c' };
    expect(canonicalJson(copy)).toBe(
      '{"":4,"__proto__":{"polluted":1},"campaign_id":"c","constructor":{"prototype":{"polluted":2}},"toString":3}',
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it('may be many and long', () => {
    const record = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]));
    const text = JSON.stringify({ ...record, ['x'.repeat(10_000)]: 1 });
    expect(flawIn(parseJson(text))).toBeNull();
  });
});

describe('canonical text', () => {
  it('is equal for equal records, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const shuffled = Object.fromEntries(Object.entries(record).reverse());
        expect(canonicalJson(shuffled as JsonObject)).toBe(canonicalJson(record as JsonObject));
        expect(JSON.parse(canonicalJson(record as JsonObject))).toEqual(JSON.parse(JSON.stringify(record)));
      }),
    );
  });

  it('differs when a value does', () => {
    expect(recordHash(canonicalJson({ a: '1' }))).not.toBe(recordHash(canonicalJson({ a: 1 })));
    expect(recordHash(canonicalJson({ a: [1, 2] }))).not.toBe(recordHash(canonicalJson({ a: [2, 1] })));
  });
});

function catchMessage(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
