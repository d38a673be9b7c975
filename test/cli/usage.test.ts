import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputSchemas } from '../../src/cli/json-schemas.ts';
import { company, runCli, temporaryFolder } from './run-cli.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const shop = 'sources:\n  - { id: shop, type: mailchimp, credentials: { api_key: "${env:MC_KEY}" } }\n';

/** Command line, what mailmart.yaml holds, exit code, error code, and what the message must contain. */
const cases: readonly (readonly [string, string | undefined, number, string, string])[] = [
  ['snyc', undefined, 2, 'USAGE', 'Did you mean sync?'],
  ['status --jsno', undefined, 2, 'USAGE', 'Did you mean --json?'],
  ['query', undefined, 2, 'USAGE', 'mailmart query --help'],
  ['status extra', undefined, 2, 'USAGE', 'mailmart status --help'],
  ['explain NONE_SUCH_CODE', undefined, 2, 'USAGE', 'mailmart explain'],
  ['schema snyc', undefined, 2, 'USAGE', 'sync'],
  ['help snyc', undefined, 2, 'USAGE', 'sync'],
  ['status', undefined, 3, 'CONFIG_NOT_FOUND', 'mailmart init'],
  ['run', undefined, 3, 'CONFIG_NOT_FOUND', 'mailmart init'],
  ['status --project nowhere', undefined, 3, 'CONFIG_NOT_FOUND', 'mailmart init'],
  ['status', 'compny: {}\n', 3, 'CONFIG_UNKNOWN_KEY', 'mailmart.yaml:1:1'],
  ['run', 'company: [\n', 3, 'CONFIG_SYNTAX', 'mailmart.yaml:2:1'],
  ['run', company, 3, 'CONFIG_MISSING_KEY', 'no source yet'],
  ['sync shpo', `${company}${shop}`, 2, 'CONFIG_SOURCE_ID', 'Did you mean shop?'],
  ['run --source shpo', `${company}${shop}`, 2, 'CONFIG_SOURCE_ID', 'Did you mean shop?'],
  ['check shpo', `${company}${shop}`, 2, 'CONFIG_SOURCE_ID', 'Did you mean shop?'],
  ['discover shpo', `${company}${shop}`, 2, 'CONFIG_SOURCE_ID', 'Did you mean shop?'],
  ['sync shop --stream campaign', `${company}${shop}`, 2, 'CONFIG_STREAM', 'Did you mean campaigns?'],
  // As an empty variable of a script gives it: not everything.
  ['run --source=', `${company}${shop}`, 2, 'USAGE', 'mailmart run --help'],
  ['transform --select ,', `${company}${shop}`, 2, 'USAGE', 'mailmart transform --help'],
  ['status', company, 1, 'DATA_NOT_PUBLISHED', 'mailmart run'],
  ['query select+1', company, 1, 'DATA_NOT_PUBLISHED', 'mailmart run'],
  ['query --+a+comment\nselect+1', company, 1, 'DATA_NOT_PUBLISHED', 'mailmart run'],
  ['query select+1 --cvs', company, 2, 'USAGE', 'Did you mean --csv?'],
  ['report', company, 1, 'DATA_NOT_PUBLISHED', 'mailmart run'],
  ['report --open maybe', company, 2, 'USAGE', '--open yes'],
  ['report --lang de', company, 2, 'USAGE', 'en, vi'],
  ['query select+1 --limit 0', company, 2, 'USAGE', '--limit'],
  ['query select+1 --timeout 31', company, 2, 'USAGE', '--timeout'],
  ['metrics --csv --markdown', undefined, 2, 'USAGE', 'one of them'],
  ['metrics open_rat --csv', undefined, 2, 'USAGE', 'Did you mean open_rate?'],
  ['demo --seed x', undefined, 2, 'USAGE', '--seed 7'],
  ['demo --size huge', undefined, 2, 'USAGE', 'demo'],
];

describe('a mistake', () => {
  it.each(cases)('mailmart %s (config %j) ends with %i %s', async (line, config, exit, code, hint) => {
    if (config !== undefined) folder.write('mailmart.yaml', config);
    const args = line.split(' ').map((arg) => arg.replaceAll('+', ' '));
    const people = await runCli(args, { cwd: folder.path });
    expect(people.code).toBe(exit);
    expect(people.stdout).toBe('');
    expect(people.stderr).toContain(`Error ${code}: `);
    expect(people.stderr).toContain(hint);
    expect(people.stderr).not.toMatch(/^\s+at .*\.(?:ts|js):\d+/m);
    // The next step is the last line.
    expect(people.stderr.trimEnd().split('\n').at(-1)).toMatch(/^ {2}(?:Fix|More): /);

    const program = await runCli([...args, '--json'], { cwd: folder.path });
    expect(program.code).toBe(exit);
    const document = outputSchemas['error']?.parse(JSON.parse(program.stdout)) as { error: { code: string } };
    expect(document.error.code).toBe(code);
  });
});

describe('a failure', () => {
  it('shows its stack only with --debug', async () => {
    const { stderr } = await runCli(['status', '--debug'], { cwd: folder.path });
    expect(stderr).toMatch(/^\s+at .*load\.ts/m);
  });

  it('lists every problem of the configuration in JSON, with its place', async () => {
    folder.write('mailmart.yaml', 'company: { name: A, tz: UTC, currency: EURO }\nsorces: []\n');
    const { stdout } = await runCli(['run', '--json'], { cwd: folder.path });
    const { error } = JSON.parse(stdout) as { error: { problems: { where: string; suggestion: string | null }[] } };
    expect(error.problems.map(({ where, suggestion }) => [where, suggestion])).toEqual([
      ['mailmart.yaml:1:21', 'time_zone'],
      ['mailmart.yaml:1:40', 'EUR'],
      ['mailmart.yaml:2:1', 'sources'],
    ]);
  });

  it('writes no colours to a pipe, and none with NO_COLOR', async () => {
    for (const env of [{}, { NO_COLOR: '1' }]) {
      const { stderr } = await runCli(['status'], { cwd: folder.path, env });
      expect(stderr).not.toContain('\u001B');
    }
    const { stderr } = await runCli(['status'], { cwd: folder.path, env: { FORCE_COLOR: '1' } });
    expect(stderr).toContain('\u001B[31mError CONFIG_NOT_FOUND\u001B[39m');
  });

  it('of a name full of control characters leaves the terminal alone', async () => {
    const { stderr } = await runCli(['sync', 'x\u001B]0;title\u0007\u001B[31mred\u202Eevil\r\n2026 INFO fake'], {
      cwd: folder.path,
    });
    folder.write('mailmart.yaml', `${company}${shop}`);
    const named = await runCli(['sync', 'x\u001B]0;title\u0007\u001B[31mred\u202Eevil\rline'], { cwd: folder.path });
    for (const text of [stderr, named.stderr]) {
      const control = [...text].filter((character) => /[\p{Cc}\u202E]/u.test(character) && character !== '\n');
      expect(control).toEqual([]);
    }
  });
});
