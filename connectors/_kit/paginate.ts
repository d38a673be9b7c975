import type { HttpRequest, HttpResponse, Paginator } from './contract.ts';
import { valueAt } from './path.ts';

/** A page as far as paging cares. */
export type PageSeen = {
  readonly request: HttpRequest;
  /** Absolute URL of the request's endpoint: relative next links are resolved against it. */
  readonly url: string;
  readonly response: HttpResponse;
  /** Records on this page, and on all pages so far where one on two pages counts once, in the API's own unit. */
  readonly count: number;
  readonly read: number;
  readonly total: number | null;
};

/** The first request of a declared stream. */
export function firstPage(paginator: Paginator, request: HttpRequest): HttpRequest {
  switch (paginator.kind) {
    case 'offset':
      return withParams(request, { [paginator.limitParam]: paginator.limit, [paginator.offsetParam]: 0 });
    case 'page': {
      const limit = paginator.limitParam === undefined ? {} : { [paginator.limitParam]: paginator.limit };
      return withParams(request, { ...limit, [paginator.pageParam]: paginator.first });
    }
    default:
      return request;
  }
}

/** The request after this page, or undefined when it was the last. */
export function nextPage(paginator: Paginator, page: PageSeen): HttpRequest | undefined {
  const { request, response, count, read, total } = page;
  switch (paginator.kind) {
    case 'single':
      return undefined;
    case 'offset':
      // By rows received, not by the limit: a server that caps its pages below it would lose the difference.
      return isLast(count, read, total, paginator.limit)
        ? undefined
        : withParams(request, { [paginator.offsetParam]: read - overlapOf(paginator) });
    case 'page': {
      const current = Number(request.params?.[paginator.pageParam] ?? paginator.first);
      return isLast(count, read, total, paginator.limit)
        ? undefined
        : withParams(request, { [paginator.pageParam]: current + 1 });
    }
    case 'cursor': {
      const token = valueAt(response.body, paginator.nextPath);
      return isToken(token) ? withParams(request, { [paginator.param]: String(token) }) : undefined;
    }
    case 'next-url': {
      const next = valueAt(response.body, paginator.nextPath);
      return typeof next === 'string' && next !== '' ? linked(request, next, page.url) : undefined;
    }
    case 'link-header': {
      const next = nextLink(response.headers['link'] ?? '');
      return next === undefined ? undefined : linked(request, next, page.url);
    }
    case 'custom':
      return paginator.next(response, request);
  }
}

/**
 * The request after one that was not answered yet, as far as the stated total tells: it holds when every page before
 * comes full. Undefined where only an answer can tell.
 */
export function predictedPage(paginator: Paginator, last: HttpRequest, total: number | null): HttpRequest | undefined {
  // Where pages overlap, the next is asked for when this one is known.
  if (total === null || overlapOf(paginator) > 0) return undefined;
  if (paginator.kind === 'offset') {
    const offset = Number(last.params?.[paginator.offsetParam]) + paginator.limit;
    return offset < total ? withParams(last, { [paginator.offsetParam]: offset }) : undefined;
  }
  if (paginator.kind === 'page' && paginator.limit !== undefined) {
    const page = Number(last.params?.[paginator.pageParam]) + 1;
    return (page - paginator.first) * paginator.limit < total
      ? withParams(last, { [paginator.pageParam]: page })
      : undefined;
  }
  return undefined;
}

/** How many rows each page shares with the one before it. A page of one row would never go on. */
export function overlapOf(paginator: Paginator): number {
  return paginator.kind === 'offset' && paginator.limit > 1 ? (paginator.overlap ?? 0) : 0;
}

/** How many pages so many records take: one where nobody can tell. */
export function pagesOf(paginator: Paginator, records: number): number {
  const limit = paginator.kind === 'offset' || paginator.kind === 'page' ? paginator.limit : undefined;
  return limit === undefined ? 1 : Math.max(1, Math.ceil(records / limit));
}

/** What makes two requests the same page. */
export function pageIdentity(request: HttpRequest): string {
  const params = Object.entries(request.params ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([request.method, request.path, params, request.body ?? null]);
}

// A stated total decides; without one a short page is the last.
function isLast(count: number, read: number, total: number | null, limit: number | undefined): boolean {
  if (count === 0) return true;
  return total === null ? limit !== undefined && count < limit : read >= total;
}

const isToken = (token: unknown): boolean => (typeof token === 'string' && token !== '') || typeof token === 'number';

const withParams = (
  request: HttpRequest,
  params: Readonly<Record<string, string | number | undefined>>,
): HttpRequest => ({
  ...request,
  params: { ...request.params, ...params },
});

/** A link holds its own query: ours would be doubled. Whether it stays on the origin is checked where it is sent. */
function linked(request: HttpRequest, link: string, current: string): HttpRequest {
  const { params: _, ...rest } = request;
  return { ...rest, path: URL.canParse(link, current) ? new URL(link, current).href : link };
}

/** The target of `rel="next"` in a Link header (RFC 8288). */
function nextLink(header: string): string | undefined {
  for (const match of header.matchAll(/<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)/i.test(match[2] ?? '')) return match[1];
  }
  return undefined;
}
