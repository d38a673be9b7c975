import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { checkConfig, type MailmartConfig } from '../../config/check-config.ts';
import { configSchemaFile } from '../../config/json-schema.ts';
import { configFileName, findConfig } from '../../config/load.ts';
import { ConfigError } from '../../config/problems.ts';
import { sourceRegistry } from '../../config/registry.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { addSource } from '../init/add-source.ts';
import { exampleConfig, newConfig } from '../init/config-text.ts';
import { ensureIgnored, writeNew, writeSecret } from '../init/project-files.ts';
import { replaceFile } from '../init/replace-file.ts';
import { sourceText } from '../init/source-text.ts';
import type { SourceAnswers } from '../init/source-text.ts';
import { fileSourceAnswers } from '../init/file-source.ts';
import { CliError } from '../cli-error.ts';
import { answerChecks, createAsker, sourceTypes } from './init-answers.ts';
import type { Asker, InitFlags } from './init-answers.ts';

/** `mailmart init`: a new mailmart.yaml, or one more source in the one that is there. */
export async function init(context: Context, flags: InitFlags): Promise<ExitName> {
  const { output } = context;
  if (flags.print === true) {
    if (!output.json) process.stdout.write(exampleConfig());
    output.document('init', { file: null, action: 'printed', source: null, text: exampleConfig() });
    return 'done';
  }
  const asker = createAsker(flags);
  const dir = resolve(context.options.project ?? '.');
  const file = existsSync(join(dir, configFileName)) ? findConfig(dir) : join(dir, configFileName);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  // What is there must be readable before anything is added to it.
  const existing = before === undefined ? undefined : checkConfig(shown(file), Buffer.from(before), sourceRegistry);
  if (existing !== undefined) refuseOtherCompany(existing.config.company, flags, shown(file));
  const company =
    existing === undefined
      ? {
          name: await asker.text({ flag: '--name', given: flags.name, message: 'Name of the company' }),
          timeZone: await asker.text({
            flag: '--time-zone',
            given: flags.timeZone,
            message: 'Reporting time zone',
            initial: Intl.DateTimeFormat().resolvedOptions().timeZone,
            check: answerChecks.timeZone,
          }),
          currency: await asker.text({
            flag: '--currency',
            given: flags.currency,
            message: 'Reporting currency',
            initial: 'EUR',
            check: answerChecks.currency,
          }),
        }
      : undefined;
  const source = await askSource(asker, flags, dir);
  const base = before ?? newConfig(company ?? { name: '', timeZone: 'UTC', currency: 'EUR' });
  const known = before !== undefined && source !== undefined && isThere(before, source, shown(file));
  const after = source === undefined || known ? base : addSource(base, sourceText(source));
  try {
    checkConfig(shown(file), Buffer.from(after), sourceRegistry);
  } catch (error) {
    if (error instanceof ConfigError) throw refused(error);
    throw error;
  }
  const newKey = source?.key?.kind === 'typed' && writeSecret(dir, source.id, source.key.key);
  const changed = after !== before;
  if (changed) {
    if (before === undefined) writeNew(file, after);
    else replaceFile(file, before, after);
  }
  if (before === undefined) {
    mkdirSync(join(dir, '.mailmart'), { recursive: true, mode: 0o700 });
    replaceFile(join(dir, '.mailmart', 'config.schema.json'), undefined, configSchemaFile(sourceRegistry));
    ensureIgnored(dir);
  }
  const action =
    before === undefined ? 'created' : changed ? 'source_added' : newKey ? ('key_replaced' as const) : 'unchanged';
  output.document('init', { file, action, source: source === undefined ? null : { id: source.id, type: source.type } });
  if (!output.json) {
    output.say(
      {
        created: `Written ${shown(file)}.`,
        source_added: `Source added to ${shown(file)}.`,
        key_replaced: `Key of ${source?.id ?? ''} replaced.`,
        unchanged: `Nothing to change in ${shown(file)}.`,
      }[action],
    );
    if (changed && source?.unused !== undefined && source.unused.length > 0)
      output.say(
        `Columns that nothing is read from: ${source.unused.join(', ')}. Name one with --map <field>=<column>.`,
      );
    if (source?.key?.kind === 'env' && (context.env[source.key.name] ?? '') === '') {
      output.say(
        `Set the key first, without leaving it in the history: read -rs ${source.key.name} && export ${source.key.name}`,
      );
    }
    output.say(
      source === undefined && existing?.config.sources.length !== 0
        ? 'Next: mailmart init adds a source.'
        : 'Next: mailmart check',
    );
  }
  return 'done';
}

