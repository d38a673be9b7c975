import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, registerSecret, safePath } from './redact.ts';

const SECRET = 'kéy"with/odd+chars&=1';
registerSecret(SECRET);

describe('redact', () => {
  it.each([
    ['plain', SECRET],
    ['JSON', JSON.stringify(SECRET)],
    ['URL', encodeURIComponent(SECRET)],
    ['Base64', Buffer.from(SECRET).toString('base64')],
    ['Base64 for URLs', Buffer.from(SECRET).toString('base64url')],
  ])('hides a registered secret in %s spelling', (_, spelling) => {
    const text = redact(`before ${spelling} after`);
    expect(text).toContain('[secret]');
    expect(text).not.toContain(spelling);
    expect(text).toMatch(/^before .* after$/);
  });

  it('leaves nothing of a secret that begins as another does', () => {
    for (const key of ['key-of-the-shop', 'key-of-the-shop-in-Ulm']) registerSecret(key);
    expect(redact('key-of-the-shop-in-Ulm, key-of-the-shop')).toBe('[secret], [secret]');
  });

  it('hides each spelling wherever it stands, that of Base64 for URLs where it is another one, too', () => {
    const odd = '~~~???>>>';
    registerSecret(odd);
    const [standard, forUrls] = [Buffer.from(odd).toString('base64'), Buffer.from(odd).toString('base64url')];
    expect(standard).not.toBe(forUrls);
    expect(redact(`${standard} ${forUrls} ${odd} ${odd}`)).toBe('[secret] [secret] [secret] [secret]');
  });

  it.each([
    ['GET https://api.example.com/lists?apikey=abc&x=1 failed', 'GET https://api.example.com/lists?[query] failed'],
    ['see https://user:pass@host.example/x', 'see https://[secret]@host.example/x'],
    ['mail to Anna.Weber+x@Example.co.uk, now', 'mail to [address], now'],
    ['mail to anna%40example.org now', 'mail to [address] now'],
    ['müller@beispiel.de', '[address]'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: [secret]'],
    ["headers: { 'x-api-key': 'abc' }", "headers: { 'x-api-key': '[secret]' }"],
    ['sent Bearer abcdef0123456789', 'sent Bearer [secret]'],
    ['got {"email":"a@b.de","name":"Anna"} back', 'got [body] back'],
    ['got [{"a":1},{"b":2', 'got [[body],[body]'],
  ])('%s', (text, expected) => expect(redact(text)).toBe(expected));

  it('leaves ordinary messages alone', () => {
    const text =
      'GET /reports/42/sent-to of mailchimp stream sent_to answered 500 (Internal Server Error): 3 of 5 rows, emails[].activity[].url; run "mailmart check".';
    expect(redact(text)).toBe(text);
  });

  it('does not register what is too short to be a secret', () => {
    for (const text of ['to', 'queue', 'queued']) registerSecret(text);
    expect(redact('mail to you in the queue')).toBe('mail to you in the queue');
    expect(redact('mail is queued')).toBe('mail is [secret]');
  });

  it('is quick on hostile text', () => {
    for (const text of [
      'a'.repeat(1_000_000),
      'a.'.repeat(500_000),
      '?'.repeat(1_000_000),
      'a://'.repeat(250_000),
      'bearer '.repeat(140_000),
      '@'.repeat(1_000_000),
      '{"'.repeat(500_000),
    ]) {
      const started = performance.now();
      redact(`${text}!`);
      expect(performance.now() - started).toBeLessThan(400);
    }
  });

  it('leaves no address that was put into any text', () => {
    const word = fc.stringMatching(/^[a-z0-9][a-z0-9.+_-]{0,12}$/);
    fc.assert(
      fc.property(fc.string(), word, word, fc.string(), (before, local, domain, after) => {
        const address = `${local}@${domain}.example`;
        expect(redact(`${before} ${address} ${after}`)).not.toContain(address);
      }),
    );
  });
});

it('safePath shows a request without query, host and hashes', () => {
  expect(safePath('/lists/abc/members/0123456789abcdef0123456789abcdef?email=a@b.de#x')).toBe('/lists/abc/members/…');
  expect(safePath('https://user:key@api.example.com/3.0/lists?apikey=1')).toBe('/3.0/lists');
});
