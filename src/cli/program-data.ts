import { Argument, InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { reportLanguages } from '../contracts/report-language.ts';
import type { AlertsFlags } from './commands/alerts.ts';
import type { PlanFlags } from './commands/plan.ts';
import type { MigrateFlags } from './commands/migrate.ts';
import type { QueryFlags } from './commands/query.ts';
import type { ReceiveFlags } from './commands/receive.ts';
import type { ReportFlags } from './commands/report.ts';
import type { RunFlags } from './commands/run.ts';
import type { SyncFlags } from './commands/sync.ts';
import type { TransformFlags } from './commands/transform.ts';
import type { GlobalOptions } from './output.ts';
import { runCommand } from './run-command.ts';
import { withExamples } from './with-examples.ts';

/** An empty variable of a script names nothing, and is not taken for everything. */
function list(value: string, before: readonly string[] | undefined): readonly string[] {
  const parts = value.split(',').filter((part) => part !== '');
  if (parts.length === 0) throw new InvalidArgumentError('It names nothing; leave the option out for all.');
  return [...(before ?? []), ...parts];
}

/** Commands that move data and those that read it. */
export function addDataCommands(program: Command): void {
  withExamples(
    program
      .command('run')
      .summary('Sync, transform, test, publish and write the report')
      .description(
        'The whole pipeline: reads every source, builds and tests the tables, publishes them for readers and writes the report. Running it twice changes nothing. Ctrl-C stops it cleanly; the next run goes on from there.',
      )
      .option('--source <id>', 'Only these sources (repeat, or separate by commas)', list)
      .action((flags: GlobalOptions & RunFlags) =>
        runCommand(
          'run',
          flags,
          async (context) => (await import('./commands/run.ts')).run(context, flags),
          'Starting the run …',
        ),
      ),
    [
      ['mailmart run', 'Everything'],
      ['mailmart run --source shop --json', 'One source; the result for a program'],
    ],
  );
  withExamples(
    program
      .command('sync')
      .summary('Read sources into the raw tables')
      .description(
        'Reads one source or all of them into the raw tables and publishes the run status. Marts stay as they are until transform or run.',
      )
      .argument('[source]', 'Id of a source in mailmart.yaml')
      .option('--stream <name>', 'Only these streams, with those they depend on (repeat, or separate by commas)', list)
      .action((source: string | undefined, flags: GlobalOptions & SyncFlags) =>
        runCommand(
          'sync',
          flags,
          async (context) => (await import('./commands/sync.ts')).sync(context, source, flags),
          'Starting the sync …',
        ),
      ),
    [
      ['mailmart sync', 'All sources'],
      ['mailmart sync shop --stream campaigns --stream reports', 'Two streams of one source'],
    ],
  );
  withExamples(
    program
      .command('transform')
      .summary('Build and test the tables from what is synced')
      .description(
        'Builds staging, core and marts from the raw tables, tests them and publishes. Models whose SQL and inputs did not change are skipped.',
      )
      .option('--select <model>', 'Only these models, with those they depend on (repeat, or separate by commas)', list)
      .action((flags: GlobalOptions & TransformFlags) =>
        runCommand(
          'transform',
          flags,
          async (context) => (await import('./commands/transform.ts')).transform(context, flags),
          'Starting the transform …',
        ),
      ),
    [
      ['mailmart transform', 'Everything that changed'],
      ['mailmart transform --select campaign_performance', 'One mart and what it needs'],
    ],
  );
  withExamples(
    program
      .command('plan')
      .summary('Show what a run would do and cost, without doing it')
      .description(
        'For each stream what a sync would ask for; for each model whether a transform would run it, and why; on BigQuery what each would read, by dry runs, which are free, against the budget. Asks no source and writes nothing, so what a source has that is not read yet is not in it. Exit code 8 when a model would run or a stream would be read for the first time, else 0.',
      )
      .option('--source <id>', 'Only the streams of these sources (repeat, or separate by commas)', list)
      .option('--select <model>', 'Only these models, with those they depend on (repeat, or separate by commas)', list)
      .action((flags: GlobalOptions & PlanFlags) =>
        runCommand(
          'plan',
          flags,
          async (context) => (await import('./commands/plan.ts')).plan(context, flags),
          'Looking ahead …',
        ),
      ),
    [
      ['mailmart plan', 'Everything'],
      ['mailmart plan --select campaign_performance --json', 'One mart and what it needs, for a program'],
    ],
  );
  withExamples(
    program
      .command('status')
      .summary('Freshness, last run, verdicts, rows, lag')
      .description(
        'How fresh the published data is, how the last run ended, and for each stream its verdict and rows. Reads the published copy; works while a run goes on.',
      )
      .action((flags: GlobalOptions) =>
        runCommand('status', flags, async (context) => (await import('./commands/status.ts')).status(context)),
      ),
    [
      ['mailmart status', 'For people'],
      ['mailmart status --json', 'For a monitor'],
    ],
  );
  withExamples(
    program
      .command('query')
      .summary('Ask the published marts a question in SQL')
      .description(
        'Runs one SELECT on the published copy: schema marts (the numbers) and schema status (the runs). It cannot change anything or reach another file.',
      )
      .argument('<sql>', 'One statement; - reads it from standard input')
      .option(
        '--csv',
        'CSV on standard output; text that a spreadsheet would run as a formula gets a leading apostrophe',
      )
      .option('--raw', 'With --csv: leave such text as it is, for programs that read the file')
      .option('--limit <rows>', 'Most rows of the table for people', '100')
      .option('--timeout <seconds>', 'Longest time, at most 30', '30')
      .action((sql: string, flags: GlobalOptions & QueryFlags) =>
        runCommand('query', flags, async (context) => (await import('./commands/query.ts')).query(context, sql, flags)),
      ),
    [
      ['mailmart query "select name, open_rate from marts.campaign_performance"', 'Table'],
      ['mailmart query "from marts.campaign_profit" --csv > profit.csv', 'CSV for a spreadsheet'],
      ['mailmart query "show all tables" --json', 'JSON for a program'],
    ],
  );
  withExamples(
    program
      .command('alerts')
      .summary('Open alerts, or what the rules would have raised')
      .description(
        'Lists the alerts that are open in the published data, with what to do. With test: what the rules as they are in mailmart.yaml now would have raised on this data; nothing is sent.',
      )
      .addArgument(new Argument('[action]', 'test: try the rules on the past').choices(['test']))
      .option('--since <days>', 'With test: how far back, such as 30d (default: 90d)')
      .action((action: string | undefined, flags: GlobalOptions & AlertsFlags) =>
        runCommand('alerts', flags, async (context) =>
          (await import('./commands/alerts.ts')).alerts(context, action, flags),
        ),
      ),
    [
      ['mailmart alerts', 'What is open'],
      ['mailmart alerts test --since 90d', 'What would have been sent in 90 days'],
    ],
  );
  withExamples(
    program
      .command('report')
      .summary('Write the HTML report')
      .description('Writes one self-contained HTML file from the published marts: no server, no network.')
      .option('--out <file>', 'Where to write it (default: report.path of mailmart.yaml)')
      .option('--email', 'In short, for the body of an e-mail: below 100 kB, no script, pictures as images')
      .addOption(
        new Option('--lang <language>', 'Its language (default: report.language of mailmart.yaml)').choices(
          reportLanguages,
        ),
      )
      .option('--open <when>', 'Open it in the browser: yes or no', 'no')
      .action((flags: GlobalOptions & ReportFlags) =>
        runCommand(
          'report',
          flags,
          async (context) => (await import('./commands/report.ts')).report(context, flags),
          'Writing the report …',
        ),
      ),
    [
      ['mailmart report', 'Write it'],
      ['mailmart report --open yes', 'Write it and look at it'],
      ['mailmart report --lang vi --out report.vi.html', 'In Vietnamese, beside the English one'],
      ['mailmart report --email --out mail.html', 'In short, to be sent as an e-mail'],
    ],
  );
  withExamples(
    program
      .command('migrate')
      .summary('Copy the warehouse from DuckDB to BigQuery')
      .description(
        'Copies raw tables, checkpoints, ledger, fences, quarantine and run log into datasets of a Google Cloud project, then compares both sides. The next run goes on there: no source is read anew, models are built anew. The DuckDB file is left as it is. Stopped at any point, it goes on when it is run again.',
      )
      .addOption(new Option('--to <engine>', 'Where to').choices(['bigquery']).makeOptionMandatory())
      .requiredOption('--google-project <id>', 'Id of the Google Cloud project')
      .option('--dataset-prefix <prefix>', 'Put before the names of the datasets')
      .option('--location <location>', 'Where the datasets are, or are made', 'EU')
      .option('--key-file <path>', 'Key file of a service account (default: the credentials of this machine)')
      .option('--impersonate <account>', 'Service account to act as')
      .option('--emulator-host <url>', 'An emulator instead of Google, such as http://localhost:9050')
      .option('--landing <place>', 'Bucket that files go through, and landing afterwards: gs://bucket/folder')
      .option('--dry-run', 'Say what would be copied, and write nothing')
      .option('--write-config', 'When all is equal, put the new warehouse into mailmart.yaml')
      .action((flags: GlobalOptions & MigrateFlags) =>
        runCommand(
          'migrate',
          flags,
          async (context) => (await import('./commands/migrate.ts')).migrate(context, flags),
          'Reading the warehouse …',
        ),
      ),
    [
      ['mailmart migrate --to bigquery --google-project acme-mail --dry-run', 'What would be copied'],
      [
        'mailmart migrate --to bigquery --google-project acme-mail --landing gs://acme-data/mailmart --write-config',
        'Copy, compare, switch',
      ],
    ],
  );
  withExamples(
    program
      .command('receive')
      .summary('Receive what services post: events by webhook')
      .description(
        'Stays until you stop it: checks the signature of each post, stores it durably in .mailmart/inbox and only then says 200; the next sync loads it. Speaks plain HTTP: put a reverse proxy with TLS in front of it. GET /health answers 200 while posts can be stored.',
      )
      .option('--port <number>', 'Port to listen on (default: receive.port of mailmart.yaml, 8787)')
      .option('--host <address>', 'Address to listen on (default: receive.host of mailmart.yaml, 127.0.0.1)')
      .action((flags: GlobalOptions & ReceiveFlags) =>
        runCommand(
          'receive',
          flags,
          async (context) => (await import('./commands/receive.ts')).receive(context, flags),
          'Starting the receiver …',
        ),
      ),
    [
      ['mailmart receive', 'Until Ctrl-C'],
      ['mailmart receive --host 0.0.0.0 --port 8080', 'In a container'],
    ],
  );
  withExamples(
    program
      .command('worker')
      .summary('Run in the background: worker, Temporal server, schedule')
      .description(
        'Stays until you stop it: keeps a worker (and the development server, unless an address is configured) running, and runs the pipeline on the schedule of mailmart.yaml. Other commands find it and use it.',
      )
      .action((flags: GlobalOptions) =>
        runCommand(
          'worker',
          flags,
          async (context) => (await import('./commands/worker.ts')).worker(context),
          'Starting the worker …',
        ),
      ),
    [['mailmart worker', 'Until Ctrl-C']],
  );
}
