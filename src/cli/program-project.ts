import { Option } from 'commander';
import type { Command } from 'commander';
import type { CheckFlags } from './commands/check.ts';
import type { DemoFlags } from './commands/demo.ts';
import type { InitFlags } from './commands/init-answers.ts';
import type { GlobalOptions } from './output.ts';
import { runCommand } from './run-command.ts';
import { withExamples } from './with-examples.ts';

/** Commands that set a project up and look at it. */
export function addProjectCommands(program: Command): void {
  withExamples(
    program
      .command('init')
      .summary('Set up a project: writes mailmart.yaml, or adds a source to it')
      .description(
        'Writes a commented mailmart.yaml, or adds a source to the one that is there and changes nothing else. Asks on a terminal; every answer is also a flag. A key is asked for without showing it, or read from standard input or from a file: never given as a flag, where the shell history and the process list would keep it.',
      )
      .option('--name <text>', 'Name of the company')
      .option('--time-zone <zone>', 'Reporting time zone, such as Europe/Berlin')
      .option('--currency <code>', 'Reporting currency, such as EUR')
      .option('--type <connector>', 'Type of the source to add, or none')
      .option('--id <id>', 'Your name of the account, lower-case')
      .option('--key-env <NAME>', 'Environment variable that holds the key')
      .option('--key-file <path>', 'File that holds the key; it is named in the configuration, not copied')
      .option('--key-stdin', 'Read the key from standard input and keep it in .mailmart/secrets (mode 600)')
      .option('--base-url <url>', 'Address of the API, where it is not the usual one')
      .option('--start-date <date>', 'Oldest day to read, such as 2025-01-01')
      .option('--path <glob>', 'Files to read (type file)')
      .option('--entity <name>', 'What a row of the files is, such as orders (type file)')
      .option('--map <field=column...>', 'Which column a field comes from (type file); names that are equal need none')
      .option('--no-input', 'Ask nothing; fail and name the flag that is missing')
      .option('--print', 'Print a complete commented example and write nothing')
      .action((flags: GlobalOptions & InitFlags) =>
        runCommand('init', flags, async (context) => (await import('./commands/init.ts')).init(context, flags)),
      ),
    [
      ['mailmart init', 'Ask for everything'],
      [
        'mailmart init --type mailchimp --id shop --key-env MAILCHIMP_API_KEY',
        'Add a source; the key stays in the environment',
      ],
      [
        'mailmart init --name Acme --time-zone Europe/Berlin --currency EUR --type none --no-input',
        'Without a terminal',
      ],
      ['pass show mailchimp | mailmart init --type mailchimp --id shop --key-stdin', 'Key from a password manager'],
    ],
  );
  withExamples(
    program
      .command('check')
      .summary('Test configuration, keys, permissions, warehouse and Temporal')
      .description(
        'Looks at everything that a run needs and says for each: OK, Warning, Failed or Skipped, with the one thing that fixes it. At most three requests and five seconds a source; writes nothing. Works without a project too.',
      )
      .argument('[source]', 'Only this source')
      .option(
        '--deep',
        'Try the warehouse too: on BigQuery loads, partitions, transactions, limits and permissions in a scratch dataset that is removed again (minutes, a few queries of the smallest size); on DuckDB compare the tables with the ledger',
      )
      .action((source: string | undefined, flags: GlobalOptions & CheckFlags) =>
        runCommand('check', flags, async (context) =>
          (await import('./commands/check.ts')).check(context, source, flags),
        ),
      ),
    [
      ['mailmart check', 'Everything'],
      ['mailmart check shop --json', 'One source, for a program'],
      ['mailmart check --deep', 'With the warehouse: before the first run on BigQuery'],
    ],
  );
  withExamples(
    program
      .command('discover')
      .summary('Show the streams of a source: keys, cursors, what can be incremental')
      .description(
        'Lists the streams of each configured source, or of a connector by name, from the connector itself: no request is made.',
      )
      .argument('[source]', 'Id of a source in mailmart.yaml, or the name of a connector')
      .action((source: string | undefined, flags: GlobalOptions) =>
        runCommand('discover', flags, async (context) =>
          (await import('./commands/discover.ts')).discover(context, source),
        ),
      ),
    [
      ['mailmart discover', 'All sources of the project'],
      ['mailmart discover mailchimp', 'A connector, without a project'],
    ],
  );
  withExamples(
    program
      .command('demo')
      .summary('Set up a demo company and run everything')
      .description(
        'Makes a project folder with a seeded synthetic company, starts a simulator of the Mailchimp API on this machine, and runs the whole pipeline against it: no account, no key, no network. The clock of the demo stands still at 2026-06-30, so that every number is reproducible from the seed.',
      )
      .addOption(new Option('--seed <number>', 'Another seed makes another company').default('1'))
      .option('--dir <folder>', 'Where to make the project', 'demo-project')
      .addOption(
        new Option('--size <size>', 'How much history: demo (20,000 people), small or tiny')
          .choices(['demo', 'small', 'tiny'])
          .default('demo'),
      )
      .option('--no-open', 'Do not open the report')
      .option('--fresh', 'Start over: remove what an earlier demo left in the folder')
      .action((flags: GlobalOptions & DemoFlags) =>
        runCommand('demo', flags, async (context) => (await import('./commands/demo.ts')).demo(context, flags)),
      ),
    [
      ['mailmart demo', 'Takes a few minutes the first time'],
      ['mailmart demo --seed 7 --dir /tmp/other', 'Another company in another folder'],
    ],
  );
}
