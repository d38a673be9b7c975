import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { compileGraph, graphsFolder } from './compile.ts';

it.each([
  [undefined, join(homedir(), '.cache', 'mailmart', 'graphs')],
  // As Docker Compose hands on what is not set; not a folder beside mailmart.yaml.
  ['', join(homedir(), '.cache', 'mailmart', 'graphs')],
  ['/var/cache', '/var/cache/graphs'],
])('with MAILMART_CACHE %j compiled graphs are kept in %s', (chosen, folder) => {
  expect(graphsFolder({ MAILMART_CACHE: chosen })).toBe(folder);
});

it('a project without its packages is said to be so, with the command that brings them', async () => {
  const projectDir = mkdtempSync(join(tmpdir(), 'mailmart-compile-'));
  onTestFinished(() => rmSync(projectDir, { recursive: true }));
  for (const folder of ['includes', 'definitions']) mkdirSync(join(projectDir, folder));
  for (const file of ['workflow_settings.yaml', 'package.json']) writeFileSync(join(projectDir, file), '');
  const graph = compileGraph({ engine: 'duckdb', timeZone: 'UTC', currency: 'EUR', projectDir, cacheDir: projectDir });
  await expect(graph).rejects.toMatchObject({
    kind: 'compile',
    message: expect.stringContaining('has no packages') as string,
    fix: expect.stringContaining('npm ci --prefix') as string,
  });
});
