import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/**
 * Stands in front of the emulator and does what BigQuery does and the emulator does not: job ids that are used up, jobs that fail
 * after they were accepted, bytes and their limit, partition filters; and the faults of a script. Shapes and words of answers:
 * https://cloud.google.com/bigquery/docs/reference/rest/v2/Job and https://cloud.google.com/bigquery/docs/error-messages.
 */
export type Proxy = {
  readonly url: string;
  /** Requests in the order of their arrival. */
  readonly seen: readonly Seen[];
  /** Every job that was accepted, by id. */
  readonly jobs: ReadonlyMap<string, Job>;
  /** The fault decides about the next requests that it matches; faults given first come first. */
  fault(fault: Fault): void;
  /** What BigQuery would read for a statement; 0 until it is set. */
  bytesOf(count: (sql: string) => number): void;
  stop(): Promise<void>;
};

export type Seen = {
  readonly method: string;
  /** Below `/projects/<project>`, without its query. */
  readonly path: string;
  readonly kind: 'load' | 'query' | 'dry run' | 'other';
  /** Of an insert. */
  readonly jobId: string;
  readonly sql: string;
  readonly maximumBytesBilled: number | null;
  /** Of the destination of a load, else ''. */
  readonly table: string;
  /** HTTP status of the answer; 0 while there is none, and for ever when the connection was cut. */
  status: number;
};

export type Job = {
  readonly id: string;
  readonly kind: 'load' | 'query';
  readonly sql: string;
  state: 'running' | 'done' | 'failed';
  /** Whether the emulator did its work. */
  hasRun: boolean;
  resource: Resource;
};

type Resource = Readonly<Record<string, unknown>>;

export type Fault = {
  readonly on: (seen: Seen) => boolean;
  /** Matching requests that pass before the first that is hit. Default 0. */
  readonly skip?: number;
  /** Requests that are hit. Default 1. */
  readonly times?: number;
  readonly hit: Hit;
};

export type Hit =
  /** It never arrives: the answer is given at once. */
  | { readonly kind: 'refuse'; readonly answer: Answer; readonly meanwhile?: () => unknown }
  /** It is done, but this is answered. */
  | { readonly kind: 'lose'; readonly answer: Answer }
  /** The job is accepted, and its end is a failure; its work is not done. */
  | { readonly kind: 'fail'; readonly reason: string; readonly message: string }
  /** The job is accepted, and nobody has ever heard of it later. */
  | { readonly kind: 'forget' }
  /** Something else happens before, or after, it is done; the answer is its own. */
  | { readonly kind: 'meanwhile'; readonly before?: () => unknown; readonly after?: () => unknown };

/** `cut`: the connection ends without an answer. */
export type Answer = 'cut' | { readonly status: number; readonly body: object };

export const apiError = (status: number, reason: string, message: string): Answer => ({
  status,
  body: { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } },
});

/** Answers of https://cloud.google.com/bigquery/docs/troubleshoot-quotas and of threads about BigQuery. */
export const answers = {
  backendError: apiError(503, 'backendError', 'Error encountered during execution. Retrying may solve the problem.'),
  rateLimit: apiError(
    403,
    'rateLimitExceeded',
    'Exceeded rate limits: too many table update operations for this table. For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas',
  ),
  loadQuota: apiError(
    403,
    'quotaExceeded',
    'Quota exceeded: Your table exceeded quota for imports or query appends per table. For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas',
  ),
} as const;

