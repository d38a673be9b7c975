import type { Json, JsonObject } from '../../src/contracts/json.ts';
import type { Connector, DeclaredStream, HttpRequest, HttpResponse, ReadContext, ReadPage } from './contract.ts';
import { ConnectorError } from './errors.ts';
import { firstPage, nextPage, overlapOf, pageIdentity, predictedPage } from './paginate.ts';
import { fillPath, valueAt } from './path.ts';
import { unlimited, type ReadAhead } from './read-ahead.ts';
import { requestUrl } from './url.ts';

/** Ends a paging loop that nothing else ended. */
const MAX_PAGES = 100_000;
const MAX_EMPTY_PAGES = 100;

/** Where the pages of a slice go on whose source documents a stable order. `read`: records before that place. */
export type PageResume = { readonly request: HttpRequest; readonly read: number };

/** What a slice's pages are read with. `press`: see `HttpRequest.press`. */
export type PageContext<C> = ReadContext<C> & {
  readonly resume?: PageResume;
  readonly press?: HttpRequest['press'] | undefined;
};

/** A page that was asked for. */
type Ask = {
  readonly request: HttpRequest;
  readonly page: Promise<Answered>;
  /** The pages before it are written: it may be unpacked. */
  readonly begin: () => void;
  /** It is written or no longer wanted: gives its places back. */
  readonly done: () => void;
};
type Answered = {
  readonly response: HttpResponse;
  readonly records: readonly JsonObject[];
  /** Records in the API's own unit, pressed or not. */
  readonly count: number;
  readonly total: number | null;
};

/**
 * Pages of a stream that is declared as data, in order. Where a stated total tells which pages are left, up to
 * `ahead.depth` of them are asked for at once. Loops of the source (repeated tokens, empty pages without end) are named failures.
 */
export async function* declaredPages<C>(
  connector: Connector<C>,
  name: string,
  stream: DeclaredStream<C, unknown>,
  context: PageContext<C>,
  ahead: ReadAhead = unlimited,
): AsyncGenerator<ReadPage & { readonly resume?: PageResume }> {
  const pager = new Pager(connector, name, stream, context, ahead);
  const overlap = overlapOf(stream.paginate);
  /** Last record of the page before, where pages overlap. */
  let last: JsonObject | undefined;
  let emptyPages = 0;
  let read = context.resume?.read ?? 0;
  pager.ask(context.resume?.request ?? firstPage(stream.paginate, firstRequest(name, stream, context)));
  // Where the parent tells how many pages there will be, the first need not be waited for.
  if (ahead.depth > 1 && context.resume === undefined) pager.askAhead(context.slice.expected ?? null);
  try {
    for (let ask = pager.next(); ask !== undefined; ask = pager.next()) {
      const { request } = ask;
      ask.begin();
      const { response, records, count, total } = await ask.page;
      const shared = last === undefined ? 0 : overlap;
      const isMoved = shared > 0 && JSON.stringify(records[0]) !== JSON.stringify(last);
      read += count - shared;
      emptyPages = count === 0 ? emptyPages + 1 : 0;
      if (emptyPages > MAX_EMPTY_PAGES) throw pager.contract(`more than ${MAX_EMPTY_PAGES} empty pages in a row`);
      const url: string = requestUrl(connector.name, pager.base, { ...request, params: {} }).href;
      const following = isMoved ? undefined : nextPage(stream.paginate, { request, url, response, count, read, total });
      if (overlap > 0) last = records.at(-1);
      // One page after the other means also: the next is asked for when this one is written.
      if (ahead.depth > 1) pager.follow(following, total);
      const resume =
        stream.stableOrder === true && overlap === 0 && following !== undefined
          ? { resume: { request: following, read } }
          : {};
      const pressed = response.pressed === undefined ? {} : { pressed: response.pressed };
      const moved = isMoved
        ? { moved: 'a page does not begin with the last row read: rows moved while they were paged' }
        : {};
      const own = isMoved ? records : records.slice(shared);
      yield { records: own, total, bytes: response.bytes, ...pressed, ...resume, ...moved };
      pager.end(ask);
      if (ahead.depth <= 1) pager.follow(following, total);
    }
  } finally {
    pager.close();
  }
}

/** What a page holds of what pages share; places that come after the end go back at once. */
class Places {
  private readonly held = new Set<() => void>();
  private isOver = false;

  /** Returns what gives this one place back. */
  add(giveBack: () => void): () => void {
    if (this.isOver) giveBack();
    else this.held.add(giveBack);
    return () => {
      if (this.held.delete(giveBack)) giveBack();
    };
  }

  giveBack(): void {
    this.isOver = true;
    for (const giveBack of this.held) giveBack();
    this.held.clear();
  }
}

/** Requests of one slice that are under way, in page order. */
class Pager<C> {
  readonly base: URL;
  private asks: Ask[] = [];
  private readonly seen = new Set<string>();
  private readonly stop = new AbortController();
  private readonly connector: Connector<C>;
  private readonly name: string;
  private readonly stream: DeclaredStream<C, unknown>;
  private readonly context: PageContext<C>;
  private readonly ahead: ReadAhead;
  private readonly given = new Set<() => void>();

