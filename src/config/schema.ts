import { z } from 'zod';
import { durationMs } from '../../connectors/_kit/duration.ts';
import { reportLanguages } from '../contracts/report-language.ts';
import { attribution, costs } from './money-schema.ts';
import { alertsSchema } from './alerts-schema.ts';
import { isBucketPlace, landingPlace } from './landing-place.ts';
import { parseBytes } from './bytes.ts';
import { describe, text } from './described.ts';
import {
  amount,
  calendarDate,
  cron,
  currencyCode,
  fixedDuration,
  looksLikeKey,
  pattern,
  quoted,
  ruledText,
  timeZone,
} from './values.ts';

/** Names of schemas in the warehouse: DuckDB finds a file of the same name ambiguous. */
const schemaNames = ['raw', 'staging', 'core', 'marts', 'ops', 'status'];

/** Bytes of the longest post that an inbox takes (src/inbox/frame.ts). */
const longestPost = 64 * 1024 * 1024;

/** The hour for which a segment of the inbox grows, and the longest run: its posts must outlive both (activities/hints.ts). */
const shortestKeepMs = 86_400_000;

/** The goals that METRICS knows; each puts other metrics first. */
const campaignGoals = ['lead_generation', 'customer_acquisition', 'customer_marketing'] as const;

const databaseFile = ruledText({
  ok: (value) => value.trim() !== '' && !schemaNames.includes(fileStem(value)),
  what: (value) =>
    value.trim() === ''
      ? 'The path is empty.'
      : `The file is named like the schema ${quoted(fileStem(value))}; DuckDB cannot tell the two apart.`,
  hint: () => ({ fix: 'Choose another file name, such as .mailmart/warehouse.duckdb.' }),
});

function fileStem(path: string): string {
  const name = path.split(/[\\/]/).at(-1) ?? path;
  return name.replace(/\.[^.]*$/, '');
}

const identifier = ruledText({
  ok: (value) => /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/.test(value) && !looksLikeKey(value),
  what: (value) => `${quoted(value)} is not usable as an id: lower-case letters, digits, - and _, at most 63.`,
  hint: (value) => {
    if (looksLikeKey(value))
      return { fix: 'This looks like a key: choose a name instead, and revoke the key if the file was shared.' };
    const suggestion = value
      .trim()
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]+/g, '-')
      .replaceAll(/^[-_]+|[-_]+$/g, '')
      .slice(0, 63);
    return {
      fix: 'The id names this account in every table and cannot be changed later without a new sync.',
      ...(suggestion && { suggestion }),
    };
  },
});

const company = z
  .strictObject({
    name: describe(text, 'Name shown in the report.', 'Acme'),
    time_zone: describe(
      timeZone,
      'Reporting time zone: a day in every mart starts at midnight there. IANA name.',
      'Europe/Berlin',
    ),
    currency: describe(currencyCode, 'Reporting currency: every amount is converted to it. ISO 4217 code.', 'EUR'),
  })
  .meta({
    description: 'Whose numbers these are, and in which zone and currency they are reported.',
    examples: [{ name: 'Acme', time_zone: 'Europe/Berlin', currency: 'EUR' }],
  });

const byteAmount = ruledText({
  ok: (value) => parseBytes(value) !== undefined,
  what: (value) => `${quoted(value)} is not an amount of bytes.`,
  hint: () => ({ fix: 'Write a number and a unit, such as 100 GB or 1.5 TB.' }),
});

/** What each engine has keys for; the others are a mistake. */
const engineKeys = {
  duckdb: ['path', 'memory_limit'],
  bigquery: [
    'project',
    'dataset_prefix',
    'location',
    'key_file',
    'impersonate',
    'emulator_host',
    'max_bytes_per_query',
    'max_bytes_per_run',
  ],
} as const;

