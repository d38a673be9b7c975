import { packageVersion } from '../version.ts';
import { clockFromEnv } from '../../contracts/clock.ts';
import { checkEnvironment, checkProjectFiles, checkTemporal, checkWarehouse } from '../check-local.ts';
import { checkFolders } from '../check-folders.ts';
import { costFindings } from '../check-costs.ts';
import { checkSource } from '../check-source.ts';
import type { Finding } from '../check-finding.ts';
import { worstOf } from '../check-finding.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { ConfigError, fixText, placeOf } from '../../config/problems.ts';
import type { Project } from '../../config/load.ts';
import { styled, terminalText } from '../terminal-text.ts';
import { nearest } from '../../config/suggest.ts';
import type { SourceConfig } from '../../config/check-config.ts';

export type CheckFlags = { readonly deep?: boolean };

/** `mailmart check [source]`: looks, and writes nothing; with `--deep` it tries the warehouse in a place of its own. */
export async function check(context: Context, wanted: string | undefined, flags: CheckFlags = {}): Promise<ExitName> {
  const { output } = context;
  if (!output.json && output.isTerminal) output.say('Checking …');
  const findings: Finding[] = [...checkEnvironment(context.env)];
  const loaded = await load(context, findings);
  if (loaded === undefined) {
    findings.push(...(await checkTemporal(undefined, context.env)));
  } else {
    const sources = loaded.config.sources.filter((source) => wanted === undefined || source.id === wanted);
    if (wanted !== undefined) requireSource(loaded, wanted);
    const groups = await Promise.all([
      checkProjectFiles(loaded),
      checkWarehouse(loaded, flags.deep === true),
      flags.deep === true ? deeply(loaded, context) : [],
      checkTemporal(loaded, context.env),
      ...sources.map((source) => checkSource(loaded, source, context.signal)),
    ]);
    findings.push(...costFindings(loaded.config), ...checkFolders(loaded), ...groups.flat());
    if (loaded.config.sources.length === 0) {
      findings.push({
        group: 'sources',
        item: 'sources',
        status: 'warning',
        message: 'The project has no source yet.',
        fix: 'mailmart init',
      });
    }
  }
  const { exit, counts } = worstOf(findings);
  output.document('check', { mailmart: packageVersion(), counts, findings });
  print(context, findings);
  const total = `${counts.ok} OK, ${counts.warning} warning${counts.warning === 1 ? '' : 's'}, ${counts.failed} failed, ${counts.skipped} skipped`;
  if (!output.json) {
    const first = findings.find((finding) => finding.status === 'failed');
    output.say(first === undefined ? `${total}.` : `${total}. First to fix: ${first.fix ?? first.message}`);
  }
  return exit;
}

/** A broken or absent configuration is a finding, not the end: the rest is still worth knowing. */
async function load(context: Context, findings: Finding[]): Promise<Project | undefined> {
  try {
    const project = await context.project();
    const count = project.config.sources.length;
    findings.push({
      group: 'mailmart',
      item: 'config',
      status: 'ok',
      message: `${project.file} is valid: ${count} source${count === 1 ? '' : 's'}.`,
    });
    return project;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) {
      const absent = problem.code === 'CONFIG_NOT_FOUND' && context.options.project === undefined;
      findings.push({
        group: 'mailmart',
        item: 'config',
        status: absent ? 'skipped' : 'failed',
        message: absent ? 'There is no project here.' : `${placeOf(problem)}  ${problem.what}`,
        fix: absent ? 'mailmart init, or mailmart demo' : (fixText(problem) ?? ''),
        code: problem.code,
      });
    }
    return undefined;
  }
}

/** Google's clients take a while to load: only who looks deeply needs them. */
async function deeply(project: Project, { env }: Context): Promise<readonly Finding[]> {
  const { checkDeeply } = await import('../check-deep.ts');
  return await checkDeeply(project, clockFromEnv(env));
}

const words: Readonly<Record<Finding['status'], string>> = {
  ok: 'OK     ',
  warning: 'Warning',
  failed: 'Failed ',
  skipped: 'Skipped',
};
const colours = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;

function print(context: Context, findings: readonly Finding[]): void {
  const { output } = context;
  if (output.json) return;
  let group = '';
  for (const finding of mergedStreams(findings)) {
    if (finding.group !== group) {
      output.data(`${group === '' ? '' : '\n'}${finding.group}`);
      group = finding.group;
    }
    const word = styled(colours[finding.status], words[finding.status]);
    output.data(`  ${word}  ${finding.item}: ${finding.message}`);
    if (finding.fix !== undefined && finding.status !== 'ok') output.data(`           Fix: ${finding.fix}`);
  }
  output.data('');
}

/** Streams of one source that have the same to say share a line; `--json` has one entry each. */
function mergedStreams(findings: readonly Finding[]): readonly Finding[] {
  const merged: (Finding & { readonly names?: readonly string[] })[] = [];
  for (const finding of findings) {
    const name = finding.item.startsWith('stream:') ? finding.item.slice('stream:'.length) : undefined;
    const index = merged.findIndex(
      (other) =>
        name !== undefined &&
        other.names !== undefined &&
        other.group === finding.group &&
        other.status === finding.status &&
        other.message === finding.message,
    );
    const other = merged[index];
    if (name === undefined) merged.push(finding);
    else if (other === undefined) merged.push({ ...finding, names: [name] });
    else merged[index] = { ...other, names: [...(other.names ?? []), name] };
  }
  return merged.map(({ names, ...finding }) =>
    names === undefined || names.length === 1
      ? finding
      : { ...finding, item: `${names.length} streams`, message: `${finding.message} (${names.join(', ')})` },
  );
}

/** A source named on the command line: a misspelt id is a mistake there, not in the configuration. */
export function requireSource(project: Project, id: string): SourceConfig {
  const ids = project.config.sources.map((source) => source.id);
  if (ids.includes(id)) return project.source(id);
  const suggestion = nearest(id, ids);
  throw new CliError({
    code: 'CONFIG_SOURCE_ID',
    exit: 'usage',
    what: `There is no source ${JSON.stringify(terminalText(id, 60))} in the project.`,
    where: project.file,
    fix: suggestion === undefined ? `Use one of: ${ids.join(', ')}` : `Did you mean ${suggestion}?`,
  });
}

/** For commands that need a project with sources. */
export function requireSources(project: Project): void {
  if (project.config.sources.length > 0) return;
  throw new CliError({
    code: 'CONFIG_MISSING_KEY',
    exit: 'config',
    what: 'The project has no source yet.',
    where: project.file,
    fix: 'Add one: mailmart init',
  });
}
