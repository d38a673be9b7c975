import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

type Stored = { content: Buffer; generation: number; contentType: string; contentEncoding: string | undefined };
type Answer = { readonly status: number; readonly message?: string; readonly reason?: string };
type Asked = { readonly method: string; readonly name: string; readonly query: URLSearchParams };

/** A bucket of Cloud Storage's JSON API over HTTP, as far as landing uses it, with every precondition kept. */
export type BucketServer = {
  readonly url: string;
  readonly bucket: string;
  readonly objects: Map<string, Stored>;
  /** What the service tells of the bucket: rules and all. */
  lifecycle: { rule: unknown[] } | undefined;
  metageneration: number;
  readonly asked: Asked[];
  /** Answers a request instead of the service, or lets it pass. `afterwards`: after it was done, in place of its answer. */
  fault: ((asked: Asked) => (Answer & { readonly afterwards?: boolean }) | undefined) | undefined;
  put(name: string, content: Buffer): void;
  close(): Promise<void>;
};

/** Written from the API's reference (https://cloud.google.com/storage/docs/json_api/v1), not from the client. */
export async function startBucketServer(bucket = 'acme-data'): Promise<BucketServer> {
  const objects = new Map<string, Stored>();
  const sessions = new Map<
    string,
    { name: string; pieces: Buffer[]; size: number; contentType: string; query: URLSearchParams }
  >();
  let generation = 1000;
  const put = (name: string, content: Buffer, contentType = 'text/plain', contentEncoding?: string): Stored => {
    generation += 1;
    const stored = { content, generation, contentType, contentEncoding };
    objects.set(name, stored);
    return stored;
  };
  const told = (name: string, { content, generation, contentType, contentEncoding }: Stored) => ({
    kind: 'storage#object',
    name,
    bucket,
    size: `${content.length}`,
    generation: `${generation}`,
    contentType,
    contentEncoding,
    md5Hash: createHash('md5').update(content).digest('base64'),
  });
  const holds = (name: string, query: URLSearchParams): boolean => {
    const wanted = query.get('ifGenerationMatch');
    return wanted === null || Number(wanted) === (objects.get(name)?.generation ?? 0);
  };
  const store = (name: string, content: Buffer, contentType: string, query: URLSearchParams, encoding?: string) => {
    if (!holds(name, query)) return failed(412, 'At least one of the pre-conditions you specified did not hold.');
    return { status: 200, body: told(name, put(name, content, contentType, encoding)) };
  };

  const server: BucketServer = {
    url: '',
    bucket,
    objects,
    lifecycle: undefined,
    metageneration: 1,
    asked: [],
    fault: undefined,
    put: (name, content) => void put(name, content),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };

  const answer = (asked: Asked, request: IncomingMessage, body: Buffer): Reply => {
    const { method, name, query } = asked;
    const url = new URL(request.url ?? '/', 'http://x');
    const found = objects.get(name);
    if (!url.pathname.includes(`/b/${bucket}`)) return failed(404, 'The specified bucket does not exist.');
    if (url.pathname === `/storage/v1/b/${bucket}`) {
      if (method === 'PATCH') {
        const wanted = query.get('ifMetagenerationMatch');
        if (wanted !== null && Number(wanted) !== server.metageneration) return failed(412, 'conditionNotMet');
        server.lifecycle = (JSON.parse(body.toString()) as { lifecycle: { rule: unknown[] } }).lifecycle;
        server.metageneration += 1;
      }
      return {
        status: 200,
        body: { name: bucket, metageneration: `${server.metageneration}`, lifecycle: server.lifecycle },
      };
    }
    if (url.pathname === `/storage/v1/b/${bucket}/o`) return { status: 200, body: listed(query) };
    if (url.pathname.startsWith('/upload/')) return uploaded(asked, request, body);
    if (found === undefined) return failed(404, `No such object: ${bucket}/${name}`);
    if (method === 'DELETE') {
      if (!holds(name, query)) return failed(412, 'conditionNotMet');
      objects.delete(name);
      return { status: 204 };
    }
    if (query.get('alt') !== 'media') return { status: 200, body: told(name, found) };
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
    if (range === null) return { status: 200, raw: found.content };
    return { status: 206, raw: found.content.subarray(Number(range[1]), Number(range[2]) + 1) };
  };

  const listed = (query: URLSearchParams) => {
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter');
    const names = [...objects.keys()].filter((name) => name.startsWith(prefix)).toSorted();
    const isFolder = (name: string): boolean => delimiter !== null && name.slice(prefix.length).includes(delimiter);
    const folder = (name: string): string => prefix + name.slice(prefix.length).split('/')[0] + '/';
    const prefixes = [...new Set(names.filter(isFolder).map(folder))];
    const files = names.filter((name) => !isFolder(name));
    // Small pages, so that the second is asked for too.
    const from = Number(query.get('pageToken') ?? 0);
    const all = [...prefixes, ...files].slice(from, from + 7);
    const isMore = prefixes.length + files.length > from + 7;
    return {
      prefixes: all.filter((name) => name.endsWith('/')),
      items: all.filter((name) => !name.endsWith('/')).map((name) => told(name, objects.get(name)!)),
      ...(isMore ? { nextPageToken: `${from + 7}` } : {}),
    };
  };

  const uploaded = ({ method, name, query }: Asked, request: IncomingMessage, body: Buffer): Reply => {
    if (method === 'PUT') return piece(query, request, body);
    if (query.get('uploadType') === 'resumable') {
      const id = `${sessions.size + 1}`;
      const contentType = String(request.headers['x-upload-content-type']);
      sessions.set(id, { name, pieces: [], size: 0, contentType, query });
      return { status: 200, body: {}, location: `${server.url}/upload/storage/v1/b/${bucket}/o?upload_id=${id}` };
    }
    const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1]?.replaceAll('"', '') ?? '';
    const [, meta = '', media = ''] = body.toString('latin1').split(`--${boundary}`);
    const contentType = /content-type: *([^\r\n]+)/i.exec(media)?.[1] ?? '';
    const { contentEncoding } = JSON.parse(meta.slice(meta.indexOf('\r\n\r\n'))) as { contentEncoding?: string };
    const content = Buffer.from(media.slice(media.indexOf('\r\n\r\n') + 4, -2), 'latin1');
    return store(name, content, contentType, query, contentEncoding);
  };

  const piece = (query: URLSearchParams, request: IncomingMessage, body: Buffer): Reply => {
    const session = sessions.get(query.get('upload_id') ?? '');
    if (session === undefined) return failed(404, 'no such session');
    const range = /bytes (\d+)-(\d+)\/(\d+|\*)/.exec(String(request.headers['content-range']));
    if (range !== null && Number(range[1]) === session.size) {
      session.pieces.push(body);
      session.size += body.length;
    }
    if (range !== null && range[3] !== '*') {
      return store(session.name, Buffer.concat(session.pieces), session.contentType, session.query);
    }
    return { status: 308, range: `bytes=0-${session.size - 1}` };
  };

  const http = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (chunk: Buffer) => pieces.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://x');
      const upload = sessions.get(query.get('upload_id') ?? '')?.name ?? query.get('name');
      const name = upload ?? decodeURIComponent(pathname.split('/o/')[1] ?? '');
      const asked: Asked = { method: request.method ?? '', name, query };
      server.asked.push(asked);
      const fault = server.fault?.(asked);
      const reply =
        fault === undefined || fault.afterwards === true ? answer(asked, request, Buffer.concat(pieces)) : undefined;
      send(response, fault === undefined ? reply! : failed(fault.status, fault.message ?? 'a fault', fault.reason));
    });
  });
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(server, { url: `http://127.0.0.1:${address.port}` });
}

type Reply = {
  readonly status: number;
  readonly body?: unknown;
  readonly raw?: Buffer;
  readonly location?: string;
  readonly range?: string;
};

function failed(code: number, message: string, reason = 'fault'): Reply {
  return { status: code, body: { error: { code, message, errors: [{ domain: 'global', reason, message }] } } };
}

function send(response: ServerResponse, { status, body, raw, location, range }: Reply): void {
  response.statusCode = status;
  if (location !== undefined) response.setHeader('location', location);
  if (range !== undefined) response.setHeader('range', range);
  if (raw !== undefined) {
    response.setHeader('content-type', 'application/octet-stream');
    response.end(raw);
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.end(body === undefined ? '' : JSON.stringify(body));
}
