import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../src/cli/error-catalogue.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { outputSchemas } from '../../src/cli/json-schemas.ts';
import { formulaText, loadMetricCatalog } from '../../src/transform/metric-catalog.ts';
import { languages } from '../../src/report/messages/index.ts';
import { metricsDocument } from '../../src/transform/metric-page.ts';
import { runCli } from './run-cli.ts';

const commands =
  'init check discover demo run sync transform plan status query alerts metrics report migrate receive worker explain schema help'.split(
    ' ',
  );
const cwd = process.cwd();

describe('help', () => {
  it.each(commands)('%s --help tells what it does, with examples', async (command) => {
    const { code, stdout, stderr } = await runCli([command, '--help'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain(`Usage: mailmart ${command}`);
    expect(stdout).toMatch(new RegExp(`Examples:\\n {2}(?:.*\\| )?mailmart ${command}`));
    expect(stdout).toContain('--json');
  });

  it('lists exactly these commands', async () => {
    const { stdout } = await runCli(['--help'], { cwd });
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) .*\[options\]/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(commands.toSorted());
  });

  it('is shown when nothing is asked', async () => {
    const { code, stdout } = await runCli([], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('mailmart demo');
  });

  it('names the exit codes', async () => {
    const { stdout } = await runCli(['help', 'exit-codes'], { cwd });
    for (const { code, meaning } of Object.values(exitCodes)) expect(stdout).toContain(`${code}  ${meaning}`);
  });

  it('never proposes a key on the command line', async () => {
    const { stdout } = await runCli(['init', '--help'], { cwd });
    expect(stdout).not.toMatch(/--(?:api-)?key[ =]</);
  });
});

describe('metrics', () => {
  const catalog = loadMetricCatalog();

  it('as CSV has a row for each metric, in the words of the catalog', async () => {
    const { code, stdout } = await runCli(['metrics', '--csv'], { cwd: '/' });
    expect(code).toBe(0);
    const rows: readonly Readonly<Record<string, string>>[] = parse(stdout, { columns: true });
    expect(
      rows.map(({ key, name, question, caution, threshold }) => ({ key, name, question, caution, threshold })),
    ).toEqual(
      catalog.metrics.map(({ key, name, question, bias, threshold }) => ({
        key,
        name,
        question,
        caution: bias,
        threshold: threshold?.text ?? '',
      })),
    );
    const [row] = parse((await runCli(['metrics', 'click-to-open-rate', '--csv'], { cwd: '/' })).stdout, {
      columns: true,
    });
    expect(row).toEqual(rows.find(({ key }) => key === 'click_to_open_rate'));
    expect(row).toMatchObject({ formula: 'human_unique_click_count / human_unique_open_count', good_is: 'more' });
  });

  it('as Markdown is the dictionary of the documentation', async () => {
    const { stdout } = await runCli(['metrics', '--markdown'], { cwd: '/' });
    expect(stdout.trimEnd()).toBe(metricsDocument(catalog).trimEnd());
    const one = await runCli(['metrics', 'profit', '--markdown'], { cwd: '/' });
    expect(stdout).toContain(one.stdout.trimEnd());
  });

  it('is there in Vietnamese, in the words of the report: list, entry, CSV and Markdown', async () => {
    const inVietnamese = async (...args: readonly string[]): Promise<string> =>
      (await runCli(['metrics', ...args, '--lang', 'vi'], { cwd: '/' })).stdout;
    const { phrases } = languages.vi;
    expect(await inVietnamese()).toContain(`profit                         ${phrases['Profit'] ?? ''}`);
    const markdown = await inVietnamese('--markdown');
    expect(markdown).toContain((await inVietnamese('unsubscribe_rate')).trimEnd().split('\n').slice(2).join('\n'));
    const rows: readonly Readonly<Record<string, string>>[] = parse(await inVietnamese('--csv'), { columns: true });
    expect(rows.map(({ key, formula }) => ({ key, formula }))).toEqual(
      catalog.metrics.map(({ key, ...metric }) => ({ key, formula: formulaText(metric) })),
    );
    // In quotes stand the names that the services give their own numbers.
    const own = markdown.replaceAll(/“[^”]*”/g, '');
    const english = catalog.metrics.flatMap(({ name, question, grain, window, bias, esp }) => [
      name,
      question,
      grain,
      window,
      bias,
      ...Object.values(esp).map(({ difference }) => difference),
    ]);
    const left = english.filter((text) => text.length > 12 && own.includes(text));
    expect(left).toEqual([]);
    expect(markdown).not.toMatch(/^- (?:Formula|Column|Grain|Good is|Where it is off|Alert)/m);
    expect(markdown.match(/^- Công thức: /gm)).toHaveLength(catalog.metrics.length);
  });
});

describe('explain', () => {
  it('knows every code, without network or project', async () => {
    const { stdout } = await runCli(['explain', '--json'], { cwd: '/' });
    const listed = (JSON.parse(stdout) as { codes: { code: string }[] }).codes.map(({ code }) => code);
    expect(listed).toEqual(Object.keys(errorCatalogue));
    for (const page of Object.values(errorCatalogue)) {
      expect(page.causes.length).toBeGreaterThan(0);
      expect(page.steps.length).toBeGreaterThan(0);
      expect(page.meaning).toMatch(/\.$/);
    }
  });

  it('suggests the code that was meant', async () => {
    const { code, stderr } = await runCli(['explain', 'source-aut'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean SOURCE_AUTH?');
  });
});

describe('schema', () => {
  it.each(Object.keys(outputSchemas))('of %s', async (command) => {
    const { code, stdout } = await runCli(['schema', command], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('$schema');
  });

  it('covers every command that answers in JSON', () => {
    expect(commands.filter((command) => !(command in outputSchemas))).toEqual(['schema']);
  });
});
