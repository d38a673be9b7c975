import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../contracts/json.ts';
import { bytesText } from './budget.ts';
import { createClient, objectAt, type Client, type ClientOptions } from './client.ts';
import { BigqueryFailure, refusalOf } from './errors.ts';
import { createNames, labelValue, schemas } from './names.ts';
import { bytesOf, ended, failed, must, newJobId, queryOf, submit, type Ended, type Probe } from './probe-job.ts';
import { send } from './upload.ts';

export type { Probe } from './probe-job.ts';

export type ProbeOptions = ClientOptions & {
  readonly datasetPrefix: string;
  /** A small file of `probeRows` in the landing bucket, to load from; absent: bytes are sent. */
  readonly landed?: { readonly uri: string };
};

/** Lines of the file that the load probe loads: with a number that no double holds, as text, as mailmart writes it. */
export const probeRows: readonly string[] = [
  JSON.stringify({ key: 1, record: { id: '12345678901234567890', text: 'ü "quoted"' } }),
  JSON.stringify({ key: 2, record: null }),
];

/** One request, no writing: credentials, project, datasets and their location. */
export async function probeQuickly(options: ProbeOptions): Promise<readonly Probe[]> {
  const client = createClient(options);
  const names = createNames(options.project, options.datasetPrefix);
  let listed: JsonObject;
  try {
    listed = await client.call('List datasets', { path: '/datasets', query: { maxResults: 1000, all: true } }, 1);
  } catch (error) {
    if (!(error instanceof BigqueryFailure)) throw error;
    const item = error.kind === 'denied' || refusalOf(error).status === 404 ? 'credentials' : 'reachability';
    return [{ ...failed(item, error), message: `Project ${options.project}: ${error.message}` }];
  }
  const found = new Map(
    ((listed['datasets'] ?? []) as unknown as readonly JsonObject[]).map((one) => [
      String(objectAt(one, 'datasetReference')['datasetId']),
      String(one['location'] ?? ''),
    ]),
  );
  const wanted = schemas.map((schema) => names.dataset(schema));
  const elsewhere = wanted.filter((name) => {
    const location = found.get(name) ?? '';
    return location !== '' && location.toLowerCase() !== client.location.toLowerCase();
  });
  const absent = wanted.filter((name) => !found.has(name));
  const where = client.isEmulator ? 'the emulator' : `project ${options.project}`;
  return [
    { item: 'credentials', status: 'ok', message: `Datasets of ${where} can be listed.` },
    elsewhere.length > 0
      ? {
          item: 'datasets',
          status: 'failed',
          message: `${elsewhere.map((name) => `${name} is in ${found.get(name)}`).join(', ')}; warehouse.location says ${client.location}.`,
          fix: `Write location: ${found.get(elsewhere[0] ?? '')} in mailmart.yaml, or choose another dataset_prefix.`,
        }
      : absent.length === 0
        ? { item: 'datasets', status: 'ok', message: `All ${wanted.length} are there, in ${client.location}.` }
        : {
            item: 'datasets',
            status: 'ok',
            message: `${absent.join(', ')} will be made in ${client.location} on the first run, which takes bigquery.datasets.create; or make them beforehand: docs/how-to/deploy-on-google-cloud.md.`,
          },
  ];
}

/** What the emulator cannot show, and so is never said to be right there. */
const emulatorLacks: Readonly<Record<string, string>> = {
  repeated_job: 'the emulator does not answer a repeated job id with 409',
  partition_filter: 'the emulator does not enforce require_partition_filter',
  pruning: 'the emulator does not prune partitions: its dry runs count whole tables',
  merge_pruning: 'the emulator does not prune partitions: its dry runs count whole tables',
  bytes_limit: 'the emulator does not enforce maximumBytesBilled',
  atomicity: 'the emulator does not run transactions as BigQuery does',
  conflict: 'the emulator does not run transactions side by side',
  wide_numbers: 'the emulator does not treat long numbers in JSON as BigQuery does',
  labels: 'the emulator does not account for jobs by label',
  slot_time: 'the emulator does not have INFORMATION_SCHEMA.JOBS',
  denied_message: 'the emulator does not know permissions',
};