const warehouse = z
  .strictObject({
    engine: describe(
      z.enum(['duckdb', 'bigquery']).default('duckdb'),
      'Where the tables live. `duckdb`: one file on this machine. `bigquery`: datasets of a Google Cloud project.',
      'duckdb',
    ),
    path: describe(
      databaseFile.optional(),
      'DuckDB: file of the warehouse, relative to mailmart.yaml. Default .mailmart/warehouse.duckdb.',
      '.mailmart/warehouse.duckdb',
    ),
    memory_limit: describe(
      ruledText({
        ok: (value) => /^\d+(\.\d+)?\s?(MB|GB|MiB|GiB)$/.test(value),
        what: (value) => `${quoted(value)} is not an amount of memory.`,
        hint: () => ({ fix: 'Write a number and a unit, such as 2GB or 800MB.' }),
      }).optional(),
      'DuckDB: most memory it may use, what it does not count itself included.',
      '2GB',
    ),
    project: describe(
      ruledText({
        ok: (value) => /^[a-z][a-z0-9-]{2,28}[a-z0-9]$/.test(value),
        what: (value) => `${quoted(value)} is not the id of a Google Cloud project.`,
        hint: () => ({ fix: 'Write the project id (not its name or number), such as acme-mail.' }),
      }).optional(),
      'BigQuery: id of the Google Cloud project.',
      'acme-mail',
    ),
    dataset_prefix: describe(
      ruledText({
        ok: (value) => /^([A-Za-z][A-Za-z0-9_]{0,63})?$/.test(value),
        what: (value) => `${quoted(value)} cannot begin the name of a dataset.`,
        hint: () => ({ fix: 'Use letters, digits and _, a letter first, such as mail_.' }),
      }).optional(),
      'BigQuery: put before the names of the datasets raw, staging, core, marts, marts_build, ops and loads. Default: nothing.',
      'mail_',
    ),
    location: describe(
      ruledText({
        ok: (value) => /^[A-Za-z][A-Za-z0-9-]+$/.test(value),
        what: (value) => `${quoted(value)} is not a location of BigQuery.`,
        hint: () => ({ fix: 'Write a multi-region such as EU or US, or a region such as europe-west3.' }),
      }).optional(),
      'BigQuery: where the datasets are; the landing bucket must be there too. Default EU.',
      'EU',
    ),
    key_file: describe(
      text.optional(),
      'BigQuery: key file of a service account, relative to mailmart.yaml. Absent: application default credentials.',
      'secrets/mailmart.json',
    ),
    impersonate: describe(
      ruledText({
        ok: (value) => /^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$/.test(value),
        what: (value) => `${quoted(value)} is not the address of a service account.`,
        hint: () => ({ fix: 'Write it in full, such as mailmart@acme-mail.iam.gserviceaccount.com.' }),
      }).optional(),
      'BigQuery: service account to act as.',
      'mailmart@acme-mail.iam.gserviceaccount.com',
    ),
    emulator_host: describe(
      ruledText({
        ok: (value) => /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/.test(value),
        what: (value) => `${quoted(value)} is not an address of the form http://host:port.`,
        hint: () => ({ fix: 'Write it such as http://localhost:9050.' }),
      }).optional(),
      'BigQuery: address of an emulator, for trying things out; nothing is sent to Google. Absent: BIGQUERY_EMULATOR_HOST, if that is set.',
      'http://localhost:9050',
    ),
    max_bytes_per_query: describe(
      byteAmount.optional(),
      'BigQuery: a query that would read more is not run. Default 100 GB; units of 1024.',
      '100 GB',
    ),
    max_bytes_per_run: describe(
      byteAmount.optional(),
      'BigQuery: a run stops before it has read more. Default 1 TB; units of 1024.',
      '1 TB',
    ),
  })
  .prefault({})
  .check((context) => {
    const found = context.value;
    const others = found.engine === 'duckdb' ? engineKeys.bigquery : engineKeys.duckdb;
    for (const key of others) {
      if (found[key] === undefined) continue;
      context.issues.push({
        code: 'custom',
        input: found[key],
        path: [key],
        message: `${quoted(key)} says nothing to engine: ${found.engine}.`,
        params: { fix: `Remove it, or write engine: ${found.engine === 'duckdb' ? 'bigquery' : 'duckdb'}.` },
      });
    }
    if (found.engine === 'bigquery' && found.project === undefined) {
      context.issues.push({
        code: 'custom',
        input: found,
        message: 'BigQuery needs the id of a Google Cloud project.',
        params: { fix: 'Add project: to warehouse, such as project: acme-mail.' },
      });
    }
  })
  .meta({
    description: 'Where the tables live.',
    examples: [
      { engine: 'duckdb', path: '.mailmart/warehouse.duckdb' },
      { engine: 'bigquery', project: 'acme-mail', location: 'EU' },
    ],
  });

