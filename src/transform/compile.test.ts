import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { compileGraph, graphsFolder } from './compile.ts';
import { sqlFolder } from './sql-folder.ts';

it.each([
  [undefined, join(homedir(), '.cache', 'mailmart', 'graphs')],
  // As Docker Compose hands on what is not set; not a folder beside mailmart.yaml.
  ['', join(homedir(), '.cache', 'mailmart', 'graphs')],
  ['/var/cache', '/var/cache/graphs'],
])('with MAILMART_CACHE %j compiled graphs are kept in %s', (chosen, folder) => {
  expect(graphsFolder({ MAILMART_CACHE: chosen })).toBe(folder);
});

const project = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-compile-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const each of ['includes', 'definitions']) mkdirSync(join(folder, each));
  const settings = 'defaultProject: p\ndefaultLocation: EU\ndefaultDataset: d\n';
  for (const [name, text] of Object.entries({ 'workflow_settings.yaml': settings, 'package.json': '{}', ...files }))
    writeFileSync(join(folder, name), text);
  return folder;
};

const compiled = (projectDir: string) =>
  compileGraph({ engine: 'duckdb', timeZone: 'UTC', currency: 'EUR', projectDir, cacheDir: projectDir });

it('a project without its packages is said to be so, with the command that brings them', async () => {
  await expect(compiled(project({}))).rejects.toMatchObject({
    kind: 'compile',
    message: expect.stringContaining('has no packages') as string,
    fix: expect.stringContaining('npm ci --prefix') as string,
  });
});

it.each([
  ['const fs = require("fs");', "Cannot find module 'fs'"],
  ['const fs = require("node:child_process");', "Cannot find module 'node:child_process'"],
  ['const typo = require("includes/nosuch");', 'includes/nosuch'],
  ['const a = nosuch;', 'nosuch is not defined'],
])('a model with %s is named with the reason', async (line, reason) => {
  const folder = project({ 'definitions/orders.sqlx': `config { type: "view" }\njs { ${line} }\nselect 1` });
  symlinkSync(join(sqlFolder(), 'node_modules'), join(folder, 'node_modules'));
  await expect(compiled(folder)).rejects.toMatchObject({
    kind: 'compile',
    message: expect.stringMatching(new RegExp(`orders\\.sqlx[^]*${reason}`)) as string,
  });
});

it('a model requires what lies beside it and below the project, and the name of a path', async () => {
  const folder = project({
    'includes/words.js': 'module.exports = { two: 2 };',
    'definitions/orders.sqlx':
      'config { type: "view" }\njs { const path = require("path"); const a = require("includes/words"); }\n' +
      'select ${a.two + words.two} as ${path.basename("x/four")}',
  });
  symlinkSync(join(sqlFolder(), 'node_modules'), join(folder, 'node_modules'));
  const { actions } = await compiled(folder);
  expect(actions.find(({ name }) => name === 'd.orders')?.full.query.trim()).toBe('select 4 as four');
});
