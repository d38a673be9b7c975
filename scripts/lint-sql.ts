/**
 * Lints the models: the compiled GoogleSQL with sqlfluff's BigQuery grammar (so that a text BigQuery could not read fails
 * here), and the layout of the sources. Fails when it finds nothing to lint: a linter that succeeds on zero files is none.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

const graph = await compileGraph({ engine: 'bigquery', timeZone: 'Europe/Berlin', currency: 'EUR' });
const folder = mkdtempSync(path.join(tmpdir(), 'mailmart-lint-sql-'));
try {
  // Assertions that Dataform writes itself (unique keys, non-null) are not ours to style.
  const models = graph.actions.filter(
    ({ kind, checks }) => kind !== 'step' && !(kind === 'assertion' && checks !== null),
  );
  let written = 0;
  for (const { name, full, incremental } of models) {
    for (const [variant, query] of [
      ['full', full.query],
      ['incremental', incremental?.query],
    ] as const) {
      if (query === undefined || query.trim() === '') continue;
      writeFileSync(path.join(folder, `${name}.${variant}.sql`), `${query.trim()}\n`);
      written += 1;
    }
  }
  const layout = layoutFindings();
  for (const finding of layout) console.log(finding);
  const args = ['lint', '--processes', '2', '--disable-progress-bar', '--config', path.resolve('.sqlfluff'), folder];
  const { status, stdout, stderr, error } = spawnSync('sqlfluff', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) console.log(`sqlfluff could not be started (${error.message}): run scripts/setup.sh test`);
  if (status !== 0) console.log(stdout.replaceAll(`${folder}/`, ''), stderr);
  console.log(`${written} compiled texts linted`);
  if (written < fewestModels || layout.length > 0 || status !== 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