/** Keys that every source has; the rest of a source belongs to its connector. */
export const sourceBase = z.looseObject({
  id: describe(
    identifier,
    'Your name of this account: `account_id` in every table. Never change it later.',
    'shop-newsletter',
  ),
  type: describe(z.string(), 'Connector.', 'mailchimp'),
  start_date: describe(
    calendarDate.optional(),
    'Oldest day to read. Absent: everything the source still has.',
    '2025-01-01',
  ),
  streams: describe(
    z.union([z.literal('all'), z.array(z.string()).min(1)]).default('all'),
    'Which streams to sync: `all`, or a list; parents of a listed stream come with it. `mailmart discover` shows the names.',
    'all',
    ['campaigns', 'reports', 'sent_to'],
  ),
  mutable_window: describe(
    fixedDuration.default('P35D'),
    'How long after its send a campaign is re-read when its report moves. ISO 8601 duration.',
    'P35D',
  ),
});

export const sourceBaseKeys: readonly string[] = ['id', 'type', 'start_date', 'streams', 'mutable_window'];

const campaignRule = z
  .strictObject({
    match: describe(
      pattern,
      'Regular expression, found anywhere in the campaign name. Of several rules that match, the later one wins.',
      '^Launch',
    ),
    goal: describe(
      z.enum(campaignGoals),
      'What the campaign is for: it decides which metrics the report puts first. No e-mail service has this, so it is yours.',
      'customer_acquisition',
    ),
    conversion_value: describe(amount.optional(), 'What one conversion (not an order) is worth.', 12.5),
    currency: describe(currencyCode.optional(), 'Currency of conversion_value. Absent: the company’s.', 'EUR'),
  })
  .meta({
    description: 'Gives campaigns a goal by their name.',
    examples: [{ match: '^Launch', goal: 'customer_acquisition', conversion_value: 12.5 }],
  });

const schedule = z
  .strictObject({
    cron: describe(
      cron.optional(),
      'When to run, as a cron expression with five fields. Either this or `every`.',
      '0 6 * * *',
    ),
    every: describe(
      fixedDuration.optional(),
      'How often to run, as an ISO 8601 duration. Either this or `cron`.',
      'PT6H',
    ),
    time_zone: describe(timeZone.optional(), 'Time zone of `cron`. Absent: the company’s.', 'Europe/Berlin'),
  })
  .check((context) => {
    const { cron: byCron, every } = context.value;
    if ((byCron === undefined) !== (every === undefined)) return;
    context.issues.push({
      code: 'custom',
      input: context.value,
      message:
        byCron === undefined
          ? 'The schedule says neither `cron` nor `every`.'
          : 'The schedule says both `cron` and `every`.',
      params: { fix: 'Keep exactly one of them, for example `every: PT6H`.' },
    });
  })
  .optional()
  .meta({
    description: 'When `mailmart worker` runs the pipeline by itself. Absent: only when you say so.',
    examples: [{ cron: '0 6 * * *', time_zone: 'Europe/Berlin' }],
  });

