import { bundleWorkflowCode, type Logger } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failureConverterPath } from './data-converter.ts';

const extension = extname(fileURLToPath(import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const workflowsPath = join(root, 'workflows', `index${extension}`);

const quiet: Logger = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * Path of the workflow bundle. Bundling takes seconds, so it is kept by a hash of everything that goes in: workflow
 * code, contracts, the failure converter and the SDK's version.
 */
export async function workflowBundle(cacheFolder: string): Promise<string> {
  const folder = join(cacheFolder, 'bundles');
  const path = join(folder, `${sourceHash()}.js`);
  if (existsSync(path)) return path;
  const { code } = await bundleWorkflowCode({ workflowsPath, failureConverterPath, logger: quiet });
  mkdirSync(folder, { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, code);
  renameSync(temporary, path);
  removeOld(folder, path);
  return path;
}

function sourceHash(): string {
  const sources = [
    ...filesOf(join(root, 'workflows')),
    ...filesOf(join(root, 'src', 'contracts')),
    failureConverterPath,
  ].filter((file) => extname(file) === extension && !file.endsWith(`.test${extension}`));
  const hash = createHash('sha256');
  hash.update(createRequire(import.meta.url).resolve('@temporalio/worker/package.json'));
  hash.update(readFileSync(createRequire(import.meta.url).resolve('@temporalio/worker/package.json')));
  hash.update(process.versions.node);
  for (const file of sources.sort())
    hash
      .update(`${file.slice(root.length)}\n`)
      .update(readFileSync(file))
      .update('\n');
  return hash.digest('hex').slice(0, 32);
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** A few are kept: several versions of mailmart may share the cache. */
const keep = 8;

function removeOld(folder: string, current: string): void {
  const others = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path !== current && path.endsWith('.js'))
    .map((path) => ({ path, at: statSync(path).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { path } of others.slice(keep)) rmSync(path, { force: true });
}
