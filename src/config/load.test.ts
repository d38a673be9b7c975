import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redact } from '../../connectors/_kit/redact.ts';
import { loadProject } from './load.ts';
import type { Project } from './load.ts';
import { ConfigError } from './problems.ts';
import type { Env } from './secrets.ts';

const canary = 'c4nary0123456789abcdef0123456789-us9';
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mailmart-config-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function project(key: string, env: Env = {}, rest = ''): Project {
  writeFileSync(
    join(dir, 'mailmart.yaml'),
    `company: { name: A, time_zone: UTC, currency: EUR }\nsources:\n  - id: shop\n    type: mailchimp\n    credentials: { api_key: "${key}" }\n${rest}`,
  );
  return loadProject(dir, env);
}

function problemsOf(action: () => unknown): ConfigError['problems'] {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) {
      expect(`${error.message}${JSON.stringify(error.problems)}${error.stack ?? ''}`).not.toContain(canary);
      return error.problems;
    }
    throw error;
  }
  return [];
}

describe('secrets', () => {
  it('are looked up when they are asked for, not before', () => {
    const loaded = project('${env:MC_KEY}');
    expect(problemsOf(() => loaded.secret('shop'))).toMatchObject([{ code: 'SECRET_UNSET', line: 5, column: 29 }]);
    expect(project('${env:MC_KEY}', { MC_KEY: canary }).secret('shop')).toMatchObject({
      credentials: { api_key: canary },
    });
  });

  it('come from files beside mailmart.yaml', () => {
    writeFileSync(join(dir, 'key'), canary);
    expect(project('${file:key}').secret('shop')).toMatchObject({ credentials: { api_key: canary } });
  });

  it.each([
    ['trailing line break', `${canary}\n`, 'ends with a line break'],
    ['trailing blank', `${canary} `, 'ends with a space'],
    ['blank at the start', ` ${canary}`, 'starts with a space'],
    ['line break inside', `${canary}\n${canary}`, 'contains a line break'],
    ['invisible character', `${canary}\u200B`, 'contains an invisible character'],
  ])('refuses a %s without showing the value', (_name, value, words) => {
    writeFileSync(join(dir, 'key'), value);
    const [fromFile] = problemsOf(() => project('${file:key}').secret('shop'));
    expect(fromFile).toMatchObject({ code: 'SECRET_WHITESPACE', what: expect.stringContaining(words) as string });
    const [fromEnv] = problemsOf(() => project('${env:K}', { K: value }).secret('shop'));
    expect(fromEnv).toMatchObject({ code: 'SECRET_WHITESPACE', what: expect.stringContaining(words) as string });
  });

  it('may be a list, each entry a reference of its own', () => {
    const rest = (entries: string): string =>
      `    webhook: { signing_secrets: [${entries}], path_secret: "\${env:PATH}" }\n`;
    const env = { K: 'key-us1', NEW: canary, PATH: 'sixteen-or-more-' };
    const both = rest('"${env:NEW}", "${file:old}"');
    const [missing, ...others] = problemsOf(() => project('${env:K}', env, both).secret('shop'));
    expect([missing, others]).toMatchObject([
      { code: 'SECRET_FILE', path: 'sources[0].webhook.signing_secrets[1]', line: 6 },
      [],
    ]);
    writeFileSync(join(dir, 'old'), `${canary}-old`);
    expect(project('${env:K}', env, both).secret('shop')).toMatchObject({
      credentials: { api_key: 'key-us1' },
      webhook: { signing_secrets: [canary, `${canary}-old`], path_secret: 'sixteen-or-more-' },
    });
    // What was resolved is known to the redactor; what is written plainly is refused without being shown.
    expect(redact(`it is ${canary}-old`)).not.toContain(canary);
    expect(problemsOf(() => project('${env:K}', env, rest(`"${canary}"`)))).toMatchObject([
      { code: 'CONFIG_SECRET_PLAIN', path: 'sources[0].webhook.signing_secrets[0]' },
    ]);
    expect(problemsOf(() => project('${env:K}', { ...env, PATH: 'short' }, both).secret('shop'))).toMatchObject([
      { code: 'SECRET_FORM', path: 'sources[0].webhook.path_secret' },
    ]);
    expect(problemsOf(() => project('${env:K}', env, '    webhook: { signing_secrets: "${env:NEW}" }\n'))).not.toEqual(
      [],
    );
  });

  it('says what is wrong with a secret file', () => {
    mkdirSync(join(dir, 'folder'));
    writeFileSync(join(dir, 'huge'), 'x'.repeat(70_000));
    writeFileSync(join(dir, 'binary'), new Uint8Array([0xff, 0xfe]));
    for (const [path, words] of [
      ['missing', 'does not exist'],
      ['folder', 'is not a file'],
      ['huge', 'too large'],
      ['binary', 'cannot be read as text'],
    ] as const) {
      const [problem] = problemsOf(() => project(`\${file:${path}}`).secret('shop'));
      expect(problem).toMatchObject({ code: 'SECRET_FILE', what: expect.stringContaining(words) as string });
    }
  });

  it('refuses a system file by what it holds, not by showing it', () => {
    const [problem] = problemsOf(() => project('${file:/etc/passwd}').secret('shop'));
    expect(problem?.code).toBe('SECRET_WHITESPACE');
    expect(JSON.stringify(problem)).not.toContain('root:');
  });

  it('names the variable that differs only in its case', () => {
    const [problem] = problemsOf(() => project('${env:mc_key}', { MC_KEY: canary }).secret('shop'));
    expect(problem).toMatchObject({ code: 'SECRET_UNSET', suggestion: '${env:MC_KEY}' });
  });

  it('names the sources there are', () => {
    const [problem] = problemsOf(() => project('${env:K}').secret('shpo'));
    expect(problem).toMatchObject({ code: 'CONFIG_SOURCE_ID', fix: 'Use one of: shop.' });
  });
});

