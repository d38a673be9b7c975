import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { freeBytes } from '../../src/contracts/free-bytes.ts';
import type { Json } from '../../src/contracts/json.ts';
import type { Connector, HttpRequest, HttpResponse, ResponseRule } from './contract.ts';
import { ConnectorError, type FailureDetails, type FailureKind } from './errors.ts';
import { NotJson, parseJsonBytes, shapeOf } from './json.ts';
import { redact, safePath } from './redact.ts';
import { valueAt } from './path.ts';
import { resetOf } from './rate-headers.ts';
import { SkippedAnswer } from './skip.ts';

/** An answer as it came over the wire. */
export type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type Judge = {
  readonly connector: string;
  readonly rules: readonly ResponseRule[];
  readonly maxBytes: number;
  readonly now: () => number;
  readonly rateHeaders?: NonNullable<Connector<never>['rateHeaders']>;
};

/** A 429 that asks for more than this is a quota: a timer resumes the work, no worker waits for it. */
export const QUOTA_MS = 10 * 60_000;

/**
 * In this thread: a page takes a millisecond, the way to Node's background threads and back (one trip for each chunk of
 * 16 kB) longer, and those are busy with the warehouse. Slices are read in threads that have nothing else to do.
 */
const DECODERS: Readonly<Record<string, (body: Uint8Array, options: Unpacking) => Uint8Array>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};
type Unpacking = { readonly maxOutputLength: number; readonly chunkSize: number };
const SMALLEST_CHUNK = 16_384;
const LARGEST_CHUNK = 16 * 1_048_576;

/**
 * Room for the whole text at once, as gzip states it at its end (modulo 4 GiB; a lie only costs time): rooms that are too
 * small are copied together, rooms that are too large hurry the garbage collector.
 */
function roomFor(body: Uint8Array, encoding: string): number {
  const isGzip = encoding.endsWith('gzip') && body.length >= 18;
  const end = body.length - 4;
  const stated = isGzip ? new DataView(body.buffer, body.byteOffset).getUint32(end, true) : body.length * 8;
  return Math.min(Math.max(stated + 64, SMALLEST_CHUNK), LARGEST_CHUNK);
}

/** A page, or the failure that this answer is. Only JSON with content counts as a page: nothing else is ever "no rows". */
export async function judge(answer: RawAnswer, request: HttpRequest, context: Judge): Promise<HttpResponse> {
  const fail = failer(request, context.connector);
  const { status, headers } = answer;
  if (status >= 300 && status < 400) {
    throw fail(
      'contract',
      `answered with a redirect (${status}), which is not followed because it would take the credentials along`,
      {
        status,
        fix: 'Set base_url to the address that answers directly.',
      },
    );
  }
  if (status < 200 || status >= 400) throw await refusal(answer, request, context);
  const type = headers['content-type'];
  const body = content(answer, context.maxBytes, fail);
  if (body.length === 0)
    throw fail('transient', `answered ${status} with an empty body where JSON was due`, { status });
  if (type !== undefined && !/\bjson\b|\+json/i.test(type)) {
    throw fail('transient', `answered ${status} with ${mediaType(type)} where JSON was due`, { status });
  }
  const bytes = answer.body.length;
  const pressed = request.press?.(body) ?? null;
  try {
    const page = pressed === null ? { body: parseJsonBytes(body) } : { body: pressed.body, pressed };
    // What was unpacked is nobody else's.
    if (body !== answer.body) freeBytes(body);
    return { status, headers, bytes, ...page };
  } catch (error) {
    if (error instanceof NotJson)
      throw fail('transient', `answered ${status} with a body that cannot be read: ${error.message}`, { status });
    throw error;
  }
}

/** Makes failures of a request: what was attempted and what came back; what to do is `fix`. */
export type Failer = (
  kind: FailureKind,
  what: string,
  details?: Partial<FailureDetails>,
  cause?: Error,
) => ConnectorError;

export function failer(request: HttpRequest, connector: string): Failer {
  return (kind, what, details = {}, cause) => {
    const stream = request.stream === undefined ? {} : { stream: request.stream };
    const by = request.stream === undefined ? connector : `${connector} stream ${request.stream}`;
    return new ConnectorError(
      `${request.method} ${safePath(request.path)} of ${by} ${redact(what)}.`,
      { ...details, ...stream, kind, connector },
      cause === undefined ? undefined : { cause },
    );
  };
}

