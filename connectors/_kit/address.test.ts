import { expect, it } from 'vitest';
import { isPrivateAddress } from './address.ts';
import { requestUrl, namesPrivateHost } from './url.ts';

it.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fd00::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:a00:1',
  '64:ff9b::a00:1',
  '2002:a00:1::',
])('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true));

it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', 'example.org', ''])(
  '%s is not',
  (address) => expect(isPrivateAddress(address)).toBe(false),
);

it.each([
  ['http://localhost:80/', true],
  ['http://demo.localhost/', true],
  ['http://simulator:8080/', true],
  ['http://[::1]/', true],
  ['http://2130706433/', true],
  ['https://us1.api.mailchimp.com/3.0', false],
  ['https://localhost.example.com/', false],
])('%s names a private host: %s', (url, expected) => expect(namesPrivateHost(new URL(url))).toBe(expected));

it('refuses path segments that climb', () => {
  const base = new URL('https://api.example.com/3.0/');
  for (const path of ['/lists/../x', '/./x', '/lists/%2e%2E/x', '/..']) {
    expect(() => requestUrl('tiny', base, { method: 'GET', path })).toThrow(/segment/);
  }
  expect(requestUrl('tiny', base, { method: 'GET', path: '/lists/..a/b.c' }).pathname).toBe('/3.0/lists/..a/b.c');
});
