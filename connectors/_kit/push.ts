import type { Json, JsonObject } from '../../src/contracts/json.ts';
import type { ItemState, Slice } from '../../src/contracts/sync.ts';
import type { CustomStream, Key, PlanContext, ReadContext, ReadPage } from './contract.ts';
import { emptyInbox, type Post, type Segment } from './hook.ts';
import type { TimeUnit } from './instant.ts';
import { NotJson, parseJsonBytes } from './json.ts';

/** A slice ends with the first post behind so many bytes: seconds of work, and what a crash has read again. */
const SLICE_BYTES = 16 * 1_048_576;
/** A page ends with the first post behind so many bytes or records: what is in memory at a time, beside one post. */
const PAGE_BYTES = 4 * 1_048_576;
const PAGE_RECORDS = 10_000;

/** Thrown by `records` for a post that is not what the hook sends: the whole post goes to quarantine, with these words. */
export class NotAPost extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotAPost';
  }
}

/** What a stream of posted records declares; the rest is the same for all of them. */
export type PushDefinition<C, R> = Pick<
  CustomStream<C, R>,
  'description' | 'schema' | 'primaryKey' | 'person' | 'permission' | 'after'
> & {
  /** Name of the hook whose signed posts hold the records. */
  readonly hook: string;
  /** The records of one post; throws `NotAPost` for a post that has another form. */
  readonly records: (body: Uint8Array, contentType: string) => readonly Json[];
  /** When the event happened: it never changes, so raw is partitioned by it. Absent where the source does not say it exactly. */
  readonly occurredAt?: { readonly field: Key<R>; readonly unit: TimeUnit };
};

/**
 * A stream of what a source posts. Its work items are the inbox's segments, each with the offset up to which it is in raw; its slices are
 * ranges of bytes, which mean the same posts for ever. Only signed posts are read: another one is a hint.
 *
 * A post is a fact that its sender was told we have, and the same bytes come again with every attempt. So nothing in it ends
 * the read: good records load, others go to quarantine whole, however many they are, and the run says so. (An API whose page is
 * refused by more than a twentieth has changed its form, and stopping there loses nothing. Here it would keep every good
 * event behind it out of raw.)
 */
export function pushStream<C, R>(definition: PushDefinition<C, R>): CustomStream<C, R> {
  const { hook, records, occurredAt, ...base } = definition;
  return {
    ...base,
    ...(occurredAt === undefined ? {} : { partitionBy: occurredAt.field }),
    // A time to show and to partition by: how far the stream was read, offsets say.
    cursor: occurredAt === undefined ? 'full-refresh' : { ...occurredAt, order: 'unsorted', lookback: 'PT0S' },
    push: hook,
    immutable: true,
    sweep: false,
    plan: {
      why: 'a slice is a range of bytes of a segment of the inbox',
      slices: (context) => planSegments(hook, context),
    },
    read: (context) => readPosts(hook, records, context),
    why: 'the source posts these records and nothing can be asked for: they come from the inbox',
  };
}

/** The records of a post that is one JSON array; what is no object in it is refused by itself. */
export function jsonArray(body: Uint8Array): readonly Json[] {
  let value: Json;
  try {
    value = parseJsonBytes(body);
  } catch (error) {
    throw error instanceof NotJson ? new NotAPost(`Expected a JSON array, but ${error.message}`) : error;
  }
  if (!Array.isArray(value)) throw new NotAPost('Expected a JSON array');
  return value as readonly Json[];
}

/** How far a segment is in raw, as an offset. */
export function offsetOf(state: ItemState | undefined): number {
  const offset = Number(state?.cursor ?? 0);
  if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw new Error(`The checkpoint of a segment is no offset: ${state?.cursor}`);
}

async function planSegments<C>(hook: string, context: PlanContext<C>): Promise<readonly Slice[]> {
  const { inbox = emptyInbox, state, now } = context;
  const slices: Slice[] = [];
  for (const segment of await inbox.segments(hook)) {
    const { name, bytes } = segment;
    // Less than was read: posts that nobody was told we have, cut off after a crash. They are posted again.
    let from = offsetOf(state.get(name));
    if (from >= bytes) continue;
    for (const to of await cuts(hook, segment, from, inbox)) {
      slices.push({
        id: `segment=${name},from=${from}`,
        item: name,
        mode: 'incremental',
        pathParams: { segment: name, from: String(from), to: String(to) },
        inherit: {},
        next: { readAt: now, cursor: String(to) },
      });
      from = to;
    }
  }
  return slices;
}

const cuts = async (
  hook: string,
  { name, bytes }: Segment,
  from: number,
  inbox: NonNullable<PlanContext<unknown>['inbox']>,
): Promise<readonly number[]> =>
  bytes - from <= SLICE_BYTES ? [bytes] : await inbox.borders(hook, name, from, bytes, SLICE_BYTES);

async function* readPosts<C>(
  hook: string,
  records: PushDefinition<C, unknown>['records'],
  { inbox, slice, signal }: ReadContext<C>,
): AsyncGenerator<ReadPage> {
  const { segment = '', from, to } = slice.pathParams;
  let page = new Page();
  for await (const post of inbox.posts(hook, segment, Number(from), Number(to), signal)) {
    if (!post.isSigned) continue;
    page.add(post, records);
    if (!page.isFull) continue;
    yield page;
    page = new Page();
  }
  if (!page.isEmpty) yield page;
}

/** The records of some posts, each with its place. */
class Page implements ReadPage {
  readonly records: JsonObject[] = [];
  readonly rejected: NonNullable<ReadPage['rejected']>[number][] = [];
  bytes = 0;
  /** Index of each post's first record, and the post's place. */
  private readonly starts: { readonly first: number; readonly position: string }[] = [];

  get isFull(): boolean {
    return this.bytes >= PAGE_BYTES || this.records.length >= PAGE_RECORDS;
  }

  get isEmpty(): boolean {
    return this.bytes === 0 && this.records.length === 0 && this.rejected.length === 0;
  }

  add({ position, body, contentType }: Post, recordsOf: PushDefinition<unknown, unknown>['records']): void {
    this.bytes += body.length;
    try {
      const records = recordsOf(body, contentType);
      this.starts.push({ first: this.records.length, position });
      // Elements that are no objects stay in: the edge refuses them one by one. Not spread: there may be a million.
      for (const record of records) this.records.push(record as JsonObject);
    } catch (error) {
      // A slip of the connector must not keep what is behind this post out of raw either. Its words may hold values.
      const reason = error instanceof NotAPost ? error.message : 'The connector failed over this post: report it';
      this.rejected.push({ position, path: '', reason, record: exactBody(body) });
    }
  }

  readonly positionOf = (index: number): string => {
    const post = this.starts.findLast(({ first }) => first <= index);
    return `${post?.position} record ${index - (post?.first ?? 0) + 1}`;
  };
}

/** A body as text from which it can be had again. */
function exactBody(body: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    if (!text.includes('\0')) return text;
  } catch {
    // Not UTF-8.
  }
  return `base64:${Buffer.from(body).toString('base64')}`;
}