function content(answer: RawAnswer, maxBytes: number, fail: Failer): Uint8Array {
  const coding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (coding === 'identity' || coding === '' || answer.body.length === 0) return answer.body;
  const decode = DECODERS[coding];
  if (decode === undefined)
    throw fail('transient', `answered ${answer.status} in an unknown encoding`, { status: answer.status });
  try {
    return decode(answer.body, { maxOutputLength: maxBytes, chunkSize: roomFor(answer.body, coding) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(fail, maxBytes);
    throw fail('transient', `answered ${answer.status} with a compressed body that is cut or damaged`, {
      status: answer.status,
    });
  }
}

/** The byte cap, before and after decompression. */
export function tooLarge(fail: Failer, maxBytes: number): ConnectorError {
  return fail('contract', `answered with more than ${Math.round(maxBytes / 1_048_576)} MiB`, {
    fix: 'Ask for smaller pages.',
  });
}

/** The failure that an answer outside of 2xx is. */
export async function refusal(answer: RawAnswer, request: HttpRequest, context: Judge): Promise<Error> {
  const { status, headers } = answer;
  const problem = await readProblem(answer, context.maxBytes);
  const fail = failer(request, context.connector);
  const what = `answered ${status}${problem?.title === undefined ? '' : ` (${problem.title})`}`;
  const wait = retryAfterMs(headers['retry-after'], context.now()) ?? statedReset(answer, context);
  const waiting = wait === undefined ? {} : { retryAfterMs: wait };

  const rule = context.rules.find(
    (candidate) =>
      candidate.status === status &&
      (candidate.streams === undefined ||
        (request.stream !== undefined && candidate.streams.includes(request.stream))) &&
      (candidate.contains === undefined || (problem?.text ?? '').includes(candidate.contains)),
  );
  if (rule?.kind === 'skip') return new SkippedAnswer(`${request.method} ${safePath(request.path)} ${what}`, status);
  if (rule !== undefined)
    return fail(rule.kind, what, { status, ...waiting, ...(rule.fix === undefined ? {} : { fix: rule.fix }) });

  if (status === 429) {
    if (wait !== undefined && wait > QUOTA_MS)
      return fail('quota_exhausted', `${what}: its quota is used up`, { status, ...waiting });
    return fail('rate_limited', `${what}: too many requests`, { status, ...waiting });
  }
  if (status === 403 && problem === null) {
    // Mailchimp's edge throttles with a bare 403; a revoked key is told in JSON.
    return fail(
      'transient',
      `${what} without an explanation: throttled at the vendor's edge, or this machine's address is blocked`,
      { status, ...waiting },
    );
  }
  if (status === 401 || status === 403) {
    return fail('auth', `${what}: the credentials are wrong, revoked, or lack a permission`, {
      status,
      fix: `Check the key of this source and what it may read, then run "mailmart check".`,
    });
  }
  if (status === 408 || status === 425 || status < 200 || status >= 500)
    return fail('transient', what, { status, ...waiting });
  return fail('rejected', `${what}: it refused our request`, {
    status,
    fix: 'This is a fault of mailmart or of its configuration: please report it.',
  });
}

/** When the rate begins anew: of a 429 alone, because every answer says it. */
function statedReset({ status, headers }: RawAnswer, { rateHeaders, now }: Judge): number | undefined {
  return status === 429 && rateHeaders !== undefined ? resetOf(rateHeaders, headers, now()) : undefined;
}

/** Problem of an error answer (RFC 9457, or a list of `errors`), as far as it is one; null when the body is no JSON object. */
async function readProblem(
  answer: RawAnswer,
  maxBytes: number,
): Promise<{ readonly title?: string; readonly text: string } | null> {
  try {
    const coding = answer.headers['content-encoding'] ?? '';
    const decode = DECODERS[coding];
    const body =
      decode === undefined
        ? answer.body
        : decode(answer.body, { maxOutputLength: Math.min(maxBytes, 1_048_576), chunkSize: 16_384 });
    const value: Json = parseJsonBytes(body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const fields = value as { readonly [key: string]: Json };
    const listed = Array.isArray(fields['errors']) ? (fields['errors'] as readonly Json[]) : [];
    const messages = listed.map((one) => valueAt(one, 'message'));
    const texts = [...['title', 'type', 'detail', 'error', 'message'].map((key) => fields[key]), ...messages].filter(
      (text) => typeof text === 'string',
    );
    const named = fields['title'] ?? messages[0];
    const title = typeof named === 'string' ? redact(named).slice(0, 80) : undefined;
    return { ...(title === undefined ? {} : { title }), text: texts.join(' ') };
  } catch {
    // An error answer that is no JSON is judged by its status alone.
    return null;
  }
}

/** Retry-After as milliseconds: seconds or an HTTP date; undefined when absent, negative or unreadable. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER);
  const at = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

const mediaType = (header: string): string =>
  /html|xml/i.test(header) ? shapeOf('<') : (header.split(';')[0] ?? '').replace(/[^\w/+.-]/g, '').slice(0, 40);
