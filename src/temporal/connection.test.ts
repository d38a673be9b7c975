import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withoutLateRetries } from './connection.ts';

// A server that refuses whoever comes: every call is tried again.
let server: Server;
let port: number;
const open = new Set<Socket>();
beforeEach(async () => {
  server = createServer((socket) => {
    open.add(socket);
    socket.destroy();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
afterEach(() => {
  for (const socket of open) socket.destroy();
  server.close();
});

it('a retry that comes due after the connection was closed throws at nobody', async () => {
  const thrown: unknown[] = [];
  const note = (error: unknown): void => void thrown.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', note);
  try {
    const connection = Connection.lazy({
      address: `127.0.0.1:${port}`,
      interceptors: [
        makeGrpcRetryInterceptor({
          ...defaultGrpcRetryOptions({ maxAttempts: 130 }),
          retryableDecider: () => true,
          delayFunction: () => 50,
        }),
        withoutLateRetries(),
      ],
    });
    void connection.workflowService.getSystemInfo({}).catch(() => undefined);
    await delay(120);
    await connection.close();
    await delay(200);
    expect(thrown).toEqual([]);
  } finally {
    process.removeListener('uncaughtException', note);
    for (const listener of others) process.on('uncaughtException', listener);
  }
});