/** Some hours, in case that nobody could clean up. */
const expireMs = 3 * 3600 * 1000;

type Scratch = {
  readonly datasetId: string;
  readonly isOwn: boolean;
  /** For SQL. */
  table(name: string): string;
};

type World = {
  readonly client: Client;
  readonly scratch: Scratch;
  readonly mark: string;
  readonly options: ProbeOptions;
};
type Finding = Omit<Probe, 'item'>;

/**
 * Tries on the service itself what an emulator cannot show, in a scratch dataset that is removed in every case and expires by
 * itself. Costs a few queries of BigQuery's smallest size (10 MiB each).
 */
export async function probeDeeply(options: ProbeOptions): Promise<readonly Probe[]> {
  const client = createClient(options);
  const mark = randomBytes(5).toString('hex');
  const probes: Probe[] = [];
  let scratch: Scratch | undefined;
  const probe = async (item: string, work: () => Promise<Finding>): Promise<void> => {
    const lacks = client.isEmulator ? emulatorLacks[item] : undefined;
    if (lacks !== undefined) {
      probes.push({ item, status: 'skipped', message: `Not tested: ${lacks}.` });
      return;
    }
    try {
      probes.push({ item, ...(await work()) });
    } catch (error) {
      probes.push(failed(item, error));
    }
  };
  let first: Ended | undefined;
  await probe('permission:jobs', async () => {
    first = await must(client, 'Run a query', { ...queryOf('select 1 as one'), labels: { check: mark } });
    return ok('Queries can be run (bigquery.jobs.create).');
  });
  if (first === undefined) return [...probes, ...skippedAfter(probes, client)];
  const { jobId } = first;
  try {
    await probe('permission:tables', async () => {
      scratch = await openScratch(client, options.datasetPrefix, mark);
      await must(client, 'Write to a table', queryOf(fill(scratch)));
      await must(
        client,
        'Write to a table',
        queryOf(`create table ${scratch.table('source')} as select 5 as key, 'y' as text`),
      );
      return ok(
        scratch.isOwn
          ? `A scratch dataset (${scratch.datasetId}) and tables in it can be made and filled.`
          : `Tables can be made and filled in ${scratch.datasetId} (datasets cannot be made, which a set-up project does not need).`,
      );
    });
    if (scratch === undefined) return [...probes, ...skippedAfter(probes, client)];
    const world: World = { client, scratch, mark, options };
    for (const [item, work] of Object.entries(deepProbes)) await probe(item, () => work(world, jobId));
  } finally {
    if (scratch !== undefined) probes.push(await remove(client, scratch, mark));
  }
  return probes;
}

const ok = (message: string): Finding => ({ status: 'ok', message });
const wrong = (message: string, fix: string): Finding => ({ status: 'failed', message, fix });
const report = 'Report this message: mailmart relies on it.';

function skippedAfter(done: readonly Probe[], client: Client): readonly Probe[] {
  return Object.keys({ 'permission:tables': null, ...deepProbes })
    .filter((item) => !done.some((one) => one.item === item))
    .map((item) => {
      const lacks = client.isEmulator ? emulatorLacks[item] : undefined;
      return { item, status: 'skipped', message: `Not tested: ${lacks ?? 'see the failure above'}.` };
    });
}