const temporal = z
  .strictObject({
    address: describe(
      ruledText({
        ok: (value) => /^[A-Za-z0-9.-]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/.test(value),
        what: (value) => `${quoted(value)} is not an address of the form host:port.`,
        hint: (value) => {
          const suggestion = /^(?:https?:\/\/)?([A-Za-z0-9.-]+)(?::(\d+))?\/?$/.exec(value);
          return {
            fix: 'Write host and port without a scheme, such as localhost:7233.',
            ...(suggestion && { suggestion: `${suggestion[1]}:${suggestion[2] ?? 7233}` }),
          };
        },
      }).optional(),
      'Temporal server, host:port. Absent: a development server is started for you.',
      'localhost:7233',
    ),
    namespace: describe(text.default('default'), 'Temporal namespace.', 'default'),
    task_queue: describe(
      text.optional(),
      'Task queue of this project. Absent: derived from the project’s folder.',
      'mailmart',
    ),
    encryption: describe(
      z.boolean().default(true),
      'Encrypt what Temporal stores of a run (arguments, results, failures), with a key in .mailmart/temporal-key.',
      true,
    ),
  })
  .prefault({})
  .meta({
    description: 'Temporal, which runs the syncs.',
    examples: [{ address: 'localhost:7233', namespace: 'default' }],
  });

const receive = z
  .strictObject({
    host: describe(
      ruledText({
        ok: (value) => /^[A-Za-z0-9.-]+$|^[0-9a-fA-F:]+$/.test(value),
        what: (value) => `${quoted(value)} is not an address to listen on.`,
        hint: () => ({ fix: 'Write 127.0.0.1 behind a reverse proxy on this machine, 0.0.0.0 in a container.' }),
      }).default('127.0.0.1'),
      'Address to listen on. The receiver speaks plain HTTP: a reverse proxy in front of it ends TLS.',
      '127.0.0.1',
      '0.0.0.0',
    ),
    port: describe(z.int().min(1).max(65_535).default(8787), 'Port to listen on.', 8787),
    public_url: describe(
      ruledText({
        ok: (value) => /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/.test(value),
        what: (value) => `${quoted(value)} is not an address of the form https://host.`,
        hint: (value) => {
          const suggestion = /^(https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?)\//.exec(value)?.[1];
          return {
            fix: 'Write scheme and host, such as https://hooks.example.com.',
            ...(suggestion !== undefined && { suggestion }),
          };
        },
      }).optional(),
      'Scheme and host under which the services reach this receiver: it is shown in addresses, and some services sign it.',
      'https://hooks.example.com',
    ),
    max_body: describe(
      byteAmount.default('10 MB'),
      'A longer post is refused (413). At most 64 MB; units of 1024.',
      '10 MB',
    ),
    max_disk: describe(
      byteAmount.default('20 GB'),
      'Posts that would make the inbox bigger are refused (503), so that the service posts them again. Units of 1024.',
      '20 GB',
    ),
    keep: describe(
      fixedDuration.default('P7D'),
      'How long posts stay in the inbox after they were received, once they are loaded; a day at least. ISO 8601 duration.',
      'P7D',
    ),
  })
  .prefault({})
  .check((context) => {
    const { keep } = context.value;
    if (!fixedDuration.safeParse(keep).success || durationMs(keep) >= shortestKeepMs) return;
    context.issues.push({
      code: 'custom',
      input: keep,
      path: ['keep'],
      message:
        'Posts must be kept for a day at least: what one hints at while a run goes on is read by the next, which looks for it in the inbox.',
      params: { fix: 'Write P1D or more.' },
    });
  })
  .check((context) => {
    const { max_body: maxBody } = context.value;
    if ((parseBytes(maxBody) ?? 0) <= longestPost) return;
    context.issues.push({
      code: 'custom',
      input: maxBody,
      path: ['max_body'],
      message: 'A post cannot be longer than 64 MB.',
      params: { fix: 'Write 64 MB or less; services post a few hundred kilobytes.' },
    });
  })
  .meta({
    description: 'What `mailmart receive` listens on and keeps: posts of services that push.',
    examples: [{ host: '0.0.0.0', port: 8787, public_url: 'https://hooks.example.com' }],
  });

