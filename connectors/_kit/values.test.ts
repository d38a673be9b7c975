import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/contracts/json.ts';
import { before, durationMs } from './duration.ts';
import { timeMs, timeText } from './instant.ts';
import { fillPath, keyText, valueAt } from './path.ts';
import { normaliseAddress, personKey } from './person-key.ts';

describe('durations', () => {
  it.each([
    ['P5D', 432_000_000],
    ['PT1H30M', 5_400_000],
    ['P1W', 604_800_000],
    ['P1DT1S', 86_401_000],
    ['PT0S', 0],
  ])('%s', (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each(['', 'P', 'PT', 'P1M', 'P1Y', '5D', 'P-1D', 'P1.5D', 'p5d', 'P1H'])('"%s" is none', (text) =>
    expect(() => durationMs(text)).toThrow(/write it like P35D/),
  );

  it('go back over a change of clocks as real time', () =>
    expect(before('2026-03-29T12:00:00Z', 'P1D')).toBe('2026-03-28T12:00:00.000Z'));
});

describe('times', () => {
  it.each([
    ['2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['2026-01-02T03:04:05+00:00', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['2026-01-02 03:04:05.678901-0530', Date.UTC(2026, 0, 2, 8, 34, 5, 678)],
    ['2026-01-02T03:04Z', Date.UTC(2026, 0, 2, 3, 4)],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
  ])('%s', (text, ms) => expect(timeMs(text, 'iso')).toBe(ms));

  it.each([
    '2023-02-29',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:00',
    'Jan 1 2026',
    '20260101',
    ' 2026-01-01',
  ])('%s is none', (text) => expect(timeMs(text, 'iso')).toBeUndefined());

  it('go to text and back in each unit', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        (date) => {
          for (const unit of ['iso', 'epoch-ms'] as const)
            expect(timeMs(timeText(date.getTime(), unit), unit)).toBe(date.getTime());
          expect(timeMs(timeText(date.getTime(), 'epoch-s'), 'epoch-s')).toBe(Math.floor(date.getTime() / 1000) * 1000);
        },
      ),
    );
  });
});

describe('paths', () => {
  it('see own properties only', () => {
    const value = JSON.parse('{"a":{"b":[{"c":1}]},"__proto__":{"x":1}}') as Json;
    expect(valueAt(value, 'a.b.0.c')).toBe(1);
    expect(valueAt(value, '__proto__.x')).toBe(1);
    expect(valueAt(value, 'a.toString')).toBeUndefined();
    expect(valueAt(value, 'constructor')).toBeUndefined();
    expect(valueAt(null, 'a')).toBeUndefined();
    expect(valueAt(value, '')).toBe(value);
  });

  it('are filled with encoded values, and all of them', () => {
    expect(fillPath('/a/{x}/b/{y}', { x: 'ä/?#', y: '1' })).toBe('/a/%C3%A4%2F%3F%23/b/1');
    expect(() => fillPath('/a/{toString}', {})).toThrow(/needs a value for \{toString\}/);
  });

  it('key fields become text, objects do not', () => {
    expect([1, 'a', true, null, undefined].map((value) => keyText(value))).toEqual(['1', 'a', 'true', '', '']);
    expect(keyText({})).toBeNull();
  });
});

describe('persons', () => {
  it.each([
    [' Anna@Example.ORG\t', 'anna@example.org'],
    ['A\u0308nne@x.de', 'änne@x.de'],
    ['anna+tag@x.de', 'anna+tag@x.de'],
    ['a.n.n.a@x.de.', 'a.n.n.a@x.de.'],
    ['"Quoted Name"@X.de', '"quoted name"@x.de'],
    ['STRASSE@ẞ.de', 'strasse@ß.de'],
    ['a@b@C.de', 'a@b@c.de'],
    ['id:R-17', 'id:R-17'],
    [' id:A\u0308', 'id:Ä'],
  ])('%j is %j', (address, expected) => expect(normaliseAddress(address)).toBe(expected));

  it('the rule is idempotent, also for İ', () => {
    expect(normaliseAddress(normaliseAddress('İ@x.de'))).toBe(normaliseAddress('İ@x.de'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(normaliseAddress(normaliseAddress(text))).toBe(normaliseAddress(text));
      }),
    );
  });

  it('a pseudonym depends on address and salt, and is HMAC-SHA256', () => {
    expect(personKey('salt', ' ANNA@example.org')).toBe(personKey('salt', 'anna@example.org'));
    // By another hand: printf 'anna@example.org' | openssl dgst -sha256 -hmac salt
    const expected = '64bebad237a8415c5aa43ea99dd1aecfffb6ae20572ee8dc624c2109c326a75b';
    expect(personKey('salt', 'anna@example.org')).toBe(expected);
    expect(personKey('pepper', 'anna@example.org')).not.toBe(personKey('salt', 'anna@example.org'));
  });

  it('agrees with Node’s own HMAC for every salt and address', () => {
    const own = (salt: string, address: string): string =>
      createHmac('sha256', salt).update(normaliseAddress(address), 'utf8').digest('hex');
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ minLength: 60, maxLength: 70 }));
    fc.assert(
      fc.property(text, text, (salt, address) => {
        expect(personKey(salt, address)).toBe(own(salt, address));
      }),
    );
    for (const length of [340, 341, 342, 1024, 5000])
      for (const unit of ['x', 'ä', '€', '💌'])
        expect(personKey('salt', unit.repeat(length))).toBe(own('salt', unit.repeat(length)));
  });
});
