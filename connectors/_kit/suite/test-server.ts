import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export type TestServer = {
  readonly origin: string;
  readonly port: number;
  stop(): Promise<void>;
};

/**
 * Ports of this process's servers, also of those that have ended. The budgets of an account live as long as the process and
 * go by its origin: a second test on the same port, with the same key, would find the lanes of the first one.
 */
const taken = new Set<number>();

/** An HTTP server on a free port of this machine that no server before it had. `stop` also ends kept-alive connections. */
export async function startServer(handler: http.RequestListener): Promise<TestServer> {
  const server = http.createServer(handler);
  const listen = async (): Promise<number> => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  let port = await listen();
  while (taken.has(port)) {
    await new Promise((resolve) => server.close(resolve));
    port = await listen();
  }
  taken.add(port);
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