async function openScratch(client: Client, prefix: string, mark: string): Promise<Scratch> {
  const named = (datasetId: string, start: string, isOwn: boolean): Scratch => ({
    datasetId,
    isOwn,
    table: (name) => `\`${client.project}.${datasetId}.${start}${name}\``,
  });
  const datasetId = `${prefix}mailmart_check_${mark}`;
  try {
    await client.call(
      `Create dataset ${datasetId}`,
      {
        method: 'POST',
        path: '/datasets',
        body: {
          datasetReference: { projectId: client.project, datasetId },
          location: client.location,
          defaultTableExpirationMs: String(expireMs),
          labels: { pipeline: 'mailmart', check: labelValue(mark) },
        },
      },
      1,
    );
    return named(datasetId, '', true);
  } catch (error) {
    // A worker need not be able to make datasets: then tables of the dataset for loads, which expire after a day.
    if (!(error instanceof BigqueryFailure) || error.kind !== 'denied') throw error;
    return named(`${prefix}loads`, `check_${mark}_`, false);
  }
}

const fill = ({ table }: Scratch): string =>
  `create table ${table('parted')} partition by day options (require_partition_filter = true) as
  select date_add(date '2026-01-01', interval n day) as day, n as key, repeat('x', 2000) as text
  from unnest(generate_array(0, 99)) as n`;

async function remove(client: Client, scratch: Scratch, mark: string): Promise<Probe> {
  const item = 'clean_up';
  const path = `/datasets/${scratch.datasetId}`;
  try {
    if (scratch.isOwn) {
      await client.find('Remove the scratch dataset', { method: 'DELETE', path, query: { deleteContents: true } });
    } else {
      for (const name of ['parted', 'source', 'loaded', 'counted']) {
        await client.find('Remove a scratch table', { method: 'DELETE', path: `${path}/tables/check_${mark}_${name}` });
      }
    }
    return { item, ...ok('What the check made is removed.') };
  } catch (error) {
    if (!(error instanceof BigqueryFailure)) throw error;
    return {
      item,
      status: 'warning',
      message: `${scratch.datasetId} could not be cleared (${error.message}); its tables expire by themselves.`,
      fix: `bq rm -r -d ${client.project}:${scratch.datasetId}`,
    };
  }
}

