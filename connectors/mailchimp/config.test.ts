import { describe, expect, it } from 'vitest';
import { authorizationOf, baseUrlOf, mailchimpConfig } from './config.ts';

const byKey = (api_key: string, base_url?: string) =>
  mailchimpConfig.parse({ credentials: { api_key }, ...(base_url === undefined ? {} : { base_url }) });
const problems = (value: unknown): readonly string[] =>
  mailchimpConfig.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

describe('configuration of Mailchimp', () => {
  it('takes the address from base_url, else from the key, else the one host for all', () => {
    expect(baseUrlOf(byKey('abc-us21'))).toBe('https://us21.api.mailchimp.com/3.0');
    expect(baseUrlOf(byKey('abc'))).toBe('https://api.mailchimp.com/3.0');
    expect(baseUrlOf(byKey('abc-us21', 'https://api.mailchimp.com/3.0/'))).toBe('https://api.mailchimp.com/3.0');
    expect(baseUrlOf(byKey('abc-us21', 'http://127.0.0.1:8080/3.0'))).toBe('http://127.0.0.1:8080/3.0');
    expect(baseUrlOf(mailchimpConfig.parse({ credentials: { access_token: 'token-us1' } }))).toBe(
      'https://api.mailchimp.com/3.0',
    );
  });

  it('signs with Basic for a key and Bearer for a token', () => {
    expect(authorizationOf(byKey('abc-us21'))).toBe(`Basic ${Buffer.from('mailmart:abc-us21').toString('base64')}`);
    expect(authorizationOf(mailchimpConfig.parse({ credentials: { access_token: 'tok' } }))).toBe('Bearer tok');
  });

  it('says what is wrong', () => {
    expect(problems({ credentials: {} })).toEqual(['The credentials hold neither `api_key` nor `access_token`.']);
    expect(problems({ credentials: { api_key: 'a', access_token: 'b' } })).toEqual([
      'The credentials hold both `api_key` and `access_token`.',
    ]);
    expect(problems({ credentials: { api_key: 'a' }, base_url: 'http://us1.api.mailchimp.com/3.0' })[0]).toMatch(
      /not https/,
    );
    expect(problems({ credentials: { api_key: 'a' }, base_url: 'us1.api.mailchimp.com' })[0]).toMatch(/not an address/);
    expect(problems({ credentials: { api_key: 'a' }, base_url: 'https://u:p@api.mailchimp.com/3.0' })[0]).toMatch(
      /credentials/,
    );
    expect(problems({ credentials: { api_key: 'a' }, baseurl: 'x' })[0]).toMatch(/baseurl/);
  });
});
