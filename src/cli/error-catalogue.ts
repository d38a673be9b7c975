import type { ConfigCode } from '../config/problems.ts';

/** Codes of failures outside the configuration. */
export type RuntimeCode =
  | 'USAGE'
  | 'INPUT_REQUIRED'
  | 'INTERRUPTED'
  | 'INTERNAL'
  | 'NODE_VERSION'
  | 'FILE_WRITE'
  | 'CHECK_FAILED'
  | 'SOURCE_AUTH'
  | 'SOURCE_QUOTA'
  | 'SOURCE_PENDING'
  | 'SOURCE_RATE_LIMITED'
  | 'SOURCE_UNREACHABLE'
  | 'SOURCE_REJECTED'
  | 'SOURCE_CONTRACT'
  | 'SOURCE_CURSOR'
  | 'SOURCE_CONFIG'
  | 'DATA_INCOMPLETE'
  | 'DATA_TEST_FAILED'
  | 'DATA_NOT_PUBLISHED'
  | 'DATA_OUTDATED'
  | 'MODEL_FAILED'
  | 'MODEL_UNKNOWN'
  | 'QUERY_REFUSED'
  | 'QUERY_TIMEOUT'
  | 'RUN_ACTIVE'
  | 'RUN_FAILED'
  | 'RECEIVER_ACTIVE'
  | 'RECEIVER_ADDRESS'
  | 'RECEIVER_NOTHING'
  | 'TEMPORAL_UNREACHABLE'
  | 'TEMPORAL_MISSING'
  | 'WAREHOUSE_LOCKED'
  | 'WAREHOUSE_BUSY'
  | 'WAREHOUSE_REJECTED'
  | 'WAREHOUSE_DRIFT'
  | 'WAREHOUSE_FENCED'
  | 'WAREHOUSE_QUOTA'
  | 'WAREHOUSE_DENIED'
  | 'WAREHOUSE_BUDGET'
  | 'MIGRATION_TARGET'
  | 'MIGRATION_DIFFERS';

export type ErrorCode = ConfigCode | RuntimeCode;

/** One page of `mailmart explain`. */
export type Explanation = {
  readonly title: string;
  /** What happened and why mailmart stops there. */
  readonly meaning: string;
  readonly causes: readonly string[];
  readonly steps: readonly string[];
};

const entry = (title: string, meaning: string, causes: readonly string[], steps: readonly string[]): Explanation => ({
  title,
  meaning,
  causes,
  steps,
});

