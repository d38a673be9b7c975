import { expect, it } from 'vitest';
import { baseUrl } from './config.ts';

const rule = baseUrl({
  fix: 'Write another.',
  problem: ({ pathname }) => (pathname === '/v3' ? 'No /v3.' : undefined),
});
const problem = (text: string): string | undefined => rule.safeParse(text).error?.issues[0]?.message;

it('is an address that a key may be sent to: https, or this machine and a container’s neighbour', () => {
  const good = ['https://api.example.com/v1', 'http://127.0.0.1:8080', 'http://simulator:80', 'http://a.localhost'];
  expect(good.filter((url) => problem(url) !== undefined)).toEqual([]);
  expect(problem('api.example.com')).toMatch(/not an address/);
  expect(problem('http://api.example.com')).toMatch(/not https/);
  expect(problem('ftp://simulator')).toMatch(/not https/);
  expect(problem('https://user@api.example.com')).toMatch(/holds credentials/);
  expect(problem('https://api.example.com/?key=1')).toMatch(/a query or a fragment/);
  expect(problem('https://api.example.com/#v1')).toMatch(/a query or a fragment/);
  expect(problem('https://api.example.com/v3')).toBe('No /v3.');
});