/** mailmart.yaml. Sources are checked twice: here for the keys all have, then by their connector's own schema. */
export const mailmartSchema = z
  .strictObject({
    company,
    warehouse,
    sources: z
      .array(sourceBase)
      .default([])
      .meta({
        description: 'Accounts and files to read.',
        examples: [
          [{ id: 'shop-newsletter', type: 'mailchimp', credentials: { api_key: '${env:MAILCHIMP_API_KEY}' } }],
        ],
      }),
    campaigns: z
      .array(campaignRule)
      .default([])
      .meta({
        description: 'Goals of campaigns, by name; of several rules that match, the later one wins.',
        examples: [[{ match: '^Launch', goal: 'customer_acquisition', conversion_value: 12.5 }]],
      }),
    attribution,
    costs,
    schedule,
    report: z
      .strictObject({
        path: describe(
          text.default('report/index.html'),
          'Where the HTML report is written, relative to mailmart.yaml.',
          'report/index.html',
        ),
        language: describe(
          z.enum(reportLanguages).default('en'),
          'Its language: `en` English, `vi` Vietnamese. `mailmart report --lang` writes another.',
          'vi',
        ),
        after_run: describe(
          z.boolean().default(true),
          'Write it at the end of each run. `false`: only `mailmart report` writes it, and runs are some seconds shorter.',
          false,
        ),
        email_path: describe(
          text.optional(),
          'Where each run also writes the report in short, for the body of an e-mail, relative to mailmart.yaml. Absent: only `mailmart report --email` writes it.',
          'report/email.html',
        ),
      })
      .check((context) => {
        const { path, email_path: emailPath } = context.value;
        if (emailPath !== path) return;
        context.issues.push({
          code: 'custom',
          input: emailPath,
          path: ['email_path'],
          message: 'The report and its short form cannot be one file.',
          params: { fix: 'Write another path, such as report/email.html.' },
        });
      })
      .prefault({})
      .meta({ description: 'The HTML report.', examples: [{ path: 'report/index.html', language: 'vi' }] }),
    landing: z
      .strictObject({
        path: describe(
          landingPlace.default('.mailmart/landing'),
          'Where extracted pages wait for their load: a folder, relative to mailmart.yaml, or `gs://bucket/folder`, which BigQuery loads from and workers on many machines share.',
          '.mailmart/landing',
          'gs://acme-data/mailmart',
        ),
      })
      .prefault({})
      .meta({ description: 'Where extracted pages wait for their load.', examples: [{ path: '.mailmart/landing' }] }),
    privacy: z
      .strictObject({
        salt: describe(
          z.string().default('${file:.mailmart/person-salt}'),
          'Secret salt under which addresses are hashed, by reference. The default file is made on first use; back it up: with another salt, people get other keys.',
          '${env:MAILMART_SALT}',
        ),
      })
      .prefault({})
      .meta({ description: 'How people are pseudonymised.', examples: [{ salt: '${file:.mailmart/person-salt}' }] }),
    receive,
    alerts: alertsSchema,
    temporal,
  })
  .check((context) => {
    const { warehouse, landing } = context.value;
    if (warehouse.engine !== 'duckdb' || !isBucketPlace(landing.path)) return;
    context.issues.push({
      code: 'custom',
      input: landing.path,
      path: ['landing', 'path'],
      message: 'DuckDB reads landing from this machine, not from a bucket.',
      params: { fix: 'Use a folder, or `engine: bigquery`.' },
    });
  })
  .meta({ title: 'mailmart.yaml', description: 'Configuration of a mailmart project.' });

/** The validated base configuration, defaults filled in; secrets are still references. */
export type MailmartSchema = z.output<typeof mailmartSchema>;
