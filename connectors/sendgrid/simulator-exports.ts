import { gzipSync } from 'node:zlib';

import { createRandom } from '../../src/demo/random.ts';
import { uuid } from '../../src/demo/sendgrid-plan.ts';
import type { Seconds } from '../../src/demo/types.ts';
import { type Answer, ApiError, type Body, type Call, notFound, timestamp } from './simulator-answer.ts';
import { contactBody } from './simulator-contacts.ts';
import { listIdsOf } from './simulator-view.ts';

export type ExportOptions = {
  /** Answers that still say `pending`; default 2. */
  readonly pendingPolls?: number;
  /** Seconds on the simulator's clock that a job takes at least; default 0. */
  readonly pendingSeconds?: number;
  /** Seconds on the simulator's clock that a download address holds; default 3600. */
  readonly urlSeconds?: number;
};

type Job = {
  readonly id: string;
  readonly createdAt: Seconds;
  /** On the simulator's clock, in ms. */
  readonly startedMs: number;
  readonly format: 'json' | 'csv';
  readonly parts: readonly Buffer[];
  readonly count: number;
  readonly hasFailed: boolean;
  polls: number;
};

/** A job and its files are gone three days later. */
const keptDays = 3;

/** Export jobs: made, asked for until they are ready, then downloaded from addresses that expire. */
export class Exports {
  readonly #options: ExportOptions;
  readonly #nowMs: () => number;
  readonly #jobs = new Map<string, Job>();
  /** Token of a download address → when it expires, in ms. */
  readonly #tokens = new Map<string, number>();
  #failing = 0;

  constructor(options: ExportOptions, nowMs: () => number) {
    this.#options = options;
    this.#nowMs = nowMs;
  }

  /** The next so many jobs end with `failure`. */
  failNext(count: number): void {
    this.#failing += count;
  }

