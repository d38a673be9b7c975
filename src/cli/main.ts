import { Command, CommanderError, Option } from 'commander';
import { CliError } from './cli-error.ts';
import { addDataCommands } from './program-data.ts';
import { addProjectCommands } from './program-project.ts';
import { addReferenceCommands } from './program-reference.ts';
import { runCommand } from './run-command.ts';
import { packageVersion } from './version.ts';

/** The whole command line, without running it. `tell` takes help and version: `runCommand` knows what an output can do. */
function createProgram(tell: (text: string) => void): Command {
  const said = { writeOut: tell, writeErr: () => undefined, outputError: () => undefined };
  const program = new Command('mailmart')
    .description('An email-marketing warehouse: e-mail services and files in, tested tables and a report out.')
    .version(packageVersion(), '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput(said);
  addProjectCommands(program);
  addDataCommands(program);
  addReferenceCommands(program);
  program.addHelpText(
    'after',
    [
      '',
      'Start here:',
      '  mailmart demo                     A whole company in a few minutes, no account needed',
      '  mailmart init                     Set up a project: writes mailmart.yaml',
      '  mailmart check                    Test keys, permissions, warehouse and Temporal',
      '  mailmart run                      Sync, transform, test, publish, report',
      '',
      'Keys never go on the command line: see mailmart init --help.',
      'Exit codes: mailmart help exit-codes. Error codes: mailmart explain CODE.',
    ].join('\n'),
  );
  for (const command of program.commands) prepare(command).configureOutput(said);
  return program;
}

function prepare(command: Command): Command {
  return command
    .helpOption('-h, --help', 'Show this help')
    .addOption(new Option('--project <folder>', 'Folder of mailmart.yaml (default: here, or the nearest folder above)'))
    .addOption(new Option('--json', 'Print one JSON document on standard output, errors too'))
    .addOption(new Option('--debug', 'Show stack traces'))
    .exitOverride();
}

/** Parses and runs. Every mistake on the command line ends with exit code 2 and the nearest right word. */
async function main(argv: readonly string[]): Promise<void> {
  const args = withStatement(argv.slice(2));
  const json = args.includes('--json');
  const name = args.find((arg) => !arg.startsWith('-')) ?? 'mailmart';
  let told = '';
  const program = createProgram((text) => (told += text));
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync([...argv.slice(0, 2), ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) await runCommand(name, { json }, () => Promise.reject(usageError(error, args)));
  }
  await runCommand(name, {}, ({ output }) => {
    output.data(told.trimEnd());
    return Promise.resolve('done');
  });
}

/** SQL may begin with a comment, which is no option: none has a blank or a line break before its value. */
function withStatement(args: readonly string[]): readonly string[] {
  if (args[0] !== 'query') return args;
  return args.map((arg) => (/^--[^=]*?\s/.test(arg) ? `\n${arg}` : arg));
}

function usageError(error: CommanderError, args: readonly string[]): CliError {
  const text = error.message.replace(/^error: /, '');
  const [what = text, hint] = text.split('\n');
  const suggestion = /Did you mean (.+?)\?/.exec(hint ?? '')?.[1];
  const command = args.find((arg) => !arg.startsWith('-'));
  const known =
    command !== undefined && createProgram(() => undefined).commands.some((candidate) => candidate.name() === command);
  const help = `mailmart ${known ? `${command} ` : ''}--help`;
  return new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: `${what.charAt(0).toUpperCase()}${what.slice(1)}${/[.!?]$/.test(what) ? '' : '.'}`,
    fix: suggestion === undefined ? `See ${help}` : `Did you mean ${suggestion}? See ${help}`,
  });
}

await main(process.argv);
