import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import type { Faults } from './simulator-faults.ts';
import type { RequestLogEntry, SimulatorOptions, Violation } from './simulator-options.ts';
import { SimulatorState } from './simulator-state.ts';

export type { Fault, Faults } from './simulator-faults.ts';
export type { RequestLogEntry, SimulatorOptions, Violation } from './simulator-options.ts';

export type SendgridSimulator = {
  /** `http://127.0.0.1:<port>`: paths begin with `/v3`. */
  readonly url: string;
  readonly stop: () => Promise<void>;
  readonly requests: () => readonly RequestLogEntry[];
  readonly resetRequests: () => void;
  /** Most requests that were under way at once since the last reset. */
  readonly maxInFlight: () => number;
  readonly violations: () => readonly Violation[];
  readonly faults: Faults;
};

/**
 * Twilio SendGrid's v3 API over the demo world, on this machine. Written from the vendor's documents alone (esp/sendgrid.md,
 * the OpenAPI description); what they leave open is an option or is said in a comment.
 */
export async function startSendgridSimulator(options: SimulatorOptions): Promise<SendgridSimulator> {
  const state = new SimulatorState(options);
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => void state.serve(request, response));
  server.keepAliveTimeout = 30_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      state.stop();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    requests: () => [...state.log],
    resetRequests: () => state.resetRequests(),
    maxInFlight: () => state.maxInFlight,
    violations: () => [...state.violations],
    faults: state.faults,
  };
}