/** In this order; names are stable, because `--json` has them. */
const deepProbes: Readonly<Record<string, (world: World, jobId: string) => Promise<Finding>>> = {
  async load(world) {
    const { landed } = world.options;
    const jobId = newJobId();
    await loadOnce(world, jobId);
    const { rows } = await count(world, 'loaded', `json_value(record, '$.id') = '12345678901234567890'`);
    if (rows !== 1) return wrong(`A loaded file has ${rows} of the 1 rows with a long number that were in it.`, report);
    const how = world.client.isEmulator ? '' : ', gzip';
    return ok(
      `A load job reads newline-delimited JSON${how} ${landed === undefined ? 'that is sent' : `from ${landed.uri.replace(/\/[^/]*$/, '')}`}.`,
    );
  },

  async repeated_job(world) {
    const { client } = world;
    const jobId = newJobId();
    await must(client, 'Run a query', queryOf('select 1 as one'), jobId);
    const { refusal } = await submit(client, queryOf('select 1 as one'), jobId);
    if (refusal?.status === 409)
      return ok('A job id that is used again is answered with 409: a retry meets its own job.');
    return wrong(`A job id that is used again is answered with ${refusal?.status ?? 'a second job'}.`, report);
  },

  async partition_filter({ client, scratch }) {
    const { refusal } = await submit(client, queryOf(`select count(*) as n from ${scratch.table('parted')}`));
    if (refusal !== null && /partition/i.test(refusal.message)) {
      return ok('A query without a partition filter is refused (require_partition_filter).');
    }
    return wrong(
      `A query without a partition filter was ${refusal === null ? 'run' : `refused for another reason: ${refusal.message}`}.`,
      report,
    );
  },

  async pruning({ client, scratch }) {
    const one = await bytesOf(
      client,
      `select sum(length(text)) as n from ${scratch.table('parted')} where day = date '2026-01-05'`,
    );
    const whole = await bytesOf(
      client,
      `select sum(length(text)) as n from ${scratch.table('parted')} where day >= date '0001-01-01'`,
    );
    return pruned('SELECT', one, whole);
  },

  async merge_pruning({ client, scratch }) {
    const merge = (
      days: string,
    ): string => `merge into ${scratch.table('parted')} as r using ${scratch.table('source')} as s
      on r.key = s.key and ${days} when matched then update set text = s.text
      when not matched then insert (day, key, text) values (date '2026-01-05', s.key, s.text)`;
    const one = await bytesOf(client, merge(`r.day between date '2026-01-05' and date '2026-01-05'`));
    const whole = await bytesOf(client, merge(`r.day >= date '0001-01-01'`));
    return pruned('MERGE', one, whole);
  },

  async bytes_limit({ client, scratch }) {
    const sql = `select sum(length(text)) as n from ${scratch.table('parted')} where day >= date '0001-01-01'`;
    const { refusal } = await submit(client, queryOf(sql, { maximumBytesBilled: '1', useQueryCache: false }));
    if (refusal === null) return wrong('A query above maximumBytesBilled was run.', report);
    const { kind } = new BigqueryFailure('', refusal);
    if (kind === 'over_budget') return ok('A query above maximumBytesBilled is refused before it reads.');
    return wrong(`A query above maximumBytesBilled was refused, but as ${kind}: ${refusal.message}`, report);
  },

  async atomicity(world) {
    const { client, scratch } = world;
    const target = scratch.table('counted');
    await must(client, 'Create a table', queryOf(`create table ${target} as select 1 as n`));
    const script = `begin transaction; insert into ${target} (n) values (2); select error('mailmart: stop'); commit transaction`;
    const { refusal } = await submit(client, queryOf(script));
    const { rows } = await count(world, 'counted', 'true');
    if (refusal !== null && rows === 1) return ok('A transaction that fails leaves nothing behind.');
    return wrong(`A transaction that fails left ${rows - 1} rows behind.`, report);
  },

  async conflict({ client, scratch }) {
    const merge = `merge into ${scratch.table('parted')} as r using ${scratch.table('source')} as s
      on r.key = s.key and r.day = date '2026-01-06' when matched then update set text = s.text`;
    const session = await submit(client, queryOf('begin transaction', { createSession: true }));
    if (session.refusal !== null) {
      const refused = new BigqueryFailure('Open a session', session.refusal);
      if (refused.kind !== 'denied') throw refused;
      return {
        status: 'skipped',
        message: 'Not tested: this account may not open a session, with which the check holds a transaction open.',
        fix: 'For this check alone: roles/bigquery.user, which has bigquery.sessions.create. A run needs none.',
      };
    }
    const id = String(objectAt(session.job, 'statistics', 'sessionInfo')['sessionId'] ?? '');
    const inSession = { connectionProperties: [{ key: 'session_id', value: id }] };
    try {
      await must(client, 'Merge in a transaction', queryOf(merge, inSession));
      const other = await submit(client, queryOf(`begin transaction; ${merge}; commit transaction`));
      if (other.refusal === null)
        return wrong('Two transactions changed one table at the same time, and both went on.', report);
      const { kind } = new BigqueryFailure('', other.refusal);
      return kind === 'transient'
        ? ok('Of two transactions that change one table, the second is aborted, and mailmart takes that for passing.')
        : wrong(`The second of two transactions was refused as ${kind}: ${other.refusal.message}`, report);
    } finally {
      await submit(client, queryOf('rollback transaction', inSession));
      await submit(client, queryOf(`call bq.abort_session('${id}')`)).catch(() => undefined);
    }
  },

  async wide_numbers({ client }) {
    const { refusal } = await submit(
      client,
      queryOf(`select parse_json('{"n": 12345678901234567890.123456789}') as j`),
    );
    return refusal === null
      ? wrong(
          'A number in JSON that no double holds is taken, and so rounded; mailmart writes such numbers as text.',
          report,
        )
      : ok('A number in JSON that no double holds is refused, not rounded; mailmart writes such numbers as text.');
  },

  async labels({ client, mark }, jobId) {
    const job = await client.call('Look at a job', { path: `/jobs/${jobId}`, query: { location: client.location } }, 1);
    const label = objectAt(job, 'configuration', 'labels')['check'];
    if (label === mark) return ok('Jobs carry their labels: costs can be told apart by them in billing exports.');
    return wrong('A job has not the label that it was given.', report);
  },

  async slot_time({ client }, jobId) {
    const region = `region-${client.location.toLowerCase()}`;
    const { refusal } = await submit(
      client,
      queryOf(`select total_slot_ms, total_bytes_billed from \`${region}\`.INFORMATION_SCHEMA.JOBS_BY_USER
        where creation_time > timestamp_sub(current_timestamp(), interval 1 hour) and job_id = '${jobId}'`),
    );
    if (refusal === null) return ok('INFORMATION_SCHEMA.JOBS_BY_USER tells slot time and bytes of mailmart’s jobs.');
    return {
      status: 'warning',
      message: `INFORMATION_SCHEMA.JOBS_BY_USER cannot be read: ${new BigqueryFailure('Look at jobs', refusal).message}`,
      fix: 'Grant roles/bigquery.resourceViewer to whoever is to see slot time; mailmart itself runs without.',
    };
  },

  async denied_message({ client, mark }) {
    const { refusal } = await submit(client, queryOf(`select * from \`mailmart-none-${mark}.nothing.here\``));
    if (refusal === null) return wrong('A project that there is not was read.', report);
    const failure = new BigqueryFailure('Read a project that there is not', refusal);
    if (['denied', 'drift'].includes(failure.kind) && failure.fix !== undefined) {
      return ok(
        `What is not granted is named so (${refusal.reason === '' ? refusal.status : refusal.reason}), with what to do.`,
      );
    }
    return wrong(`A refusal was taken for ${failure.kind}: ${refusal.message}`, report);
  },
};

