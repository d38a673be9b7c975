import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
let tree: string;

/** The project without its history and its packages, which are linked: the new connector is written there. */
beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'mailmart-new-connector-'));
  const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const built = 'connectors/_kit/press/press.wasm';
  for (const file of [...tracked.split('\n'), built]) {
    if (file === '' || file.startsWith('test/replay/histories/') || !existsSync(path.join(root, file))) continue;
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    cpSync(path.join(root, file), path.join(tree, file));
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

function run(program: string, args: readonly string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: tree, encoding: 'utf8', env });
  return { status, stdout, output: stdout + stderr };
}

const create = (...args: readonly string[]) => run(process.execPath, ['scripts/new-connector.ts', ...args]);
const bin = (name: string): string => path.join('node_modules/.bin', name);
const text = (file: string): string => readFileSync(path.join(tree, file), 'utf8');

describe('npm run new:connector', () => {
  it.each([
    [[], /^Usage: npm run new:connector <name>/],
    [['one', 'two'], /^Usage/],
    [['Constant Contact'], /no name for a connector.*Try constant-contact\./],
    [['_kit'], /no name for a connector.*Try kit\./],
    [['../outside'], /no name for a connector.*Try outside\./],
    [['8x8'], /no name for a connector.*Try x8\./],
    [['a'.repeat(41)], /at most 40/],
    [['mailchimp'], /connectors\/mailchimp exists already/],
    [['delete'], /delete is taken/],
    [['stream'], /stream is taken/],
    [['connectors'], /connectors is taken/],
  ] as const)('refuses %j and writes nothing', (args, message) => {
    const registry = text('connectors/index.ts');
    const { status, output } = create(...args);
    expect(output).toMatch(message);
    expect(status).toBe(2);
    expect(text('connectors/index.ts')).toBe(registry);
  });

  it('writes a connector that compiles, lints, is formatted and documented, and passes the standard suite', () => {
    const { status, output, stdout } = create('constant-contact');
    expect([status, output]).toEqual([0, stdout]);
    expect(stdout).toContain('wrote connectors/constant-contact/connector.ts');
    expect(text('connectors/index.ts')).toContain('  constant_contact: constantContact,\n  file,\n');
    expect(text('connectors/constant-contact/connector.ts')).not.toMatch(/example.?source/i);
    expect(create('constant-contact').output).toMatch(/connectors\/constant-contact exists already/);

    expect(run(bin('tsc'), ['--noEmit', '-p', '.']).output).toBe('');
    expect(
      run(bin('oxlint'), ['--deny-warnings', 'connectors/constant-contact', 'connectors/index.ts']).output,
    ).toMatch(/Found 0 warnings and 0 errors[\s\S]* on 4 files/);
    const written = ['connectors/constant-contact', 'connectors/index.ts', 'docs/config.schema.json'];
    expect(run(bin('prettier'), ['--check', '--log-level', 'warn', ...written]).output).toBe('');

    const tests = ['connectors/constant-contact', 'test/architecture/connectors-doc', 'src/config/json-schema'];
    const suite = run(bin('vitest'), ['run', '--project', 'unit', '--reporter', 'verbose', ...tests]);
    expect(suite.output).toMatch(/✓ .*constant_contact: standard suite > contacts > every row once/);
    expect(suite.output).toMatch(/✓ .*constant_contact: standard suite > contacts > no credential appears/);
    expect(suite.output).toMatch(/✓ .*docs\/connectors\.md > is fresh/);
    // Red on purpose, and alone: it reminds of the vendor's facts.
    const red = [...suite.output.matchAll(/^ *× .* > (.*?)(?: \d+ms)?$/gm)].map(([, name]) => name);
    expect([...new Set(red)]).toEqual([expect.stringMatching(/^has no connector that still is the example/)]);
  }, 480_000);
});