describe('the salt', () => {
  it('is made on first use, for the owner alone, and stays', () => {
    const loaded = project('${env:K}');
    const salt = loaded.salt();
    expect(salt).toMatch(/^[0-9a-f]{64}$/);
    const file = join(dir, '.mailmart', 'person-salt');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loaded.salt()).toBe(salt);
    expect(readFileSync(file, 'utf8')).toBe(salt);
  });

  it('is not made in the place of one that is named', () => {
    const loaded = project('${env:K}', {}, 'privacy: { salt: "${file:salt}" }\n');
    expect(loaded.paths.salt).toBeNull();
    expect(problemsOf(() => loaded.salt())).toMatchObject([{ code: 'SECRET_FILE', line: 6 }]);
    writeFileSync(join(dir, 'salt'), 'short');
    expect(problemsOf(() => loaded.salt())).toMatchObject([{ code: 'SECRET_FORM' }]);
    writeFileSync(join(dir, 'salt'), 'long enough to be a salt'.replaceAll(' ', '-'));
    expect(loaded.salt()).toBe('long-enough-to-be-a-salt');
  });
});

describe('finding the project', () => {
  it('looks upwards from the working directory', () => {
    project('${env:K}');
    const deep = join(dir, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    const before = process.cwd();
    process.chdir(deep);
    try {
      expect(loadProject(undefined, {}).dir).toBe(dir);
    } finally {
      process.chdir(before);
    }
  });

  it('says when there is none, and when it has another name', () => {
    expect(problemsOf(() => loadProject(dir, {}))).toMatchObject([{ code: 'CONFIG_NOT_FOUND' }]);
    writeFileSync(join(dir, 'mailmart.yml'), '');
    expect(problemsOf(() => loadProject(dir, {}))).toMatchObject([{ fix: 'Rename mailmart.yml to mailmart.yaml.' }]);
  });

  it('says when it cannot be read', () => {
    mkdirSync(join(dir, 'mailmart.yaml'));
    expect(problemsOf(() => loadProject(dir, {}))).toMatchObject([{ code: 'CONFIG_UNREADABLE' }]);
  });

  it('keeps everything beside mailmart.yaml', () => {
    const { paths } = project('${env:K}');
    expect(paths).toMatchObject({
      state: join(dir, '.mailmart'),
      warehouse: join(dir, '.mailmart/warehouse.duckdb'),
      published: join(dir, '.mailmart/published.duckdb'),
      report: join(dir, 'report/index.html'),
    });
  });

  it('tells the file source where its project is', () => {
    writeFileSync(
      join(dir, 'mailmart.yaml'),
      'company: { name: A, time_zone: UTC, currency: EUR }\nsources:\n  - id: books\n    type: file\n    files: [{ path: a.csv, map: [{ entity: campaigns, fields: { campaign_id: id } }] }]\n',
    );
    expect(loadProject(dir, {}).secret('books')).toMatchObject({ project_dir: dir });
  });
});
