import type { Json, JsonObject } from '../../src/contracts/json.ts';
import type { Connector, DeclaredStream, HttpRequest, HttpResponse, ReadContext, ReadPage } from './contract.ts';
import { ConnectorError } from './errors.ts';
import { firstPage, nextPage, pageIdentity } from './paginate.ts';
import { fillPath, valueAt } from './path.ts';
import { requestUrl } from './url.ts';

/** Ends a paging loop that nothing else ended. */
const MAX_PAGES = 100_000;
const MAX_EMPTY_PAGES = 100;

/** Pages of a stream that is declared as data. Loops of the source (repeated tokens, empty pages without end) are named failures. */
export async function* declaredPages<C>(
  connector: Connector<C>,
  name: string,
  stream: DeclaredStream<C, unknown>,
  context: ReadContext<C>,
): AsyncGenerator<ReadPage> {
  const contract = (what: string): ConnectorError =>
    new ConnectorError(`${connector.name} stream ${name}: ${what}`, {
      kind: 'contract',
      connector: connector.name,
      stream: name,
      fix: 'The API answers in another shape than documented: compare with the vendor’s reference and report it.',
    });
  const base = new URL(connector.baseUrl(context.config));
  const seen = new Set<string>();
  let read = 0;
  let emptyPages = 0;

  let request: HttpRequest | undefined = firstPage(stream.paginate, firstRequest(name, stream, context));
  while (request !== undefined) {
    const identity = pageIdentity(request);
    if (seen.has(identity)) throw contract('a page repeats: the source names a next page that was read already');
    if (seen.size >= MAX_PAGES) throw contract(`more than ${MAX_PAGES} pages`);
    seen.add(identity);

    const response: HttpResponse = await context.http.request(request, context.signal);
    const records = recordsOf(response.body, stream.records);
    if (records === undefined) throw contract(`the answer has no array at "${stream.records}"`);
    const total = stream.total === undefined ? null : totalOf(response.body, stream.total);
    if (total === undefined) throw contract(`the answer states no total at "${stream.total}"`);
    read += records.length;
    emptyPages = records.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages > MAX_EMPTY_PAGES) throw contract(`more than ${MAX_EMPTY_PAGES} empty pages in a row`);
    yield { records, total, bytes: response.bytes };

    const url: string = requestUrl(connector.name, base, { ...request, params: {} }).href;
    request = nextPage(stream.paginate, { request, url, response, count: records.length, read, total });
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