  create(call: Call): Answer {
    const asked = (call.body ?? {}) as {
      readonly list_ids?: readonly string[];
      readonly segment_ids?: readonly string[];
      readonly file_type?: string;
      readonly max_file_size?: unknown;
    };
    const { file_type: format = 'csv' } = asked;
    if (format !== 'json' && format !== 'csv') throw new ApiError(400, 'file_type must be csv or json', 'file_type');
    const known = new Set(call.view.half.lists.map((list) => list.id));
    if (asked.list_ids?.some((id) => !known.has(id))) throw new ApiError(400, 'unknown list', 'list_ids');
    if ((asked.segment_ids ?? []).length > 0) throw new ApiError(400, 'segments are not simulated', 'segment_ids');
    const wanted = asked.list_ids ?? [];
    const rows = call.view.contacts
      .filter((contact) => wanted.length === 0 || listIdsOf(contact).some((id) => wanted.includes(id)))
      .map((contact) => contactBody(call.view, contact));
    const job: Job = {
      id: uuid(createRandom(call.view.seed, 'sendgrid export', this.#jobs.size)),
      createdAt: call.view.at,
      startedMs: this.#nowMs(),
      format,
      parts: split(rows, asked.max_file_size !== undefined).map((part) => gzipSync(textOf(part, format))),
      count: rows.length,
      hasFailed: this.#failing > 0,
      polls: 0,
    };
    if (job.hasFailed) this.#failing -= 1;
    this.#jobs.set(job.id, job);
    return {
      status: 202,
      body: { id: job.id, _metadata: { self: `${call.origin}/v3/marketing/contacts/exports/${job.id}` } },
    };
  }

  get(call: Call): Answer {
    const job = this.#jobs.get(call.path['id'] ?? '');
    if (job === undefined || call.view.at >= expiryOf(job)) throw notFound('export not found');
    job.polls += 1;
    const elapsed = (this.#nowMs() - job.startedMs) / 1000;
    const isPending = job.polls <= (this.#options.pendingPolls ?? 2) || elapsed < (this.#options.pendingSeconds ?? 0);
    const status = isPending ? 'pending' : job.hasFailed ? 'failure' : 'ready';
    return {
      body: {
        id: job.id,
        status,
        created_at: timestamp(job.createdAt),
        updated_at: timestamp(job.createdAt),
        expires_at: timestamp(expiryOf(job)),
        ...(status === 'pending' ? {} : { completed_at: timestamp(call.view.at) }),
        ...(status === 'failure' ? { message: 'the export could not be completed' } : {}),
        ...(status === 'ready' ? { urls: this.#urls(call.origin, job), contact_count: job.count } : {}),
        _metadata: { self: `${call.origin}/v3/marketing/contacts/exports/${job.id}` },
      },
    };
  }

  /** All jobs that have not expired, newest first; without download addresses for those that are not ready. */
  list(call: Call): Answer {
    const jobs = [...this.#jobs.values()].reverse().filter((job) => call.view.at < expiryOf(job));
    return {
      body: {
        result: jobs.map((job) => ({
          id: job.id,
          status: job.polls <= (this.#options.pendingPolls ?? 2) ? 'pending' : job.hasFailed ? 'failure' : 'ready',
          created_at: timestamp(job.createdAt),
          expires_at: timestamp(expiryOf(job)),
          urls: [],
          user_id: '1',
          export_type: 'contacts_export',
          segments: [],
          lists: [],
          _metadata: { self: `${call.origin}/v3/marketing/contacts/exports/${job.id}` },
        })),
        _metadata: { self: `${call.origin}/v3/marketing/contacts/exports` },
      },
    };
  }

  /** A file, by `/exports/<job>/<part>` and its token; undefined when the token is wrong or has expired. */
  download(path: string, token: string | null): { readonly body: Buffer; readonly name: string } | undefined {
    const [, id = '', part = ''] = /^\/exports\/([\w-]+)\/part-(\d+)\.\w+\.gz$/.exec(path) ?? [];
    const job = this.#jobs.get(id);
    const body = job?.parts[Number(part)];
    const expires = token === null ? undefined : this.#tokens.get(`${id}/${part}/${token}`);
    if (body === undefined || expires === undefined || expires <= this.#nowMs()) return undefined;
    return { body, name: `part-${part}.${job?.format ?? 'json'}.gz` };
  }

  /** Fresh addresses at each asking. */
  #urls(origin: string, job: Job): string[] {
    const expires = this.#nowMs() + (this.#options.urlSeconds ?? 3600) * 1000;
    return job.parts.map((_part, index) => {
      const token = createRandom('sendgrid download', job.id, index, job.polls).hex(40);
      this.#tokens.set(`${job.id}/${index}/${token}`, expires);
      return `${origin}/exports/${job.id}/part-${index}.${job.format}.gz?X-Token=${token}&X-Expires=${Math.floor(expires / 1000)}`;
    });
  }
}

function expiryOf(job: Job): Seconds {
  return job.createdAt + keptDays * 86_400;
}

/** Three files where a size was asked for, as a big account would have at that size; else one. */
function split(rows: readonly Body[], hasSize: boolean): (readonly Body[])[] {
  const size = hasSize ? Math.max(1, Math.ceil(rows.length / 3)) : Math.max(1, rows.length);
  const parts: (readonly Body[])[] = [];
  for (let start = 0; start < rows.length; start += size) parts.push(rows.slice(start, start + size));
  return parts.length === 0 ? [[]] : parts;
}

/** JSON: one contact a line. CSV: column names in capitals, lists as text. */
function textOf(rows: readonly Body[], format: Job['format']): string {
  if (format === 'json') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const [first] = rows;
  if (first === undefined) return '';
  const cell = (value: unknown): string => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => Object.values(row).map(cell).join(','));
  return [
    Object.keys(first)
      .map((name) => name.toUpperCase())
      .join(','),
    ...lines,
    '',
  ].join('\n');
}
