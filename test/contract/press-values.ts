// For the connector of press-pages.ts.

/** One value after the other, as bytes: what stands at the edges of the press's rules. */
export const oddValues: readonly Buffer[] = [
  [
    '0',
    '-0',
    '-0.0',
    '0.0',
    '1.50',
    '0.000001',
    '0.0000012',
    '0.0000001',
    '-0.0000001',
    '123456789012345',
    '1234567890123456',
  ],
  [
    '12345678901234567',
    '9007199254740993',
    '1.00000000000001',
    '1.000000000000001',
    '0.1000000000000000000',
    '1e5',
    '1E2',
  ],
  [
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '--1',
    '1.5.5',
    '-1',
    '-0.5',
    '1 2',
    'true',
    'false',
    'null',
    'tru',
    'nul',
    'truefalse',
  ],
  ['"2026-06-01T23:59:59Z"', '"2026-06-01T24:00:00Z"', '"2026-06-01T23:60:00Z"', '"2026-06-01T23:59:60Z"'],
  ['"2024-02-29T00:00:00Z"', '"2026-02-29T00:00:00Z"', '"2000-02-29T00:00:00+00:00"', '"2100-02-29T00:00:00Z"'],
  ['"2026-04-31T00:00:00Z"', '"2026-00-10T00:00:00Z"', '"2026-13-10T00:00:00Z"', '"2026-06-00T00:00:00Z"'],
  ['"1989-12-31T23:59:59Z"', '"1990-01-01T00:00:00Z"', '"2026-07-02T12:00:00Z"', '"2026-07-02T12:00:01Z"'],
  ['"0099-01-01T00:00:00Z"', '"2026-06-01T00:00:00+01:00"', '"2026-06-01 00:00:00Z"', '"2026-06-01"', '""'],
  [
    '"\\u0041\\/\\u00e9\\ud83d\\ude00"',
    '"\\ud800"',
    '"\\udc00"',
    '"\\ud83d\\ud83d"',
    '"\\ud83dx"',
    '"\\u12"',
    '"\\x"',
    '"\\',
  ],
  [
    '"\\u0000\\u001f\\u0008\\u007f\\u0080\\u07ff\\u0800\\uffff"',
    '"\\"\\\\\\b\\f\\n\\r\\t"',
    '"a\tb"',
    '"é\u2028😀"',
    '"a',
  ],
  [
    '" A@B.c "',
    '"id: X"',
    '"ID:X"',
    '"İ@x"',
    '"a\\u0020"',
    '"\\u00a0"',
    '"' + 'long'.repeat(40) + 'É"',
    '"' + 'A'.repeat(80) + '"',
  ],
  [
    '[]',
    '[ ]',
    '{}',
    '{ }',
    '[1]',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '{"a"}',
    '{"a":1 "b":2}',
    '{a:1}',
    '{"a":1,"a":2}',
    '{"b":1,"a":2}',
  ],
  [
    '{"1":2}',
    '{"__proto__":1}',
    '{"é":1}',
    '{"\\u0061":1}',
    '{"a":{"b":{"c":1,"c":1}}}',
    '{"aa":1,"a":2,"a ":3,"a!":4,"":5}',
  ],
  [
    '[{"at":"2026-06-01T00:00:00Z"},{"at":"2026-06-01T00:00:00Z"},{"at":"2026-06-01T00:00:00+00:00"}]',
    '[{"at":5}]',
    '[null]',
  ],
  [
    '[{"at":"2026-06-01T00:00:00Z","url":5},{"at":"2026-06-01T00:00:00Z","url":"5"},{"at":"2026-06-01T00:00:00Z","url":5}]',
  ],
  [
    '{"must":"x"}',
    '{"deep":{"n":-1}}',
    '{"when":"2026-06-01T00:00:00Z","deep":{"n":1}}',
    `${'['.repeat(120)}${']'.repeat(120)}`,
    '',
  ],
]
  .flat()
  .map((text) => Buffer.from(text))
  .concat(
    // Bytes that are no UTF-8: too long a form, half a pair, beyond the last character, cut, a tail alone.
    [
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xe0, 0x9f, 0xbf],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
    ]
      .concat([
        [0xe2, 0x82],
        [0x80],
        [0xff],
        [0xf8, 0x88, 0x80, 0x80, 0x80],
        [0xc3, 0xa9],
        [0xf0, 0x9f, 0x98, 0x80],
        [0xed, 0x9f, 0xbf],
      ])
      .map((bytes) => Buffer.from([0x22, ...bytes, 0x22])),
  );

/** Pages of an ordinary record and one that is ordinary but for this value of this field, behind and before it. */
export function pagesWith(field: string, value: Buffer): readonly Buffer[] {
  const record = (id: string, place: string): Buffer => {
    const rest = Object.entries({
      id: `"${id}"`,
      at: '"2026-06-05T00:00:00Z"',
      sub: '3',
      mail: '"A@b.example"',
      list: '[]',
    });
    const usual = rest.filter(([name]) => name !== place).map(([name, text]) => `"${name}":${text}`);
    return place === ''
      ? Buffer.from(`{${usual.join(',')}}`)
      : Buffer.concat([Buffer.from(`{${usual.join(',')},"${place}":`), value, Buffer.from('}')]);
  };
  const page = (rows: readonly Buffer[]): Buffer =>
    Buffer.concat([Buffer.from('{"total":4,"rows":['), rows[0]!, Buffer.from(','), rows[1]!, Buffer.from(']}')]);
  return [page([record('a', ''), record('b', field)]), page([record('c', field), record('d', '')])];
}