export const failures = {
  loadQuota: {
    kind: 'fail',
    reason: 'quotaExceeded',
    message:
      'Quota exceeded: Your table exceeded quota for imports or query appends per table. For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas',
  },
  backendError: { kind: 'fail', reason: 'backendError', message: 'Backend error. Please try again.' },
  concurrentUpdate: {
    kind: 'fail',
    reason: 'invalidQuery',
    message:
      'Query error: Transaction is aborted due to concurrent update against table test:raw.mailchimp__members. Transaction ID: 61e30eea-0000-2dab-8e60-94eb2c1b1a92 at [24:9]',
  },
  tooManyStatements: {
    kind: 'fail',
    reason: 'resourcesExceeded',
    message:
      'Resources exceeded during query execution: Too many DML statements outstanding against table test:raw.mailchimp__members, limit is 20.',
  },
  invalid: {
    kind: 'fail',
    reason: 'invalid',
    message: 'Error while reading data, error message: JSON table encountered too many errors, giving up.',
  },
} as const satisfies Readonly<Record<string, Hit>>;

export const isLoad = ({ kind }: Seen): boolean => kind === 'load';
/** The transaction of a load: rows, ledger, checkpoints. */
export const isCommit = ({ kind, sql }: Seen): boolean =>
  kind === 'query' && sql.startsWith('begin transaction') && sql.includes('load_ledger');

export async function startProxyForTest(target: string): Promise<Proxy> {
  const proxy = await startProxy(target);
  onTestFinished(() => proxy.stop());
  return proxy;
}

