import http from 'node:http';
import type { AddressInfo } from 'node:net';

export type TestServer = {
  readonly origin: string;
  readonly port: number;
  stop(): Promise<void>;
};

/** An HTTP server on a free port of this machine. `stop` also ends kept-alive connections. */
export async function startServer(handler: http.RequestListener): Promise<TestServer> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
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