  constructor(
    connector: Connector<C>,
    name: string,
    stream: DeclaredStream<C, unknown>,
    context: PageContext<C>,
    ahead: ReadAhead,
  ) {
    this.connector = connector;
    this.name = name;
    this.stream = stream;
    this.context = context;
    this.ahead = ahead;
    this.base = new URL(connector.baseUrl(context.config));
  }

  ask(request: HttpRequest): void {
    const identity = pageIdentity(request);
    if (this.seen.has(identity))
      throw this.contract('a page repeats: the source names a next page that was read already');
    if (this.seen.size >= MAX_PAGES) throw this.contract(`more than ${MAX_PAGES} pages`);
    this.seen.add(identity);
    const { promise: first, resolve: begin } = Promise.withResolvers<void>();
    const places = new Places();
    const page = (async (): Promise<Answered> => {
      const signal = AbortSignal.any([this.context.signal, this.stop.signal]);
      places.add(await this.ahead.open(signal));
      const turn = async (): Promise<() => void> => {
        await first;
        signal.throwIfAborted();
        return places.add(await this.ahead.unpack(signal));
      };
      const { http, press } = this.context;
      const { rest } = this.ahead;
      const more = { ...(press === undefined ? {} : { press }), ...(rest === undefined ? {} : { rest }) };
      return this.answered(await http.request({ ...request, turn, ...more }, signal));
    })();
    // Whoever waits for the page hears of its failure; when the slice ends before, nobody does.
    page.catch(() => undefined);
    const done = (): void => {
      begin();
      places.giveBack();
    };
    this.asks.push({ request, page, begin, done });
    this.given.add(done);
  }

  next(): Ask | undefined {
    return this.asks.shift();
  }

  end(ask: Ask): void {
    ask.done();
    this.given.delete(ask.done);
  }

  /** What comes after the page just read. Pages asked for ahead that are not it were a wrong guess: a page was not full. */
  follow(following: HttpRequest | undefined, total: number | null): void {
    const guessed = this.asks[0];
    if (
      guessed !== undefined &&
      (following === undefined || pageIdentity(guessed.request) !== pageIdentity(following))
    ) {
      for (const ask of this.asks) {
        this.end(ask);
        this.seen.delete(pageIdentity(ask.request));
      }
      this.asks = [];
    }
    if (following === undefined) return;
    if (this.asks.length === 0) this.ask(following);
    this.askAhead(total);
  }

  /** Asks for what follows the last page asked for, as far as a total tells. */
  askAhead(total: number | null): void {
    for (let last = this.asks.at(-1)!.request; this.asks.length < this.ahead.depth; last = this.asks.at(-1)!.request) {
      const request = predictedPage(this.stream.paginate, last, total);
      if (request === undefined) break;
      this.ask(request);
    }
  }

  close(): void {
    this.stop.abort(new Error('the slice has ended'));
    for (const done of this.given) done();
    this.given.clear();
  }

  contract(what: string): ConnectorError {
    return new ConnectorError(`${this.connector.name} stream ${this.name}: ${what}`, {
      kind: 'contract',
      connector: this.connector.name,
      stream: this.name,
      fix: 'The API answers in another shape than documented: compare with the vendor’s reference and report it.',
    });
  }

  private answered(response: HttpResponse): Answered {
    const records = recordsOf(response.body, this.stream.records);
    if (records === undefined) throw this.contract(`the answer has no array at "${this.stream.records}"`);
    const total = this.stream.total === undefined ? null : totalOf(response.body, this.stream.total);
    if (total === undefined) throw this.contract(`the answer states no total at "${this.stream.total}"`);
    return { response, records, count: response.pressed?.units ?? records.length, total };
  }
}

function firstRequest<C>(name: string, stream: DeclaredStream<C, unknown>, context: ReadContext<C>): HttpRequest {
  const { slice } = context;
  const windowParams = stream.cursor === 'full-refresh' ? {} : stream.cursor.params?.(slice.window ?? {});
  return {
    method: stream.method ?? 'GET',
    path: fillPath(stream.path, slice.pathParams),
    params: { ...stream.params, ...windowParams, ...slice.params },
    ...(stream.body === undefined ? {} : { body: stream.body }),
    ...(stream.limit === undefined ? {} : { limit: stream.limit }),
    stream: name,
  };
}

// Elements that are no objects stay in: the engine refuses them one by one, and the count stays the API's own.
function recordsOf(body: Json, path: string): readonly JsonObject[] | undefined {
  const value = valueAt(body, path);
  if (Array.isArray(value)) return value as readonly JsonObject[];
  return path === '' && typeof value === 'object' && value !== null ? [value as JsonObject] : undefined;
}

function totalOf(body: Json, path: string): number | undefined {
  const value = valueAt(body, path);
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}
