import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { TransformError } from './errors.ts';
import type { Engine, Graph } from './graph.ts';
import { parseGraph, type CompiledGraph } from './parse.ts';
import { sqlFolder } from './sql-folder.ts';
import { steps } from './steps/index.ts';

export type CompileOptions = {
  readonly engine: Engine;
  /** Reporting time zone (IANA). */
  readonly timeZone: string;
  /** Reporting currency (ISO 4217). */
  readonly currency: string;
  /** The Dataform project; default: `sql/` of this package. */
  readonly projectDir?: string;
  /** Where compiled graphs are kept; default `$MAILMART_CACHE/graphs`. */
  readonly cacheDir?: string;
};

const run = promisify(execFile);
const withoutSandbox = new URL(`./dataform-vm${extname(fileURLToPath(import.meta.url))}`, import.meta.url).href;
const inProcess = new Map<string, Promise<CompiledGraph>>();

/**
 * Compiles the Dataform project for one engine, reporting zone and currency. The compiler is a child process of one to
 * two seconds; its answer is kept by the hash of everything that goes into it, so a run with unchanged SQL does not start it.
 */
export async function compileGraph(options: CompileOptions): Promise<Graph> {
  const { engine, timeZone, currency } = options;
  const projectDir = options.projectDir ?? sqlFolder();
  const compiler = createRequire(import.meta.url).resolve('@dataform/cli/bundle.js');
  const vars = `engine=${engine},time_zone=${timeZone},currency=${currency}`;
  const key = await hashOf(projectDir, [vars, await readFile(join(dirname(compiler), 'package.json'), 'utf8')]);
  let compiled = inProcess.get(key);
  if (compiled === undefined) {
    const file = join(options.cacheDir ?? graphsFolder(process.env), `${key}.json`);
    compiled = readOrCompile(file, compiler, projectDir, vars);
    inProcess.set(key, compiled);
    compiled.catch(() => inProcess.delete(key));
  }
  return parseGraph(await compiled, { engine, timeZone, currency }, steps);
}

async function readOrCompile(file: string, compiler: string, projectDir: string, vars: string): Promise<CompiledGraph> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as CompiledGraph;
  } catch {
    // Not there, or not whole: compiled again below.
  }
  const text = await compile(compiler, projectDir, vars);
  const compiled = JSON.parse(text) as CompiledGraph;
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, file);
  return compiled;
}

async function compile(compiler: string, projectDir: string, vars: string): Promise<string> {
  if (!existsSync(join(projectDir, 'node_modules', '@dataform', 'core'))) {
    throw new TransformError(`The SQL project ${projectDir} has no packages.`, {
      kind: 'compile',
      fix: `Run: npm ci --prefix ${relative('.', projectDir) || '.'}`,
    });
  }
  try {
    // Its own limit of a minute is too short where many processes share a core.
    const args = ['compile', projectDir, '--json', `--vars=${vars}`, '--timeout=10m'];
    const { stdout } = await run(process.execPath, ['--import', withoutSandbox, compiler, ...args], {
      maxBuffer: 256 * 1024 * 1024,
      env: { PATH: process.env['PATH'], HOME: homedir(), NO_COLOR: '1' },
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    // With errors in models the compiler answers 1 and still prints the graph, which names file and reason.
    if (stdout.trimStart().startsWith('{')) return stdout;
    const said = stripVTControlCharacters(stderr).trim() || String(error);
    throw new TransformError(
      `The SQL project does not compile: ${said.split('\n').slice(0, 6).join('\n')}`,
      {
        kind: 'compile',
        fix: 'Correct the file named above, in sql/.',
      },
      { cause: error },
    );
  }
}

/** An empty variable is one that is not set, as everywhere. */
export function graphsFolder({ MAILMART_CACHE: chosen }: Readonly<Record<string, string | undefined>>): string {
  return join(chosen || join(homedir(), '.cache', 'mailmart'), 'graphs');
}

async function hashOf(projectDir: string, more: readonly string[]): Promise<string> {
  const files: string[] = ['workflow_settings.yaml', 'package.json'];
  for (const folder of ['includes', 'definitions']) {
    const found = await readdir(join(projectDir, folder), { recursive: true, withFileTypes: true });
    for (const entry of found) if (entry.isFile()) files.push(relative(projectDir, join(entry.parentPath, entry.name)));
  }
  const hash = createHash('sha256');
  for (const file of files.toSorted())
    hash
      .update(`${file}\0`)
      .update(await readFile(join(projectDir, file)))
      .update('\0');
  for (const text of more) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 40);
}
