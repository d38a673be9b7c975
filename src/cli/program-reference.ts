import { Option, type Command } from 'commander';
import { reportLanguages } from '../contracts/report-language.ts';
import type { MetricsFlags } from './commands/metrics.ts';
import type { GlobalOptions } from './output.ts';
import { runCommand } from './run-command.ts';
import { withExamples } from './with-examples.ts';

/** Commands that tell about mailmart itself; none needs a project or a network. */
export function addReferenceCommands(program: Command): void {
  withExamples(
    program
      .command('explain')
      .summary('Explain an error code')
      .description('What an error code means, what usually causes it and what to do. Works offline.')
      .argument('[code]', 'The code from the message; absent: list all')
      .action((code: string | undefined, flags: GlobalOptions) =>
        runCommand('explain', flags, async (context) => (await import('./commands/explain.ts')).explain(context, code)),
      ),
    [
      ['mailmart explain SOURCE_AUTH', 'One code'],
      ['mailmart explain', 'All codes'],
    ],
  );
  withExamples(
    program
      .command('metrics')
      .summary('The metric dictionary: formula, threshold, what each service calls it')
      .description(
        'Lists every metric, or shows one: its formula, grain, threshold, alert, how the number of each e-mail service differs, and what to do about it. Works offline.',
      )
      .argument('[name]', 'Key of a metric; absent: list all')
      .option('--csv', 'CSV on standard output: one row a metric')
      .option('--markdown', 'Markdown on standard output: a chapter a metric')
      .addOption(new Option('--lang <language>', 'Its language (default: en)').choices(reportLanguages))
      .action((name: string | undefined, flags: GlobalOptions & MetricsFlags) =>
        runCommand('metrics', flags, async (context) =>
          (await import('./commands/metrics.ts')).metrics(context, name, flags),
        ),
      ),
    [
      ['mailmart metrics', 'All'],
      ['mailmart metrics click_to_open_rate', 'One'],
      ['mailmart metrics --csv > metrics.csv', 'The dictionary for a spreadsheet'],
      ['mailmart metrics --markdown --lang vi > chi-so.md', 'To hand out, in Vietnamese'],
    ],
  );
  withExamples(
    program
      .command('schema')
      .summary('Print the JSON Schema of mailmart.yaml, or of a command’s --json')
      .description('Editors that know YAML complete and check mailmart.yaml with it.')
      .argument('[command]', 'A command: the schema of its --json output')
      .action((command: string | undefined, flags: GlobalOptions) =>
        runCommand('schema', flags, async (context) => (await import('./commands/schema.ts')).schema(context, command)),
      ),
    [
      ['mailmart schema > mailmart.schema.json', 'Of mailmart.yaml'],
      ['mailmart schema status', 'Of mailmart status --json'],
    ],
  );
  withExamples(
    program
      .command('help')
      .summary('Help on a command or topic')
      .description('Help on a command, or on a topic: exit-codes.')
      .argument('[topic]', 'A command, or exit-codes')
      .action((topic: string | undefined, flags: GlobalOptions) =>
        runCommand('help', flags, async (context) =>
          (await import('./commands/help.ts')).help(context, program, topic),
        ),
      ),
    [
      ['mailmart help exit-codes', 'What the exit codes mean'],
      ['mailmart help run', 'Same as mailmart run --help'],
    ],
  );
}
