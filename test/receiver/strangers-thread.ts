/** Strangers of the receiver, on a thread of their own so that the honest sender's clock is not slowed by them. */
import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** So many connections that each send `first` and then `next` every now and then, and come again when they are sent away. */
export type Strangers = {
  readonly address: string;
  readonly connections: number;
  readonly first: Uint8Array;
  readonly next: Uint8Array;
  /** 0: `next` is a whole request, sent again when the last one is answered. */
  readonly everyMs: number;
};

const { address, connections, first, next, everyMs } = workerData as Strangers;
const { hostname, port } = new URL(address);
const sockets = new Set<Socket>();
const counts = { opened: 0, answers: 0 };
let isOver = false;

function open(): void {
  if (isOver) return;
  counts.opened += 1;
  const socket = connect(Number(port), hostname);
  sockets.add(socket);
  const send = (bytes: Uint8Array): void => {
    // What the receiver does not take is not heaped up here.
    if (!socket.writableNeedDrain) socket.write(bytes);
  };
  send(everyMs === 0 ? next : first);
  const timer = everyMs === 0 ? undefined : setInterval(() => send(next), everyMs);
  socket.on('error', () => undefined);
  socket.on('data', () => {
    counts.answers += 1;
    if (everyMs === 0) send(next);
  });
  socket.on('close', () => {
    clearInterval(timer);
    sockets.delete(socket);
    setTimeout(open, 100);
  });
}

for (let index = 0; index < connections; index += 1) open();
parentPort?.once('message', () => {
  isOver = true;
  for (const socket of sockets) socket.destroy();
  parentPort?.postMessage(counts);
});
