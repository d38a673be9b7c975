/**
 * Lints the models: the compiled GoogleSQL with sqlfluff's BigQuery grammar (so that a text BigQuery could not read fails
 * here), and the layout of the sources. Fails when it finds nothing to lint: a linter that succeeds on zero files is none.
 * A text that was found good is not read again by the same linter under the same rules: all take it half a minute.
 */
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../src/temporal/server.ts';
import { compileGraph } from '../src/transform/index.ts';

const fewestModels = 40;
const widest = 120;

/** Lines of the sources that break the layout: `file:line what`. */
function layoutFindings(): readonly string[] {
  const sources = globSync('sql/definitions/**/*.sqlx');
  if (sources.length < fewestModels) return [`only ${sources.length} models were found under sql/definitions`];
  return sources.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const wrong = [
          ...(line.includes('\t') ? ['a tab: indent with 4 spaces'] : []),
          ...(/\s$/.test(line) ? ['a blank at the end'] : []),
          ...(line.length > widest && !/description|^\s*["'`]/.test(line) ? [`longer than ${widest} characters`] : []),
        ];
        return wrong.map((what) => `${file}:${index + 1} ${what}`);
      }),
  );
}

/** Hashes of the texts that were good, with what judged them. */
const remembered = path.join(cacheFolder(process.env), 'linted-sql.json');
const rules = readFileSync('.sqlfluff', 'utf8') + readFileSync('tools/sqlfluff-requirements.txt', 'utf8');
const hashOf = (text: string): string => hash('sha256', `${rules}\0${text}`);

function good(): ReadonlySet<string> {
  try {
    return new Set(JSON.parse(readFileSync(remembered, 'utf8')) as string[]);
  } catch {
    return new Set();
  }
}

/** Whether sqlfluff finds nothing; else what it found is printed. */
function lint(texts: ReadonlyMap<string, string>): boolean {
  if (texts.size === 0) return true;
  const folder = mkdtempSync(path.join(tmpdir(), 'mailmart-lint-sql-'));
  try {
    for (const [name, text] of texts) writeFileSync(path.join(folder, `${name}.sql`), text);
    const args = ['lint', '--processes', '2', '--disable-progress-bar', '--config', path.resolve('.sqlfluff'), folder];
    const { status, stdout, stderr, error } = spawnSync('sqlfluff', args, {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    if (error !== undefined) console.log(`sqlfluff could not be started (${error.message}): run scripts/setup.sh test`);
    if (status !== 0) console.log(stdout.replaceAll(`${folder}/`, ''), stderr);
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const graph = await compileGraph({ engine: 'bigquery', timeZone: 'Europe/Berlin', currency: 'EUR' });
// Assertions that Dataform writes itself (unique keys, non-null) are not ours to style.
const models = graph.actions.filter(
  ({ kind, checks }) => kind !== 'step' && !(kind === 'assertion' && checks !== null),
);
const texts = new Map<string, string>();
for (const { name, full, incremental } of models) {
  for (const [variant, query = ''] of [
    ['full', full.query],
    ['incremental', incremental?.query],
  ] as const) {
    if (query.trim() !== '') texts.set(`${name}.${variant}`, `${query.trim()}\n`);
  }
}
const layout = layoutFindings();
for (const finding of layout) console.log(finding);
const before = good();
const isGood = lint(new Map([...texts].filter(([, text]) => !before.has(hashOf(text)))));
if (isGood) writeFileSync(remembered, JSON.stringify([...texts.values()].map(hashOf)));
console.log(`${texts.size} compiled texts linted`);
if (texts.size < fewestModels || layout.length > 0 || !isGood) process.exitCode = 1;
