import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stepsCodeHash } from './index.ts';
import { readAgent, userAgents } from './user-agents.ts';

const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const chrome = (system: string, more = 'Safari/537.36'): string =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 ${more}`;

/** Agents as they were seen; client, device, system. */
const people: readonly (readonly [string, string])[] = [
  [`Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${webkit} Mobile/15E148`, 'Apple Mail mobile iOS'],
  [`Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) ${webkit} Mobile/15E148`, 'Apple Mail tablet iOS'],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit}`, 'Apple Mail desktop macOS'],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/17.4 Safari/605.1.15`, 'Safari desktop macOS'],
  [
    'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; Microsoft Outlook 16.0.14326; ms-office; MSOffice 16)',
    'Outlook desktop Windows',
  ],
  ['Microsoft Office/16.0 (Microsoft Outlook Mail 16.0.6416; Pro)', 'Outlook desktop Windows'],
  ['MacOutlook/16.78.23100802 (Intelx64 Mac OS X 14.1 (Build 23B74))', 'Outlook desktop macOS'],
  ['Outlook-iOS/709.2226530.prod.iphone (3.24.1)', 'Outlook mobile mobile iOS'],
  ['Outlook-Android/2.0', 'Outlook mobile mobile Android'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.12.0', 'Thunderbird desktop Linux'],
  ['YahooMobileMail/1.0 (Android Mail; 1.3.10) (hero)', 'Yahoo Mail mobile Android'],
  ['eM Client/9.2', 'eM Client desktop unknown'],
  ['Airmail 5.6 rv:123 (Macintosh)', 'Airmail desktop macOS'],
  ['Lotus-Notes/6.0; Windows-NT', 'HCL Notes desktop unknown'],
  [chrome('Linux; Android 13; SM-G991B; wv', 'Mobile Safari/537.36 SamsungEmail/6.1'), 'Samsung Email mobile Android'],
  [chrome('Linux; Android 14; Pixel 8', 'Mobile Safari/537.36'), 'Chrome mobile Android'],
  [chrome('Linux; Android 12; SM-T870'), 'Chrome tablet Android'],
  [chrome('X11; CrOS x86_64 14541.0.0'), 'Chrome desktop Chrome OS'],
  [chrome('Windows NT 10.0; Win64; x64', 'Safari/537.36 Edg/126.0.0.0'), 'Microsoft Edge desktop Windows'],
];

const proxies: readonly (readonly [string, string, boolean])[] = [
  ['Mozilla/5.0', 'Apple Mail apple_mail_proxy', true],
  [
    'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
    'Gmail gmail_image_proxy',
    false,
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0',
    'Gmail gmail_prefetch',
    true,
  ],
  ['YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html', 'Yahoo Mail yahoo_image_proxy', false],
];

describe('a user agent', () => {
  test.each(people)('%s is a person’s: %s', (agent, expected) => {
    const { client, device, os, isProxy, isMachine, rule } = readAgent(agent);
    expect(`${client} ${device} ${os}`).toBe(expected);
    expect({ isProxy, isMachine, rule }).toEqual({ isProxy: false, isMachine: false, rule: 'user_agent' });
  });

  test.each(proxies)('%s is a proxy, whose own system is not the reader’s: %s', (agent, expected, isMachine) => {
    const read = readAgent(agent);
    expect(`${read.client} ${read.rule}`).toBe(expected);
    expect(read).toMatchObject({ device: 'unknown', os: 'unknown', isProxy: true, isMachine });
  });

  test.each([
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'python-requests/2.31.0',
    'Go-http-client/1.1',
    'BarracudaCentral',
    chrome('Windows NT 10.0; Win64; x64').replace('Chrome', 'HeadlessChrome'),
    'Mozilla/5.0 (Windows NT 10.0) Proofpoint URL Defense',
  ])('%s is a scanner’s', (agent) => {
    expect(readAgent(agent)).toEqual({
      client: 'unknown',
      device: 'unknown',
      os: 'unknown',
      isProxy: false,
      isMachine: true,
      rule: 'scanner_agent',
    });
  });

  test('that is a book is read in a moment', () => {
    const began = performance.now();
    for (const part of ['a', ' ', '(', 'Mozilla/5.0 (', '/1.', '; ']) readAgent(part.repeat(200_000));
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe('the step', () => {
  test('writes a row an agent, and nothing for what is none', () => {
    const rows = userAgents.run([{ user_agent: 'Mozilla/5.0' }, { user_agent: null }, { user_agent: '' }]);
    expect(rows.map(({ user_agent: agent, machine_rule: rule }) => [agent, rule])).toEqual([
      ['Mozilla/5.0', 'apple_mail_proxy'],
    ]);
    expect(Object.keys(rows[0]!)).toEqual(userAgents.writes.columns.map(({ name }) => name));
  });

  test.each(['bowser', 'isbot', 'agent-rules.ts'])(
    'reads all agents again when %s has learned something',
    (changed) => {
      const learned = (file: string): Buffer => (file.includes(changed) ? Buffer.from('more') : readFileSync(file));
      expect(stepsCodeHash(learned)).not.toBe(stepsCodeHash());
      expect(stepsCodeHash(readFileSync)).toBe(stepsCodeHash());
    },
  );
});