export async function startProxy(target: string): Promise<Proxy> {
  const seen: Seen[] = [];
  const jobs = new Map<string, Job>();
  const faults: { readonly fault: Fault; matched: number }[] = [];
  const filtered = new Map<string, string>();
  let bytesOf: (sql: string) => number = () => 0;

  const faultOf = (one: Seen): Hit | null => {
    for (const entry of faults) {
      if (!entry.fault.on(one)) continue;
      entry.matched += 1;
      const place = entry.matched - (entry.fault.skip ?? 0);
      if (place > 0 && place <= (entry.fault.times ?? 1)) return entry.fault.hit;
    }
    return null;
  };

  const forward = async (request: IncomingMessage, body: Buffer): Promise<{ status: number; text: string }> => {
    const { host: _, connection: __, 'content-length': ___, 'transfer-encoding': ____, ...headers } = request.headers;
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { ...(headers as Record<string, string>), 'accept-encoding': 'identity' },
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const one = describe(request, body);
    seen.push(one);
    const send = (answer: Answer): void => {
      if (answer === 'cut') {
        request.socket.destroy();
        return;
      }
      one.status = answer.status;
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(answer.status === 204 ? '' : JSON.stringify(answer.body));
    };
    const hit = faultOf(one);
    if (hit?.kind === 'refuse') {
      await hit.meanwhile?.();
      send(hit.answer);
      return;
    }
    if (hit?.kind === 'meanwhile') await hit.before?.();
    const answer = await answerOf(request, body, one, hit);
    if (hit?.kind === 'meanwhile') await hit.after?.();
    send(hit?.kind === 'lose' ? hit.answer : answer);
  };

  const passed = ({ status, text }: { readonly status: number; readonly text: string }): Answer => ({
    status,
    body: text === '' ? {} : (JSON.parse(text) as object),
  });

  const answerOf = async (request: IncomingMessage, body: Buffer, one: Seen, hit: Hit | null): Promise<Answer> => {
    if (one.method === 'POST' && /^\/datasets\/\w+\/tables$/.test(one.path)) learnTable(body);
    const asked = /^\/jobs\/([^/]+)$/.exec(one.path)?.[1];
    if (one.method === 'GET' && asked !== undefined) {
      const known = jobs.get(asked);
      if (known === undefined) return apiError(404, 'notFound', `Not found: Job test:EU.${asked}`);
      return { status: 200, body: known.resource };
    }
    if (one.kind === 'other') return passed(await forward(request, body));
    const refused = unfiltered(one.sql);
    if (one.kind === 'dry run') {
      if (refused !== null) return apiError(400, 'invalidQuery', refused);
      const { status, text } = await forward(request, body);
      if (status !== 200) return passed({ status, text });
      const resource = JSON.parse(text) as Resource;
      const { reason, message } = errorOf(resource);
      if (message !== '') return apiError(400, reason, message);
      return { status, body: withBytes(resource, bytesOf(one.sql)) };
    }
    return await insert(request, body, one as Seen & { kind: Job['kind'] }, hit, refused);
  };

  const insert = async (
    request: IncomingMessage,
    body: Buffer,
    one: Seen & { readonly kind: Job['kind'] },
    hit: Hit | null,
    refused: string | null,
  ): Promise<Answer> => {
    const { jobId: id, sql, kind } = one;
    if (jobs.has(id)) return apiError(409, 'duplicate', `Already Exists: Job test:EU.${id}`);
    const running = resourceOf(id, { state: 'RUNNING' });
    if (hit?.kind === 'forget') return { status: 200, body: running };
    const job: Job = { id, kind, sql, state: 'running', hasRun: false, resource: running };
    jobs.set(id, job);
    const fail = (reason: string, message: string): Answer => {
      job.state = 'failed';
      const error = { reason, message };
      job.resource = resourceOf(id, { state: 'DONE', errorResult: error, errors: [error] });
      return { status: 200, body: running };
    };
    if (hit?.kind === 'fail') return fail(hit.reason, hit.message);
    if (refused !== null) return fail('invalidQuery', refused);
    const bytes = kind === 'query' ? bytesOf(sql) : 0;
    if (one.maximumBytesBilled !== null && bytes > one.maximumBytesBilled) {
      return fail(
        'bytesBilledLimitExceeded',
        `Query exceeded limit for bytes billed: ${one.maximumBytesBilled}. ${bytes} or higher required.`,
      );
    }
    job.hasRun = true;
    const { status, text } = await forward(request, body);
    let resource = JSON.parse(text) as Resource;
    const { reason, message } = errorOf(resource);
    // The emulator stumbles when it is to drop what is not there, and has nothing to do then.
    const isNothing = /^drop \w+ if exists/.test(sql) && message.includes('nil pointer');
    if (!isNothing && (status !== 200 || message !== '')) return fail(reason, message);
    // The emulator's answer to an upload does not say how the job is.
    while ((resource['status'] as { readonly state?: string } | undefined)?.state !== 'DONE') {
      await sleep(5);
      resource = (await (await fetch(`${target}/bigquery/v2/projects/test/jobs/${id}`)).json()) as Resource;
    }
    for (const statement of sql.split(';')) learnStatement(statement);
    job.state = 'done';
    job.resource = withBytes(resource, bytes);
    return { status: 200, body: job.resource };
  };

  const learnTable = (body: Buffer): void => {
    const table = JSON.parse(body.toString()) as {
      readonly tableReference: { readonly datasetId: string; readonly tableId: string };
      readonly timePartitioning?: { readonly field?: string };
      readonly requirePartitionFilter?: boolean;
    };
    const name = `${table.tableReference.datasetId}.${table.tableReference.tableId}`;
    if (table.requirePartitionFilter === true) filtered.set(name, table.timePartitioning?.field ?? '');
    else filtered.delete(name);
  };

  const learnStatement = (sql: string): void => {
    const created = /^\s*create (?:or replace )?table (?:if not exists )?`[^`.]+\.(\w+\.\w+)`/i.exec(sql)?.[1];
    if (created === undefined) return;
    const column = /partition by (?:date_trunc\()?(\w+)/i.exec(sql)?.[1];
    if (column !== undefined && /require_partition_filter\s*=\s*true/i.test(sql)) filtered.set(created, column);
    else filtered.delete(created);
  };

  /**
   * BigQuery's refusal of a statement that reads a table without a condition on its partitions, or null. By the text: after the
   * table's name, inside its parentheses, there has to be a condition that compares the column with a constant.
   */
  const unfiltered = (sql: string): string | null => {
    for (const statement of sql.split(';')) {
      for (const match of statement.matchAll(
        /\b(?:from|join|merge(?: into)?|using|update|delete)\s+`[^`.]+\.(\w+\.\w+)`/gi,
      )) {
        const column = filtered.get(match[1] ?? '');
        if (column === undefined) continue;
        const scope = upToEnd(statement.slice(match.index));
        const compared = new RegExp(
          `\\b(?:where|on)\\b[\\s\\S]*\\b${column}\\s+(?:(?:>=?|<=?|=|between)\\s*(?:date\\s*'|@)|is null)`,
          'i',
        );
        if (compared.test(scope)) continue;
        return `Cannot query over table '${match[1]}' without a filter over column(s) '${column}' that can be used for partition elimination`;
      }
    }
    return null;
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(599);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    jobs,
    fault: (fault) => {
      faults.push({ fault, matched: 0 });
    },
    bytesOf: (count) => {
      bytesOf = count;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Until the parenthesis that was open at the start ends. */
function upToEnd(text: string): string {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (depth < 0) return text.slice(0, index);
  }
  return text;
}