async function askSource(asker: Asker, flags: InitFlags, dir: string): Promise<SourceAnswers | undefined> {
  const type = await asker.choice({
    flag: '--type',
    given: flags.type,
    message: 'Which source?',
    choices: [...sourceTypes(), 'none'],
  });
  if (type === 'none') return undefined;
  const id = await asker.text({
    flag: '--id',
    given: flags.id,
    message: 'Your name of this account (lower-case; it is part of every table)',
    initial: type,
    check: answerChecks.id,
  });
  const startDate = flags.startDate === undefined ? {} : { startDate: await startDateOf(asker, flags.startDate) };
  if (type === 'file') return { id, type, ...startDate, ...(await fileSourceAnswers(asker, flags, dir)) };
  const connector = sourceRegistry[type];
  const secret = connector?.secrets[0];
  const key =
    secret === undefined
      ? {}
      : {
          secret,
          key: await asker.key(
            flags,
            connector?.title ?? type,
            `${type.toUpperCase()}_${(secret.split('.').at(-1) ?? 'KEY').toUpperCase()}`,
          ),
        };
  return { id, type, ...startDate, ...key, ...(flags.baseUrl !== undefined && { baseUrl: flags.baseUrl }) };
}

function startDateOf(asker: Asker, given: string): Promise<string> {
  return asker.text({ flag: '--start-date', given, message: 'Oldest day to read', check: answerChecks.date });
}

/**
 * Whether the configuration has the source already. The same again changes nothing; another one under its id is refused,
 * or what was asked for would silently not be so. What was not asked for may have been changed by hand.
 */
function isThere(config: string, source: SourceAnswers, file: string): boolean {
  type Entry = Readonly<Record<string, unknown>>;
  const { sources } = parse(config) as { readonly sources?: readonly Entry[] | null };
  const there = sources?.find(({ id }) => id === source.id);
  if (there === undefined) return false;
  const { streams: _notAsked, ...wanted } = parse(sourceText(source).join('\n')) as Entry;
  const other = Object.keys(wanted).filter((key) => !isDeepStrictEqual(wanted[key], there[key]));
  if (other.length === 0) return true;
  throw new CliError({
    code: 'CONFIG_SOURCE_ID',
    exit: 'config',
    what: `The source ${source.id} is there already, with other ${other.join(', ')}.`,
    where: file,
    why: 'Nothing was written.',
    fix: `Change it in ${file}, or choose another --id, such as ${source.id}-2`,
  });
}

/** A company that is there is not renamed in passing: its zone and currency are in every number. */
function refuseOtherCompany(company: MailmartConfig['company'], flags: InitFlags, file: string): void {
  const asked = { name: flags.name, time_zone: flags.timeZone, currency: flags.currency };
  const other = Object.entries(asked).filter(
    ([key, value]) => value !== undefined && value !== company[key as keyof typeof asked],
  );
  if (other.length === 0) return;
  throw new CliError({
    code: 'CONFIG_VALUE',
    exit: 'config',
    what: `The company is there already, with other ${other.map(([key]) => key).join(', ')}.`,
    where: file,
    why: 'Nothing was written.',
    fix: `Change company in ${file}; another zone or currency builds every table again.`,
  });
}

/** A flag's value that the configuration would refuse is a mistake on the command line. */
function refused(error: ConfigError): CliError {
  const [problem] = error.problems;
  return new CliError({
    code: problem?.code ?? 'CONFIG_VALUE',
    exit: 'usage',
    what: problem?.what ?? 'The answers do not make a valid configuration.',
    why: 'Nothing was written.',
    ...(problem?.fix !== undefined && {
      fix: problem.suggestion === undefined ? problem.fix : `Did you mean ${problem.suggestion}?`,
    }),
  });
}

function shown(file: string): string {
  const near = relative(process.cwd(), file);
  return near === '' || near.startsWith('..') ? file : near || basename(file);
}