/** Every code that mailmart can print. A code without an entry does not compile. */
export const errorCatalogue: Readonly<Record<ErrorCode, Explanation>> = {
  CONFIG_NOT_FOUND: entry(
    'No project found',
    'Commands look for mailmart.yaml in the working directory and in the folders above it, or in the folder named by --project.',
    ['The command was run outside the project.', 'The file has another name, such as mailmart.yml.'],
    [
      'Change to the project folder, or use --project <folder>.',
      'Make a project: mailmart init.',
      'Look around without one: mailmart demo.',
    ],
  ),
  CONFIG_UNREADABLE: entry(
    'mailmart.yaml cannot be read',
    'The file exists, but the operating system refused to open it.',
    ['The file belongs to another user.', 'The path is a folder.'],
    ['Check its permissions: ls -l mailmart.yaml.'],
  ),
  CONFIG_TOO_LARGE: entry(
    'mailmart.yaml is too large',
    'A configuration is a few kilobytes; more than 1 MB is refused before it is parsed.',
    ['A data file has the name of the configuration.'],
    ['Restore the configuration from version control.'],
  ),
  CONFIG_ENCODING: entry(
    'mailmart.yaml is not UTF-8',
    'YAML is Unicode text. The place of the first wrong byte is in the message.',
    ['The editor saved it as Windows-1252 or UTF-16.'],
    ['Save the file as UTF-8 without changing anything else.'],
  ),
  CONFIG_SYNTAX: entry(
    'mailmart.yaml is not valid YAML',
    'The text cannot be parsed, so no setting was read. mailmart reads YAML 1.2.',
    [
      'A bracket or quotation mark is not closed.',
      'Keys of one block are indented differently.',
      'A value with a colon or # is not quoted.',
    ],
    ['Look at the line and at the one before it.', 'See a valid file: mailmart init --print.'],
  ),
  CONFIG_TAB: entry(
    'A tab is used to indent',
    'YAML allows only spaces for indentation, because a tab has no fixed width.',
    ['The editor inserts tabs.'],
    ['Replace the tabs by two spaces each.'],
  ),
  CONFIG_DUPLICATE_KEY: entry(
    'A key is written twice',
    'Two values for one key: most tools take the last one without a word, mailmart asks you.',
    ['A block was pasted twice.'],
    ['Remove one of the two.'],
  ),
  CONFIG_TAG: entry(
    'A YAML tag is used',
    'Tags (!name) can make a parser build arbitrary objects. mailmart has none.',
    ['The file was written for another tool.', 'A value starts with an exclamation mark.'],
    ['Remove the tag, or quote the value.'],
  ),
  CONFIG_ALIAS: entry(
    'Aliases expand too far',
    'Aliases (*name) of aliases grow without end and can fill the memory, so their number and size are limited.',
    ['A value starts with * and is not quoted.', 'The file was made to do harm.'],
    ['Write the values out, or quote a value that starts with *.'],
  ),
  CONFIG_DOCUMENTS: entry(
    'More than one YAML document',
    'A line with --- starts a new document; a project has one.',
    ['Two files were joined.'],
    ['Keep one document.'],
  ),
  CONFIG_EMPTY: entry(
    'mailmart.yaml is empty',
    'There is nothing to do.',
    ['The file was made by touch, or lost.'],
    ['Run mailmart init.'],
  ),
  CONFIG_UNKNOWN_KEY: entry(
    'Unknown key',
    'A key that mailmart does not know is refused, because a misspelt setting that is silently ignored costs days.',
    ['A typing mistake.', 'The key belongs one level deeper or higher.', 'The key is of another version.'],
    ['Take the suggestion.', 'See every key: mailmart schema.'],
  ),
  CONFIG_MISSING_KEY: entry(
    'A required key is missing',
    'This setting has no sensible default.',
    ['It was left out.', 'It is indented under another block.'],
    ['Add the key as the example in the message shows.'],
  ),
  CONFIG_TYPE: entry(
    'A value has the wrong type',
    'For example text where a number is due. In YAML 1.2 yes, no, on and off are text; write true or false.',
    ['Quotation marks around a number, or none around text that looks like one.', 'A list where one value is due.'],
    ['Write the value as the example in the message shows.'],
  ),
  CONFIG_VALUE: entry(
    'A value is not allowed',
    'The value has the right type, but breaks a rule that the message states.',
    ['A typing mistake.', 'Another notation: dates are 2025-01-31, durations P35D, amounts 12.50.'],
    ['Take the suggestion, or follow the example.'],
  ),
  CONFIG_SOURCE_TYPE: entry(
    'Unknown type of source',
    'The type names the connector that reads the source.',
    ['A typing mistake.', 'The connector is not part of this version.'],
    ['Use one of the types that the message lists.'],
  ),
  CONFIG_SOURCE_ID: entry(
    'A source id is unknown or used twice',
    'The id keeps the rows of two accounts apart, so each source has its own.',
    ['A source was copied.', 'The id on the command line is misspelt.'],
    ['Give each source its own id.', 'See the ids: mailmart status.'],
  ),
  CONFIG_STREAM: entry(
    'Unknown stream',
    'Each source has a fixed list of streams.',
    ['A typing mistake, or the name that another tool uses.'],
    ['See the streams: mailmart discover.'],
  ),
  CONFIG_SECRET_PLAIN: entry(
    'A secret is written into the configuration',
    'The file is meant to be shared and kept in version control. Secrets are named there, never written.',
    ['The key was pasted into the file.'],
    [
      'Put the key into an environment variable or a file that only you can read (chmod 600).',
      'Write ${env:NAME} or ${file:path} in its place.',
      'If the file was ever committed or sent, revoke the key and make a new one.',
    ],
  ),
  CONFIG_REFERENCE_PLACE: entry(
    'A secret reference in a field that is not secret',
    'Only secret fields take ${env:NAME} and ${file:path}, so that a configuration means the same on every machine.',
    ['An attempt to set a path or name by the environment.'],
    ['Write the value itself, or keep one project folder for each environment.'],
  ),
  CONFIG_REFERENCE_FORM: entry(
    'A secret reference cannot be read',
    'A reference is the whole value: ${env:NAME} or ${file:path}.',
    ['Text before or after the reference.', 'The form of another tool, such as ${NAME} or {{NAME}}.'],
    ['Write ${env:NAME} or ${file:path}, in quotation marks.'],
  ),
  CONFIG_CHANGED: entry(
    'The running worker has another mailmart.yaml',
    'A worker reads mailmart.yaml once, when it starts, and works on that until it is stopped. What you changed since would have no effect, without a word.',
    ['mailmart.yaml was edited while mailmart worker, or a run of another command, was going on.'],
    [
      'Stop the worker with Ctrl-C and start mailmart worker again: it goes on where it was.',
      'Or let the run of the other command end, then run yours again.',
    ],
  ),
  SECRET_UNSET: entry(
    'A secret is not set',
    'mailmart.yaml names an environment variable or file, and it holds nothing.',
    ['The variable is set in another shell, or not exported.', 'The scheduler or service does not pass it on.'],
    ['Set it without leaving it in the shell history: read -rs NAME && export NAME.', 'Or use a file: ${file:path}.'],
  ),
  SECRET_FILE: entry(
    'A secret file cannot be read',
    'The path is relative to mailmart.yaml; ~ is your home folder.',
    ['The file is missing, or belongs to another user.', 'The path is a folder or a large file.'],
    ['Create it, readable by you alone (chmod 600), holding only the secret.'],
  ),
  SECRET_WHITESPACE: entry(
    'A secret contains a space or line break',
    'No key has one. It would be sent and refused as a wrong key, which is hard to see.',
    ['The file ends with a line break, as editors and echo write it.', 'A space was copied along.'],
    ["Rewrite it: tr -d '[:space:]' < file > file.new && mv file.new file."],
  ),
  SECRET_FORM: entry(
    'A secret does not have the expected form',
    'The value was found, but cannot be a key of this service. It is not shown.',
    ['Another value was copied.', 'Quotation marks are part of the value.'],
    ['Copy the whole key from the service again.'],
  ),
  USAGE: entry(
    'The command line is wrong',
    'An unknown command or option, or a missing argument.',
    ['A typing mistake.'],
    ['See mailmart --help, or mailmart <command> --help.'],
  ),
  INPUT_REQUIRED: entry(
    'An answer is needed',
    'Without a terminal, or with --no-input, nothing is asked; every answer is also a flag.',
    ['The command runs in a script.'],
    ['Give the flag that the message names.'],
  ),
  INTERRUPTED: entry(
    'Interrupted',
    'You stopped the command. What was loaded stays; nothing is half-written.',
    ['Ctrl-C, or the terminal was closed.'],
    ['Run the same command again: it goes on from there.'],
  ),
  INTERNAL: entry(
    'Something unexpected failed',
    'This is most likely a mistake in mailmart.',
    ['A case that nobody thought of.'],
    ['Run it again with --debug and report the output; check that it holds nothing private.'],
  ),
  NODE_VERSION: entry(
    'Node.js is too old',
    'mailmart needs Node.js 24 or newer.',
    ['The system package is older.'],
    ['Install Node.js 24 from https://nodejs.org, or run it once with npx -y node@24.'],
  ),
  FILE_WRITE: entry(
    'A file cannot be written',
    'The folder or file is not writable.',
    ['Missing permission.', 'The disk is full, or read-only.'],
    ['Check ls -ld on the folder, the free space (df -h) and how the disk is mounted (findmnt -T and the path).'],
  ),
  CHECK_FAILED: entry(
    'A check failed',
    'mailmart check found something that would make a run fail.',
    ['See the lines marked Failed.'],
    ['Follow the fix of each line, then run mailmart check again.'],
  ),
  SOURCE_AUTH: entry(
    'A source refused the credentials',
    'The key is wrong, revoked, expired, of another data centre, or lacks a permission.',
    [
      'The key was revoked or mistyped.',
      'base_url names another account’s data centre.',
      'The user’s role may not read this.',
    ],
    [
      'See which source and permission: mailmart check.',
      'Make a new key in the service and set it where mailmart.yaml points.',
    ],
  ),
  SOURCE_QUOTA: entry(
    'A quota is used up',
    'The source will not answer for hours. mailmart stops rather than waste requests; nothing is lost.',
    ['Another program uses the same account.', 'A first sync of a large account.'],
    ['Run again later: it goes on from the last checkpoint.'],
  ),
  SOURCE_PENDING: entry(
    'A source takes long to make an export',
    'mailmart ordered an export and waited for it for hours; the source has not finished it. Nothing is lost.',
    ['The service is busy or has an outage.', 'A very large account.'],
    ['Run again later: it orders a new export.', 'Look at the status page of the service.'],
  ),
  SOURCE_RATE_LIMITED: entry(
    'A source asks to slow down',
    'mailmart waits as long as the source says; this failed only after many attempts.',
    ['Another program uses the same account at the same time.'],
    ['Run again, or at another time of the day.'],
  ),
  SOURCE_UNREACHABLE: entry(
    'A source cannot be reached',
    'No usable answer: no connection, a time-out, a server error, or something that is not the API.',
    ['No network, a proxy or firewall, a wrong base_url.', 'The service has an outage.'],
    ['Test it: mailmart check.', 'Look at the status page of the service.'],
  ),
  SOURCE_REJECTED: entry(
    'A source refused a request',
    'The request itself was not understood: most likely a mistake in the connector.',
    ['The API changed.', 'A list or campaign was deleted meanwhile.'],
    ['Run again; if it stays, report the stream and the status.'],
  ),
  SOURCE_CONTRACT: entry(
    'A source has another shape than documented or mapped',
    'Rather than store wrong numbers, the stream stops; the last good rows stay. The message names the first record and what is wrong with it.',
    [
      'A file has another column, decimal mark, date format or encoding than its mapping in mailmart.yaml says.',
      'The API changed.',
      'base_url points to something else.',
    ],
    [
      'Of a file: mend it, or its mapping, and run again; mailmart check looks at its columns.',
      'Of an API: update mailmart, and report the field.',
    ],
  ),
  SOURCE_CURSOR: entry(
    'A reading position is too old',
    'The source forgot where we were; the next run starts that window again.',
    ['A long pause between runs.'],
    ['Run again.'],
  ),
  SOURCE_CONFIG: entry(
    'A source is configured wrongly',
    'Seen before any work was done.',
    ['A file is missing, a mapping names a column that is not there.'],
    ['Follow the message, then run mailmart check.'],
  ),
  DATA_INCOMPLETE: entry(
    'Data is missing',
    'The run ended and published, but a stream could not be read completely, or records were quarantined.',
    ['A source stopped answering half-way.', 'A record had a value that cannot be true.'],
    ['The message says what is missing: mailmart status shows it again.', 'Run again: what can be healed is healed.'],
  ),
  DATA_TEST_FAILED: entry(
    'A data test failed',
    'An assertion on the new tables did not hold, so readers keep the last good ones.',
    ['A source sent something new.', 'A model has a mistake.'],
    ['The message names the assertion; its view in the warehouse lists the rows.'],
  ),
  DATA_NOT_PUBLISHED: entry(
    'Nothing is published yet',
    'Readers use a copy that a run writes at its end.',
    ['No run has finished in this project.'],
    ['Run mailmart run, then try again.'],
  ),
  DATA_OUTDATED: entry(
    'The published tables are of another version',
    'The report looks for a table or column that the published copy does not have.',
    ['mailmart was updated, and nothing was transformed since.', 'An older mailmart reads what a newer one published.'],
    ['Run mailmart transform: it builds and publishes the tables again, and asks no source.'],
  ),
  MODEL_FAILED: entry(
    'A model failed',
    'A step of the transform ended with an error; models after it were not run.',
    ['A column that a source no longer sends.', 'A mistake in SQL.'],
    [
      'The message names the model and the database’s words.',
      'Run mailmart transform --select <model> after a change.',
    ],
  ),
  MODEL_UNKNOWN: entry(
    'Unknown model',
    '--select names a model that does not exist.',
    ['A typing mistake.'],
    ['Use the name of a table, such as campaign_performance.'],
  ),
  QUERY_REFUSED: entry(
    'The query was refused',
    'query reads the published marts and nothing else: one statement, no files, no changes.',
    ['A mistake in SQL.', 'A statement other than SELECT.', 'A table that is not published.'],
    ['See the tables: mailmart query "select table_schema, table_name from information_schema.tables".'],
  ),
  QUERY_TIMEOUT: entry(
    'The query took too long',
    'A query is interrupted after its time limit, so that a mistake does not hold the machine.',
    ['A join without a condition.'],
    ['Narrow it, or give more time with --timeout.'],
  ),
  RECEIVER_ACTIVE: entry(
    'A receiver of this project runs already',
    'One process writes to the inbox of a project, so that no post is lost or mixed up.',
    [
      'Another terminal or a service of this machine runs mailmart receive.',
      'It runs in a container that shares the folder.',
    ],
    [
      'Nothing to do: it receives the posts. To replace it, stop it first (Ctrl-C, or a polite kill).',
      'After a container was killed, its lock is free half a minute later.',
    ],
  ),
  RECEIVER_ADDRESS: entry(
    'The receiver cannot listen there',
    'The operating system refused host and port.',
    [
      'Another program listens on the port.',
      'The host is none of this machine’s addresses.',
      'Ports below 1024 need a permission.',
    ],
    ['Choose another port: receive.port in mailmart.yaml, or --port.', 'See who listens: ss -ltnp.'],
  ),
  RECEIVER_NOTHING: entry(
    'No source has anything to receive',
    'Only services that post events by themselves need a receiver, and only with the key or path secret that they were given.',
    ['No source of such a type is configured.', 'Its webhook key is not in mailmart.yaml.'],
    [
      'Add the key that the message names, then start the receiver again.',
      'For the other sources mailmart run is enough.',
    ],
  ),
  RUN_ACTIVE: entry(
    'A run is going on already',
    'The same work is never done twice at a time.',
    ['A schedule or another terminal started it.'],
    ['Look at it: mailmart status.', 'Wait, or stop the other one with Ctrl-C.'],
  ),
  RUN_FAILED: entry(
    'The run failed',
    'The message names the step. Everything that was loaded before stays and is not read again.',
    ['See the message.'],
    ['Run again after the fix: it goes on from the last checkpoint.'],
  ),
  TEMPORAL_UNREACHABLE: entry(
    'The Temporal server cannot be reached',
    'Syncs run as Temporal workflows.',
    ['temporal.address or TEMPORAL_ADDRESS is wrong.', 'The server is not running.'],
    ['Remove the address to have a development server started for you.', 'Or start your server and try again.'],
  ),
  TEMPORAL_MISSING: entry(
    'No Temporal server was found',
    'Without an address, mailmart starts a development server from a `temporal` program.',
    ['The program is neither on the PATH nor in the cache.'],
    ['In a checkout: make setup builds it.', 'Else install the Temporal CLI, or set TEMPORAL_ADDRESS.'],
  ),
  WAREHOUSE_LOCKED: entry(
    'Another process owns the warehouse',
    'A DuckDB file has one owner at a time.',
    ['A worker or another command runs.', 'The file is open in another tool.'],
    ['Close the other program; the message names its process.', 'To read, use mailmart query.'],
  ),
  WAREHOUSE_BUSY: entry(
    'The warehouse could not read or write',
    'For example the disk is full. Nothing is half-written.',
    ['No free space.', 'Not enough memory.'],
    ['Free space (df -h), or raise warehouse.memory_limit, then run again.'],
  ),
  WAREHOUSE_REJECTED: entry(
    'The warehouse refused a statement',
    'Most likely a mistake in mailmart or in a model.',
    ['A column is missing.'],
    ['Report the message.'],
  ),
  WAREHOUSE_DRIFT: entry(
    'The warehouse is not what its ledger says',
    'Rows or columns were changed from outside, or the file was copied while it was open.',
    ['The file was edited by hand.', 'A bare copy of the file was restored.'],
    ['Restore a proper backup, or remove the file and run again: everything is read anew.'],
  ),
  WAREHOUSE_FENCED: entry(
    'A newer run took over',
    'This run stops so that two never write the same stream.',
    ['A second run was started while this one was thought dead.'],
    ['Nothing to do: look at the newer run with mailmart status.'],
  ),
  WAREHOUSE_QUOTA: entry(
    'A daily quota of BigQuery is spent',
    'BigQuery takes 1,500 loads a table and day, and projects may limit bytes. What was loaded before is kept.',
    ['Many small runs on one day.', 'A custom quota of the project.'],
    ['Run again after midnight Pacific time, or raise the quota in the Google Cloud console.'],
  ),
  WAREHOUSE_DENIED: entry(
    'BigQuery or Cloud Storage refused the credentials',
    'The account that mailmart works with may not do this. The message names the permission.',
    ['A role is missing.', 'The key was revoked.', 'Another project or dataset than meant.'],
    ['Grant the role that the message names (docs/how-to/deploy-on-google-cloud.md), then mailmart check --deep.'],
  ),
  WAREHOUSE_BUDGET: entry(
    'The run would read more bytes than it may',
    'Before each query mailmart asks BigQuery how much it would read. This one was not run; the marts stay as they were.',
    ['A first run over a long history.', 'A model that reads whole tables.'],
    ['Look at mailmart plan, then raise warehouse.max_bytes_per_run or max_bytes_per_query in mailmart.yaml.'],
  ),
  MIGRATION_TARGET: entry(
    'The target of the migration holds other rows',
    'A migration writes only where nothing of these sources is, or where what it wrote itself is unchanged: it never mixes two histories.',
    ['BigQuery was synced to before, or since the migration.', 'Another project has a source of the same id there.'],
    [
      'If you have migrated already: write engine: bigquery into mailmart.yaml and go on there.',
      'Else choose another --dataset-prefix, or remove the rows that the message names.',
    ],
  ),
  MIGRATION_DIFFERS: entry(
    'The copy is not the same as the source',
    'After copying, rows, deletions and content are compared by table and account; mailmart.yaml stays on DuckDB until all are equal.',
    ['Something else wrote these datasets meanwhile.'],
    ['Migrate into another --dataset-prefix.', 'Report it if it stays: it is a mistake in mailmart then.'],
  ),
};

/** True for a code that the catalogue knows. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}