function describe(request: IncomingMessage, body: Buffer): Seen {
  const url = new URL(request.url ?? '/', 'http://proxy');
  const path = url.pathname.replace(/^(\/upload)?\/bigquery\/v2\/projects\/[^/]+/, '');
  const base = {
    method: request.method ?? 'GET',
    path,
    jobId: '',
    sql: '',
    maximumBytesBilled: null,
    table: '',
    status: 0,
  };
  if (base.method !== 'POST' || path !== '/jobs') return { ...base, kind: 'other' };
  // An upload's first part is the job; the bytes come after it.
  const text = url.pathname.startsWith('/upload/')
    ? (/\r\n\r\n(\{.*?\})\r\n--/s.exec(body.toString('utf8'))?.[1] ?? '{}')
    : body.toString('utf8');
  const { jobReference, configuration } = JSON.parse(text) as {
    readonly jobReference?: { readonly jobId?: string };
    readonly configuration?: {
      readonly dryRun?: boolean;
      readonly query?: { readonly query?: string; readonly maximumBytesBilled?: string };
      readonly load?: { readonly destinationTable?: { readonly datasetId?: string; readonly tableId?: string } };
    };
  };
  const { datasetId = '', tableId = '' } = configuration?.load?.destinationTable ?? {};
  const most = configuration?.query?.maximumBytesBilled;
  return {
    ...base,
    kind: configuration?.load !== undefined ? 'load' : configuration?.dryRun === true ? 'dry run' : 'query',
    jobId: jobReference?.jobId ?? '',
    sql: configuration?.query?.query ?? '',
    maximumBytesBilled: most === undefined ? null : Number(most),
    table: configuration?.load === undefined ? '' : `${datasetId}.${tableId}`,
  };
}

const resourceOf = (id: string, status: object): Resource => ({
  kind: 'bigquery#job',
  jobReference: { projectId: 'test', jobId: id, location: 'EU' },
  status,
  statistics: {},
});

const withBytes = (resource: Resource, bytes: number): Resource => {
  const statistics = (resource['statistics'] ?? {}) as { readonly query?: object };
  return {
    ...resource,
    statistics: {
      ...statistics,
      totalBytesProcessed: String(bytes),
      query: { ...statistics.query, totalBytesProcessed: String(bytes), totalBytesBilled: String(bytes) },
    },
  };
};

/** What the emulator says of a job that failed, or of a request, in BigQuery's words. */
function errorOf(answer: Resource): { readonly reason: string; readonly message: string } {
  const { status, error } = answer as {
    readonly status?: { readonly errorResult?: { readonly message?: string } };
    readonly error?: { readonly message?: string };
  };
  const message = status?.errorResult?.message ?? error?.message ?? '';
  if (message === '') return { reason: '', message };
  if (/table not found/i.test(message)) return { reason: 'notFound', message: `Not found: ${message}` };
  if (/already exists/i.test(message)) return { reason: 'duplicate', message: `Already Exists: ${message}` };
  return { reason: 'invalidQuery', message };
}
