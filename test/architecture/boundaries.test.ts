import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
let tree: string;

/** A small copy of the project's layout, with the real rules, in which violations are planted. */
beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'mailmart-boundaries-'));
  for (const file of ['.oxlintrc.json', '.dependency-cruiser.json', 'tsconfig.json', 'package.json']) {
    cpSync(path.join(root, file), path.join(tree, file));
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  plant('connectors/alpha/connector.ts', `import { limit } from '../_kit/limit.ts';\nexport const alpha = limit;\n`);
  plant('connectors/gamma/config.ts', `export const gamma = 1;\n`);
  plant('connectors/_kit/limit.ts', `export const limit = 1;\n`);
  plant('activities/index.ts', `export const act = async (): Promise<number> => 1;\nexport type Act = typeof act;\n`);
  plant(
    'workflows/index.ts',
    `import type { Act } from '../activities/index.ts';\nexport const flow = (act: Act): Promise<number> => act();\n`,
  );
  plant('src/warehouse/port.ts', `export const port = 1;\n`);
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

function plant(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
  writeFileSync(path.join(tree, file), text);
}

function lint(): string {
  const result = spawnSync('node_modules/.bin/oxlint', ['--type-aware', '--deny-warnings'], {
    cwd: tree,
    encoding: 'utf8',
  });
  return result.status === 0 ? 'clean' : result.stdout;
}

function cruise(): string {
  const result = spawnSync(
    'node_modules/.bin/depcruise',
    ['--config', '.dependency-cruiser.json', 'src', 'connectors', 'workflows', 'activities'],
    { cwd: tree, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  return result.status === 0 ? `clean ${result.stdout}` : result.stdout + result.stderr;
}

const planted = [
  [
    'a workflow that takes a value from activities',
    'workflows/bad.ts',
    `import { act } from '../activities/index.ts';\nexport const bad = act;\n`,
    'lint',
  ],
  [
    'a workflow that imports node:fs',
    'workflows/bad.ts',
    `import { readFileSync } from 'node:fs';\nexport const bad = readFileSync;\n`,
    'both',
  ],
  [
    'a workflow that imports a connector',
    'workflows/bad.ts',
    `import { alpha } from '../connectors/alpha/connector.ts';\nexport const bad = alpha;\n`,
    'both',
  ],
  [
    'a connector that imports axios',
    'connectors/alpha/bad.ts',
    `import axios from 'axios';\nexport const bad = axios;\n`,
    'lint',
  ],
  [
    'a connector that imports its sibling',
    'connectors/beta/bad.ts',
    `import { alpha } from '../alpha/connector.ts';\nexport const bad = alpha;\n`,
    'cruise',
  ],
  [
    'a kit that imports the warehouse',
    'connectors/_kit/bad.ts',
    `import { port } from '../../src/warehouse/port.ts';\nexport const bad = port;\n`,
    'both',
  ],
  [
    'a kit that imports a connector',
    'connectors/_kit/bad.ts',
    `import { gamma } from '../gamma/config.ts';\nexport const bad = gamma;\n`,
    'cruise',
  ],
  [
    'a simulator that imports its connector',
    'connectors/alpha/simulator.ts',
    `import { alpha } from './connector.ts';\nexport const bad = alpha;\n`,
    'both',
  ],
  [
    'the scaffold of simulators that imports a connector',
    'src/demo/simulator/bad.ts',
    `import { alpha } from '../../../connectors/alpha/connector.ts';\nexport const bad = alpha;\n`,
    'cruise',
  ],
  [
    'an activity whose promise nobody awaits',
    'activities/bad.ts',
    `import { act } from './index.ts';\nexport const bad = (): void => {\n  act();\n};\n`,
    'lint',
  ],
  [
    'a cycle',
    'src/warehouse/bad.ts',
    `import { worse } from './worse.ts';\nexport const bad = (): number => worse();\n`,
    'cruise',
  ],
] as const;

describe('boundaries', () => {
  it('pass on a tree without violations', () => {
    expect(lint()).toBe('clean');
    expect(cruise()).toMatch(/clean[\s\S]*\([1-9]\d* modules/);
  });

  it.each(planted)('catch %s', (_what, file, text, by) => {
    plant('src/warehouse/worse.ts', `import { bad } from './bad.ts';\nexport const worse = (): number => bad();\n`);
    if (file !== 'src/warehouse/bad.ts') rmSync(path.join(tree, 'src/warehouse/worse.ts'));
    plant(file, text);
    try {
      if (by !== 'cruise') expect(lint()).toContain(path.basename(file));
      if (by !== 'lint') expect(cruise()).toContain(file);
    } finally {
      rmSync(path.join(tree, file));
      rmSync(path.join(tree, 'src/warehouse/worse.ts'), { force: true });
    }
  });
});

describe('banned words', () => {
  const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split(
    '\n',
  );
  const grep = (pattern: string, paths: readonly string[]): string =>
    spawnSync('grep', ['-nEi', pattern, '--', ...paths], { cwd: root, encoding: 'utf8' }).stdout;

  it('no load that drops bad rows: ignore_errors and maxBadRecords', () => {
    const sources = tracked.filter(
      (file) => /^(src|activities|connectors)\/.*\.ts$/.test(file) && !file.endsWith('.test.ts'),
    );
    expect(sources.length).toBeGreaterThan(10);
    expect(grep('^[^*/]*(ignore_errors *[=:] *true|maxBadRecords)', sources)).toBe('');
  });

  it('no vendor word in a mart', () => {
    const marts = tracked.filter((file) => /^sql\/definitions\/(marts|checks)\/.*\.sqlx$/.test(file));
    expect(marts.length).toBeGreaterThan(7);
    expect(grep('mailchimp|hubspot|sendgrid|marketo|intercom|aweber', marts)).toBe('');
  });

  it('no model asks for the current time', () => {
    const models = tracked.filter((file) => /^sql\/definitions\/.*\.sqlx$/.test(file));
    expect(models.length).toBeGreaterThan(20);
    expect(grep('current_(timestamp|date|time)|now\\(\\)', models)).toBe('');
  });
});