function pruned(what: string, one: number, whole: number): Finding {
  if (one > 0 && one * 5 <= whole) {
    return ok(`A ${what} with constant dates reads ${bytesText(one)} of ${bytesText(whole)}.`);
  }
  return wrong(
    `A ${what} with constant dates would read ${bytesText(one)} of ${bytesText(whole)}: partitions are not pruned.`,
    report,
  );
}

async function loadOnce(world: World, jobId: string): Promise<void> {
  const { client, scratch, options } = world;
  const tableId = scratch.table('loaded').split('.').at(-1)?.slice(0, -1) ?? '';
  const load = {
    destinationTable: { projectId: client.project, datasetId: scratch.datasetId, tableId },
    schema: {
      fields: [
        { name: 'key', type: 'INT64' },
        { name: 'record', type: 'JSON' },
      ],
    },
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    writeDisposition: 'WRITE_TRUNCATE',
  };
  if (options.landed !== undefined) {
    await must(client, 'Load from the landing bucket', { load: { ...load, sourceUris: [options.landed.uri] } }, jobId);
    return;
  }
  const sending = send({ client }, async function* () {
    yield Buffer.from(`${probeRows.join('\n')}\n`);
  });
  try {
    await sending(jobId, { load });
  } catch (error) {
    throw new BigqueryFailure('Send a file to load', refusalOf(error), error);
  }
  const { refusal } = await ended(client, jobId);
  if (refusal !== null) throw new BigqueryFailure('Load a file', refusal);
}

async function count({ client, scratch }: World, name: string, where: string): Promise<{ readonly rows: number }> {
  const { jobId } = await must(
    client,
    'Count rows',
    queryOf(`select count(*) as n from ${scratch.table(name)} where ${where}`),
  );
  const answer = await client.call('Count rows', { path: `/queries/${jobId}`, query: { location: client.location } });
  const [row] = (answer['rows'] ?? []) as unknown as readonly { readonly f: readonly { readonly v: unknown }[] }[];
  return { rows: Number(row?.f[0]?.v ?? 0) };
}
