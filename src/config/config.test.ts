import { describe, expect, it } from 'vitest';
import { checkConfig } from './check-config.ts';
import { brokenConfigs, placeMark } from './broken-configs.fixture.ts';
import { ConfigError } from './problems.ts';
import { sourceRegistry } from './registry.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function problemsOf(text: string | Uint8Array): ConfigError['problems'] {
  try {
    checkConfig('mailmart.yaml', typeof text === 'string' ? bytes(text) : text, sourceRegistry);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** The text without its mark, and the place the mark stood at. */
function marked(text: string): { readonly text: string; readonly line: number; readonly column: number } {
  const at = text.indexOf(placeMark);
  if (at === -1) throw new Error('the case marks no place');
  const before = text.slice(0, at);
  return {
    text: text.replace(placeMark, ''),
    line: before.split('\n').length,
    column: at - before.lastIndexOf('\n'),
  };
}

describe('broken configurations', () => {
  it('has a corpus worth the name', () => {
    expect(brokenConfigs.length).toBeGreaterThanOrEqual(40);
    expect(new Set(brokenConfigs.map(({ name }) => name)).size).toBe(brokenConfigs.length);
  });

  it.each(brokenConfigs)('$name', ({ text, code, suggestion }) => {
    const { line, column, text: written } = marked(text);
    const problems = problemsOf(written);
    expect(problems.map((problem) => [problem.code, problem.line, problem.column, problem.suggestion])).toEqual([
      [code, line, column, suggestion],
    ]);
    const [problem] = problems;
    expect(problem?.what).toMatch(/[.]$/);
    expect(problem?.fix).toBeTruthy();
  });

  it('says everything at once, in file order', () => {
    const problems = problemsOf(
      'company: { nam: Acme, time_zone: Europe/Berln, currency: EURO }\nwarehous: {}\nsources: [{ id: A, type: mailchimp }]\n',
    );
    expect(problems.map(({ code, line }) => `${line} ${code}`)).toEqual([
      '1 CONFIG_UNKNOWN_KEY',
      '1 CONFIG_VALUE',
      '1 CONFIG_VALUE',
      '2 CONFIG_UNKNOWN_KEY',
      '3 CONFIG_MISSING_KEY',
      '3 CONFIG_VALUE',
    ]);
  });

  it('refuses what is not UTF-8, at its place', () => {
    const text = new Uint8Array([...bytes('company:\n  name: M'), 0xfc, ...bytes('ller\n')]);
    expect(problemsOf(text)).toMatchObject([{ code: 'CONFIG_ENCODING', line: 2, column: 10 }]);
  });

  it('refuses five megabytes before it parses them', () => {
    expect(problemsOf('#'.repeat(5 * 1024 * 1024))).toMatchObject([{ code: 'CONFIG_TOO_LARGE' }]);
  });

  it('refuses an alias bomb within a second of work', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 10; level += 1)
      lines.push(
        `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    // Of this thread: others may share its core.
    const before = process.threadCpuUsage();
    expect(problemsOf(lines.join('\n'))).toMatchObject([{ code: 'CONFIG_ALIAS', line: expect.any(Number) as number }]);
    const { user, system } = process.threadCpuUsage(before);
    expect(user + system).toBeLessThan(1_000_000);
  });

  it('never repeats a key that was pasted somewhere', () => {
    const canary = '0123456789abcdef0123456789abcdef-us7';
    for (const place of [
      `sources: [{ id: a, type: mailchimp, credentials: { api_key: ${canary} } }]`,
      `sources: [{ id: a, type: mailchimp, credentials: ${canary} }]`,
      `sources: [{ id: a, type: mailchimp, credentials: { api_key: "\${env:A}", apikey: ${canary} } }]`,
      `sources: [{ id: a, type: mailchimp, api_key: ${canary}, credentials: { api_key: "\${env:A}" } }]`,
      `sources: [{ id: a, type: ${canary} }]`,
      `sources: [{ id: ${canary}, type: mailchimp, credentials: { api_key: "\${env:A}" } }]`,
      `sources: [{ id: a, type: mailchimp, base_url: ${canary}, credentials: { api_key: "\${env:A}" } }]`,
      `sources: [{ id: a, type: mailchimp, streams: [${canary}], credentials: { api_key: "\${env:A}" } }]`,
      `sources: [{ id: a, type: mailchimp, start_date: ${canary}, credentials: { api_key: "\${env:A}" } }]`,
      `privacy: { salt: ${canary} }`,
      `privacy: { salt: *${canary} }`,
      `${canary}: 1`,
      `report: { path: "\${file:a} ${canary}" }`,
    ]) {
      const problems = problemsOf(`company: { name: A, time_zone: UTC, currency: EUR }\n${place}\n`);
      const leaks = JSON.stringify(problems).includes(canary.slice(0, 20));
      expect({ place, found: problems.length > 0, leaks }).toEqual({ place, found: true, leaks: false });
    }
  });
});

describe('good configurations', () => {
  const good = (text: string) => checkConfig('mailmart.yaml', bytes(text), sourceRegistry).config;

  it('fills in the defaults', () => {
    expect(good('company: { name: Acme, time_zone: Europe/Berlin, currency: EUR }\n')).toMatchObject({
      warehouse: { engine: 'duckdb' },
      sources: [],
      campaigns: [],
      report: { path: 'report/index.html' },
      privacy: { salt: '${file:.mailmart/person-salt}' },
      temporal: { namespace: 'default' },
    });
  });

  it('reads YAML 1.2: no, on and 1:30 are text, money keeps its digits', () => {
    const config = good(
      'company: { name: no, time_zone: UTC, currency: EUR }\n' +
        'campaigns:\n' +
        '  - { match: on, goal: lead_generation, conversion_value: 12.50 }\n' +
        '  - { match: 1:30, goal: lead_generation, conversion_value: 1234567890123456.123456789 }\n',
    );
    expect(config.company.name).toBe('no');
    expect(config.campaigns).toEqual([
      { match: 'on', goal: 'lead_generation', conversion_value: '12.5' },
      { match: '1:30', goal: 'lead_generation', conversion_value: '1234567890123456.123456789' },
    ]);
  });

  it('keeps secrets as references', () => {
    const config = good(
      'company: { name: A, time_zone: UTC, currency: EUR }\n' +
        'sources:\n  - { id: shop, type: mailchimp, credentials: { api_key: "${env:KEY}" }, streams: [lists] }\n',
    );
    expect(config.sources).toEqual([
      {
        id: 'shop',
        type: 'mailchimp',
        streams: ['lists'],
        mutable_window: 'P35D',
        start_date: undefined,
        options: { credentials: { api_key: '${env:KEY}' } },
      },
    ]);
  });

  it('permits a few aliases', () => {
    const config = good('company: { name: &name Acme, time_zone: UTC, currency: EUR }\nreport: { path: *name }\n');
    expect(config.report.path).toBe('Acme');
  });
});
