import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Answer, Desk } from './desk.ts';
import { refuseSecret, type Endpoint } from './endpoints.ts';
import type { Intake } from './intake.ts';
import type { Outcome } from './tally.ts';

export type ServerOptions = {
  readonly endpoints: readonly Endpoint[];
  readonly desk: Desk;
  readonly intake: Intake;
  readonly isHealthy: () => boolean;
  readonly isStopping: () => boolean;
  readonly onAnswer: (endpoint: Endpoint | undefined, outcome: Outcome, answer: Answer) => void;
  readonly onError: (error: unknown) => void;
  /** A request has this long to send its headers, and to send all of itself, ms. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
};

/** Longest headers of a request, bytes. */
const maxHeaderSize = 16 * 1024;
/** Reverse proxies close idle connections after a minute: they must be the first to. */
const keepAliveTimeout = 75_000;
/** When a refused sender may come again, s. */
const retryAfterSeconds = '10';

/** The HTTP side: addresses, methods, limits. Answers are bare statuses: they repeat nothing of a request and give no reason. */
export function buildServer(options: ServerOptions): FastifyInstance {
  const { endpoints, intake, onAnswer, onError } = options;
  const server = fastify({
    logger: false,
    http: { maxHeaderSize, headersTimeout: options.headersTimeoutMs, connectionsCheckingInterval: 500 },
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (_error, _request, reply) => void refuse(reply, 404),
    clientErrorHandler: (error, socket) => {
      const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
      onAnswer(undefined, `refused_${status}`, { status: 0, bytes: 0 });
      endSocket(socket, status);
    },
  });
  server.server.maxHeadersCount = 0;
  server.server.on('connection', (socket) => intake.add(socket));
  // Bodies are read by the desk, raw; those of other methods by nobody.
  for (const method of server.supportedMethods) {
    if (method !== 'GET' && method !== 'HEAD') server.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  }

  server.get('/health', (_request, reply) => {
    const isHealthy = options.isHealthy();
    return reply.code(isHealthy ? 200 : 503).send({ status: isHealthy ? 'ok' : 'not storing' });
  });
  for (const endpoint of endpoints) {
    server.all(endpoint.path, (request, reply) => answer(endpoint, undefined, request, reply));
    server.all<{ Params: { secret: string } }>(`${endpoint.path}/:secret`, (request, reply) =>
      answer(endpoint, request.params.secret, request, reply),
    );
  }
  server.setNotFoundHandler((_request, reply) => {
    onAnswer(undefined, 'refused_404', { status: 0, bytes: 0 });
    return refuse(reply, 404);
  });
  server.setErrorHandler((error, _request, reply) => {
    onError(error);
    return refuse(reply, 503);
  });

  async function answer(
    endpoint: Endpoint,
    secret: string | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const { method, raw } = request;
    const isHere = secret === undefined ? endpoint.verifier !== null : (endpoint.isPathSecret ?? refuseSecret)(secret);
    const refused = (status: number): FastifyReply => {
      onAnswer(endpoint, `refused_${status}`, { status: 0, bytes: 0 });
      return refuse(reply, status);
    };
    if (!isHere) return refused(404);
    if (endpoint.handshake && (method === 'GET' || method === 'HEAD')) return reply.code(200).send();
    if (method !== 'POST') {
      void reply.header('allow', endpoint.handshake ? 'GET, HEAD, POST' : 'POST');
      return refused(405);
    }
    if (options.isStopping()) return refused(503);
    if (!intake.begin(raw.socket)) return reply.hijack();
    const { desk } = options;
    let result: Answer;
    try {
      result = await (secret === undefined ? desk.takeSigned(endpoint, raw) : desk.takeUnsigned(endpoint, raw));
    } finally {
      intake.end(raw.socket);
    }
    const { status, isUnread = false } = result;
    if (status === 0) return reply.hijack();
    onAnswer(endpoint, status === 200 ? 'stored' : `refused_${status}`, result);
    if (status === 200) return reply.code(200).send();
    return refuse(reply, status, isUnread);
  }

  return server;
}

/** Refuses without a word; a connection with an unread body behind it is closed. */
function refuse(reply: FastifyReply, status: number, isUnread = true): FastifyReply {
  if (status === 503) void reply.header('retry-after', retryAfterSeconds);
  if (isUnread) void reply.header('connection', 'close');
  return reply.code(status).send();
}

const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function endSocket(socket: Socket, status: number): void {
  if (socket.writable) {
    socket.write(`HTTP/1.1 ${status} ${phrases[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
  socket.destroySoon();
}
