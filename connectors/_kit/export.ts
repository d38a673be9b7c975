import { setTimeout as delay } from 'node:timers/promises';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { CustomStream, HttpRequest, HttpResponse, ReadContext, ReadPage } from './contract.ts';
import { ConnectorError, type FailureKind } from './errors.ts';
import { recordLines } from './record-lines.ts';

/** How an ordered export stands. */
export type ExportState =
  | { readonly kind: 'pending' }
  /** `count`: records in all files together, where the source states it. */
  | { readonly kind: 'ready'; readonly urls: readonly string[]; readonly count: number | null }
  | { readonly kind: 'failed' };

/** An export as data: which requests order it and ask after it, and how their answers are read. */
export type Export<C> = {
  /** Names of connector and stream, for messages. */
  readonly connector: string;
  readonly name: string;
  readonly order: (context: ReadContext<C>) => HttpRequest;
  /** Id of the job in the answer to the order; undefined when it holds none. */
  readonly jobOf: (response: HttpResponse) => string | undefined;
  readonly status: (job: string) => HttpRequest;
  readonly stateOf: (response: HttpResponse) => ExportState | undefined;
  /** A record of the file as raw is to keep it; default: unchanged. */
  readonly record?: (record: JsonObject) => JsonObject;
  /** Milliseconds between the first looks, made in place: small exports are ready in seconds. Default 1 s, 2 s, 4 s. */
  readonly pauses?: readonly number[];
};

/** What outlives a crash: the job that was ordered, and how many were. */
type Note = { readonly job: string; readonly orders: number; readonly orderedAt: string };

/** The second order answers a job that failed; a third would only repeat it. */
const MOST_ORDERS = 2;
const SHORTEST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 300_000;

/**
 * A stream that is ordered, waited for, and downloaded as lines of JSON. The job's id is durable before it is first asked after,
 * so whoever goes on after a crash waits for the same job (one that dies between the order and its note orders one more). A job
 * that is not ready after a few looks ends the read with `pending`, and the account's workflow sleeps on a timer.
 */
export function exportStream<C, R>(
  options: Omit<CustomStream<C, R>, 'read' | 'why'> & { readonly export: Export<C> },
): CustomStream<C, R> {
  const { export: ordered, ...base } = options;
  return {
    ...base,
    mode: 'export',
    why: 'the source makes a file when it is asked to, and only its job tells when it is ready',
    read: (context) => new ExportRead(ordered, context).pages(),
  };
}

class ExportRead<C> {
  private readonly options: Export<C>;
  private readonly context: ReadContext<C>;

  constructor(options: Export<C>, context: ReadContext<C>) {
    this.options = options;
    this.context = context;
  }

  async *pages(): AsyncGenerator<ReadPage> {
    const { urls, count } = await this.ready();
    try {
      let files = 0;
      for (const url of urls) {
        files += 1;
        yield* this.file(url, `file ${files}`, count);
      }
      if (urls.length === 0) yield { records: [], total: count, bytes: 0 };
    } catch (error) {
      // Its addresses are no longer good: the next attempt orders anew.
      const isExpired =
        error instanceof ConnectorError && error.kind === 'cursor_expired' && error.status !== undefined;
      if (isExpired) await this.context.memo.write(null);
      throw error;
    }
  }

  private async *file(url: string, label: string, total: number | null): AsyncGenerator<ReadPage> {
    const { http, signal } = this.context;
    const { name, record = (same) => same } = this.options;
    for await (const page of recordLines(http.download(url, { stream: name }, signal), label)) {
      if (page === 'too long')
        throw this.failure('contract', `has a line in ${label} that does not end`, 'Report it to the vendor.');
      yield { ...page, records: page.records.map((one) => record(one)), total };
    }
  }

  /** Waits in place for a while, and orders again what failed at the source. */
  private async ready(): Promise<Extract<ExportState, { kind: 'ready' }>> {
    const { pauses = [1_000, 2_000, 4_000] } = this.options;
    let note = ((await this.context.memo.read()) as Note | null) ?? (await this.order(1));
    for (let looks = 0; ; looks += 1) {
      const state = await this.look(note.job);
      if (state.kind === 'ready') return state;
      if (state.kind === 'failed') {
        if (note.orders >= MOST_ORDERS) {
          throw this.failure(
            'rejected',
            `failed at the source, ${MOST_ORDERS} times`,
            'Run again later; if it goes on, ask the support of the service about the failed export.',
          );
        }
        note = await this.order(note.orders + 1);
        continue;
      }
      const pause = pauses[looks];
      if (pause === undefined) throw this.pending(note);
      await delay(pause, undefined, { signal: this.context.signal });
    }
  }

  private async order(orders: number): Promise<Note> {
    const { http, signal, memo, now } = this.context;
    const job = this.options.jobOf(
      await http.request({ ...this.options.order(this.context), stream: this.options.name }, signal),
    );
    if (job === undefined || job === '')
      throw this.failure('contract', 'was ordered, and the answer names no job', fixOfShape);
    const note: Note = { job, orders, orderedAt: now };
    await memo.write(note);
    return note;
  }

  private async look(job: string): Promise<ExportState> {
    const { http, signal } = this.context;
    const state = this.options.stateOf(
      await http.request({ ...this.options.status(job), stream: this.options.name }, signal),
    );
    if (state === undefined) throw this.failure('contract', 'is in a state that is not documented', fixOfShape);
    return state;
  }

  /** The longer it takes, the longer the wait. */
  private pending({ orderedAt }: Note): ConnectorError {
    const age = Date.parse(this.context.now) - Date.parse(orderedAt);
    const retryAfterMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, Math.round(age / 2)));
    return this.failure('pending', 'is not ready yet', 'Nothing to do: it goes on by itself.', retryAfterMs);
  }

  private failure(kind: FailureKind, what: string, fix: string, retryAfterMs?: number): ConnectorError {
    const { connector, name } = this.options;
    return new ConnectorError(`The export of ${connector} stream ${name} ${what}.`, {
      kind,
      connector,
      stream: name,
      fix,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}

const fixOfShape =
  'The API answers in another shape than documented: compare with the vendor’s reference and report it.';
