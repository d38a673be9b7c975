import type { AnyStream, Connector, Http, Memo, ReadContext, ReadPage, Stream } from './contract.ts';
import { Drain, type DrainOptions } from './drain.ts';
import { ConnectorError } from './errors.ts';
import { emptyInbox, type Inbox } from './hook.ts';
import type { Json } from '../../src/contracts/json.ts';
import type { Slice } from '../../src/contracts/sync.ts';
import { declaredPages, type PageResume } from './pages.ts';
import { pagesOf } from './paginate.ts';
import type { ReadAhead } from './read-ahead.ts';
import { SkippedAnswer } from './skip.ts';
import type { SliceEvent, SliceResume } from './slice-events.ts';

export type ReadSliceOptions<C> = DrainOptions & {
  readonly config: C;
  readonly http: Http;
  readonly signal: AbortSignal;
  /** Default: nothing was ever received. */
  readonly inbox?: Inbox;
  /** Default: one that lives as long as this read. */
  readonly memo?: Memo;
  /** How far to read ahead; default: one page after the other. */
  readonly ahead?: ReadAhead;
  /** Where an earlier attempt stopped: `resume` of the last of its pages that is durable, and the keys up to there. */
  readonly resume?: { readonly at: SliceResume; readonly keys: AsyncIterable<string> };
};

const MAX_RESTARTS = 2;

function shortMemo(): Memo {
  let note: Json = null;
  return {
    read: () => Promise.resolve(note),
    write: (written) => {
      note = written;
      return Promise.resolve();
    },
  };
}

/**
 * Reads one slice to its end: pages of known-good rows and refused records, then one `end`. When the source changed
 * while it was paged (its total moved, a row came twice, rows are missing at the end) it is read again from the start,
 * twice at most; then the end says what is missing. The cursor moves only in the `end` of a whole read.
 */
export async function* readSlice<C>(
  connector: Connector<C>,
  streamName: string,
  options: ReadSliceOptions<C>,
): AsyncGenerator<SliceEvent, void> {
  const stream = streamOf(connector, streamName);
  for (let restarts = 0; ; restarts++) {
    const resume = restarts === 0 ? options.resume : undefined;
    const drain = new Drain(connector.name, streamName, stream, options);
    if (resume !== undefined) await drain.restore(resume.at.drained, resume.keys);
    const from = resume?.at.pages;
    const skipped = from === null ? undefined : yield* readPages(connector, streamName, stream, options, drain, from);
    const changed = drain.atEnd(skipped);
    if (changed === undefined || restarts === MAX_RESTARTS) {
      const isRead = changed === undefined && skipped === undefined;
      const missing = isRead ? yield* readTail(connector, streamName, stream, options, drain) : changed;
      yield drain.end(missing, skipped);
      return;
    }
    yield { kind: 'restart', reason: changed };
  }
}

/** One pass over a slice's pages, up to where the source is seen to change; returns the expected absence that ended it, if one did. */
async function* readPages<C>(
  connector: Connector<C>,
  name: string,
  stream: AnyStream<C>,
  options: ReadSliceOptions<C>,
  drain: Drain,
  resume?: PageResume,
): AsyncGenerator<SliceEvent, string | undefined> {
  try {
    for await (const page of pagesIn(connector, name, stream, options, drain, resume)) {
      options.signal.throwIfAborted();
      const event = drain.page(page);
      yield page.resume === undefined ? event : { ...event, resume: { pages: page.resume, drained: drain.save() } };
      drain.assertShape();
      if (drain.changed !== undefined) break;
    }
  } catch (error) {
    if (!(error instanceof SkippedAnswer)) throw error;
    return error.message;
  }
  return undefined;
}

/**
 * Reads a slice's tail, where it has one; returns why it is not the whole. Rows of a try that failed stay: each is as the source
 * showed it, and of several under one key the last counts.
 */
async function* readTail<C>(
  connector: Connector<C>,
  name: string,
  stream: AnyStream<C>,
  options: ReadSliceOptions<C>,
  before: Drain,
): AsyncGenerator<SliceEvent, string | undefined> {
  const { tail, ...slice } = options.slice;
  if (tail === undefined) return undefined;
  const ofTail = { ...options, slice: { ...slice, window: tail } };
  // A later attempt goes on behind a page of the slice's own window alone.
  const unordered = { ...stream, stableOrder: false };
  // What a reader of its own says is missing is not among what is kept.
  yield 'read' in stream ? { kind: 'tail' } : { kind: 'tail', resume: { pages: null, drained: before.save() } };
  for (let tries = 1; ; tries++) {
    const drain = new Drain(connector.name, name, stream, ofTail);
    const skipped = yield* readPages(connector, name, unordered, ofTail, drain);
    const changed = skipped ?? drain.atEnd(skipped);
    if (changed !== undefined && tries <= MAX_RESTARTS) continue;
    before.owe(drain);
    return changed;
  }
}

/** How many pages a slice has, as far as its parent tells; one where nobody does. */
export function expectedPages<C>(connector: Connector<C>, streamName: string, { expected }: Slice): number {
  const stream = streamOf(connector, streamName);
  return 'read' in stream || expected === undefined ? 1 : pagesOf(stream.paginate, expected);
}

export function streamOf<C>(connector: Connector<C>, streamName: string): AnyStream<C> {
  const stream = Object.hasOwn(connector.streams, streamName) ? connector.streams[streamName] : undefined;
  if (stream !== undefined) return stream;
  throw new ConnectorError(`${connector.name} has no stream "${streamName}"`, {
    kind: 'config',
    connector: connector.name,
    fix: `Choose from: ${Object.keys(connector.streams).sort().join(', ')}.`,
  });
}

function pagesIn<C>(
  connector: Connector<C>,
  name: string,
  stream: Stream<C, unknown>,
  options: ReadSliceOptions<C>,
  drain: Drain,
  resume: PageResume | undefined,
): AsyncIterable<ReadPage & { readonly resume?: PageResume }> {
  const { config, http, slice, now, signal } = options;
  const { inbox = emptyInbox, memo = shortMemo() } = options;
  const context: ReadContext<C> = { config, http, slice, now, signal, inbox, memo };
  return 'read' in stream
    ? stream.read(context)
    : declaredPages(
        connector,
        name,
        stream,
        { ...context, press: drain.press(), ...(resume === undefined ? {} : { resume }) },
        options.ahead,
      );
}
