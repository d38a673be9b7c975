import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { cacheFolder } from '../src/temporal/server.ts';
import { collectionOf, pageSize, pageText, type Collection } from './collections.ts';
import { createFaults, type FaultKind } from './faults.ts';
import { openPages, type PageStore } from './page-store.ts';
import { accountKey, fullShape, type Shape } from './shape.ts';
import { Traffic } from './traffic.ts';

// Mailchimp as the bench needs it: pages made beforehand, so that answering one costs a look-up and a write.

const mostInFlight = 10;
const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** What the admin address may set. */
type Settings = { readonly latencyMs: number; readonly faultRate: number; readonly faultSeed: number };

class Simulator {
  private readonly stores: ReadonlyMap<string, PageStore>;
  private traffic = new Traffic();
  private settings: Settings = { latencyMs: 0, faultRate: 0, faultSeed: 1 };
  private draw = createFaults(0, 1);

  constructor(stores: ReadonlyMap<string, PageStore>) {
    this.stores = stores;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulator');
    const path = url.pathname.replace(/^\/3\.0/, '').replace(/\/$/, '');
    const account = keyOf(request.headers.authorization);
    const stream = path.slice(path.lastIndexOf('/') + 1);
    const { traffic } = this;
    const came = performance.now();
    const query = url.searchParams;
    const page = `${account} ${path} ${query.get('status') ?? ''} ${query.get('offset') ?? 0}+${query.get('count') ?? 10}`;
    const own = traffic.enter(account, page, stream);
    let isOver = false;
    const leave = (): void => {
      if (!isOver) traffic.leave(account, stream, performance.now() - came);
      isOver = true;
    };
    response.once('finish', leave);
    response.once('close', leave);
    const { latencyMs } = this.settings;
    const fault = own > mostInFlight ? undefined : this.draw();
    if (latencyMs > 0) await delay(latencyMs);
    if (own > mostInFlight) {
      traffic.overLimit();
      return problem(response, 429, 'Too Many Requests', 'You have exceeded the limit of 10 simultaneous connections.');
    }
    if (fault !== undefined) traffic.struck(fault);
    if (fault === '429') {
      response.setHeader('retry-after', '1');
      return problem(response, 429, 'Too Many Requests', 'Drawn.');
    }
    if (fault === '500') return problem(response, 500, 'Internal Server Error', 'Drawn.');
    if (fault === 'reset') return void response.socket?.resetAndDestroy();
    const store = this.stores.get(account);
    if (store === undefined) return problem(response, 401, 'API Key Invalid', 'No such key.');
    const found = await this.find(store, path, query);
    if (found === undefined) {
      traffic.refuse(`${request.method ?? ''} ${path}`);
      return problem(response, 404, 'Resource Not Found', 'The bench has nothing there.');
    }
    if (fault === undefined) response.once('finish', () => traffic.served(page, found.length));
    await send(request, response, found, fault);
  }

  /** The compressed answer. */
  private async find(store: PageStore, path: string, query: URLSearchParams): Promise<Buffer | undefined> {
    if (path === '') return compress(JSON.stringify({ account_id: 'bench', account_name: 'Bench', role: 'owner' }));
    if (path === '/ping') return compress(JSON.stringify({ health_status: "Everything's Chimpy!" }));
    const collection = collectionOf(store.world, path, query);
    if (collection === undefined || !isKnown(collection, query)) return undefined;
    const [offset, count] = [Number(query.get('offset') ?? 0), Number(query.get('count') ?? 10)];
    const isEven = count === pageSize && offset % pageSize === 0 && collection.name !== undefined;
    const stored = isEven ? store.page(collection.name ?? '', offset) : undefined;
    return stored ?? (await compress(pageText(collection, offset, count)));
  }

  /** `GET /stats`, `GET /expected`, `GET /wait?pages=`, `POST /reset`, `POST /set?latencyMs=&faultRate=&faultSeed=`. */
  async admin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulator');
    switch (`${request.method ?? ''} ${url.pathname}`) {
      case 'GET /stats':
        return json(response, this.traffic.stats());
      case 'GET /expected':
        return json(response, Object.fromEntries([...this.stores].map(([key, { expected }]) => [key, expected])));
      case 'GET /wait':
        await this.traffic.reached(Number(url.searchParams.get('pages')));
        return json(response, this.traffic.stats());
      case 'POST /reset':
        this.traffic = new Traffic();
        this.draw = createFaults(this.settings.faultRate, this.settings.faultSeed);
        return json(response, {});
      case 'POST /set': {
        const given = [...url.searchParams].map(([name, value]) => [name, Number(value)] as const);
        this.settings = { ...this.settings, ...Object.fromEntries(given) };
        this.draw = createFaults(this.settings.faultRate, this.settings.faultSeed);
        return json(response, this.settings);
      }
      default:
        return problem(response, 404, 'Not Found', url.pathname);
    }
  }
}

/** Pages hold what remains without `_links`; another choice of fields would be another answer. */
function isKnown({ key }: Collection, query: URLSearchParams): boolean {
  if (query.has('fields')) return false;
  const cut = (query.get('exclude_fields') ?? '').split(',').toSorted().join(',');
  return cut === `_links,${key}._links`;
}

/** The key behind Basic or Bearer. */
function keyOf(authorization = ''): string {
  const [scheme, value = ''] = authorization.split(' ');
  return scheme === 'Basic' ? (Buffer.from(value, 'base64').toString().split(':')[1] ?? '') : value;
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  page: Buffer,
  fault: FaultKind | undefined,
): Promise<void> {
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  let body = takesGzip ? page : await decompress(page);
  if (fault === 'cut') {
    const text = takesGzip ? await decompress(page) : body;
    const half = text.subarray(0, text.length >> 1);
    body = takesGzip ? await compress(half) : half;
  }
  response.setHeader('content-type', 'application/json; charset=utf-8');
  if (takesGzip) response.setHeader('content-encoding', 'gzip');
  response.setHeader('content-length', body.length);
  if (fault !== 'truncated') return void response.end(body);
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}

function problem(response: ServerResponse, status: number, title: string, detail: string): void {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail, instance: 'bench' });
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}

async function listen(serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<string> {
  const server: Server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: String(fullShape.members) },
    campaigns: { type: 'string', default: String(fullShape.campaigns) },
    recipients: { type: 'string', default: String(fullShape.recipients) },
    accounts: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});
const shape: Shape = {
  members: Number(values.members),
  campaigns: Number(values.campaigns),
  recipients: Number(values.recipients),
  accounts: Number(values.accounts),
  seed: Number(values.seed),
};
if (shape.recipients > shape.members)
  throw new Error('a campaign cannot have more recipients than the list has members');
const stores = new Map<string, PageStore>();
for (let account = 1; account <= shape.accounts; account += 1) {
  stores.set(accountKey(account), await openPages(shape, account, cacheFolder(process.env)));
}
const simulator = new Simulator(stores);
const url = `${await listen((request, response) => simulator.serve(request, response))}/3.0`;
const adminUrl = await listen((request, response) => simulator.admin(request, response));
console.log(JSON.stringify({ url, adminUrl, pid: process.pid }));
// It ends with whoever started it: its input closes then.
process.stdin.resume().on('close', () => process.exit(0));
