import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { InboxWriter } from '../inbox/writer.ts';
import { ClockAlarms } from './clock-alarm.ts';
import { Desk, type Answer } from './desk.ts';
import { endpointsOf, type Endpoint } from './endpoints.ts';
import { Intake, type Body, type IntakeLimits } from './intake.ts';
import { accounts, ecdsaHeaders, keyPair, now, type KeyPair } from './receiver.fixture.ts';

const limits: IntakeLimits = { connections: 2, bodyBytes: 10_000, requestsOfConnection: 2 };
/** What a chunk counts for beside its bytes. */
const perChunk = 256;

function connect(intake: Intake): Socket {
  const socket = new Socket();
  intake.add(socket);
  return socket;
}

/** A request whose body comes in these chunks; without `isWhole` it goes on for ever. */
function requestOf(socket: Socket, chunks: readonly Buffer[], isWhole = true): IncomingMessage {
  const request = new IncomingMessage(socket);
  for (const chunk of chunks) request.push(chunk);
  if (isWhole) {
    request.complete = true;
    request.push(null);
  }
  return request;
}

const read = (intake: Intake, socket: Socket, bytes: number, isWhole = true) =>
  intake.readBody(requestOf(socket, [Buffer.alloc(bytes, 'x')], isWhole), 1_000_000, () => undefined);

/** Bodies are read in later turns of the event loop. */
const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

test('one connection too many sends the oldest stranger away, and one that proved itself only when there is no stranger', () => {
  const intake = new Intake(limits);
  const [first, second] = [connect(intake), connect(intake)];
  intake.prove(first);
  const third = connect(intake);
  expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
  intake.prove(third);
  const fourth = connect(intake);
  expect([first, third, fourth].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
  expect(intake.evicted).toBe(2);
});

test('a connection may have as many requests under way as it is given, and no more', () => {
  const intake = new Intake(limits);
  const socket = connect(intake);
  expect([intake.begin(socket), intake.begin(socket)]).toEqual([true, true]);
  intake.end(socket);
  expect(intake.begin(socket)).toBe(true);
  expect(intake.begin(socket)).toBe(false);
  expect(socket.destroyed).toBe(true);
});

test('bodies that fill the memory cost the stranger who holds most of it; one that proved itself is told to come again', async () => {
  const intake = new Intake(limits);
  const [greedy, modest] = [connect(intake), connect(intake)];
  const left = read(intake, greedy, 6_000, false);
  await turn();
  expect(await read(intake, modest, 5_000)).toMatchObject({ bytes: 5_000, held: 5_000 + perChunk });
  expect([greedy.destroyed, modest.destroyed]).toEqual([true, false]);
  void left;
  // What it had held was given back with it, once.
  expect(await read(intake, modest, 4_400)).toMatchObject({ bytes: 4_400 });
  await turn();
  intake.prove(modest);
  const other = connect(intake);
  intake.prove(other);
  expect(await read(intake, other, 6_000)).toBe('busy');
  expect(modest.destroyed).toBe(false);
});

test('pieces of a byte count for what they take', async () => {
  const intake = new Intake(limits);
  const socket = connect(intake);
  const pieces = (count: number) => Array.from({ length: count }, () => Buffer.alloc(1));
  const body = await intake.readBody(requestOf(socket, pieces(38)), 1_000_000, () => undefined);
  expect(body).toMatchObject({ bytes: 38, held: 38 * (1 + perChunk) });
  intake.prove(socket);
  expect(await intake.readBody(requestOf(socket, pieces(1)), 1_000_000, () => undefined)).toBe('busy');
});

test('what is given back, or goes with its connection, can be had again', async () => {
  const intake = new Intake(limits);
  const [honest, leaving] = [connect(intake), connect(intake)];
  intake.prove(honest);
  intake.prove(leaving);
  for (let post = 0; post < 5; post += 1) {
    const body = (await read(intake, honest, 6_000)) as Body;
    expect(body.bytes).toBe(6_000);
    intake.release(honest, body);
  }
  expect(await read(intake, leaving, 6_000)).toMatchObject({ bytes: 6_000 });
  expect(await read(intake, honest, 6_000)).toBe('busy');
  leaving.destroy();
  await turn();
  expect(await read(intake, honest, 6_000)).toMatchObject({ bytes: 6_000 });
});

/** A desk that takes bodies of 1,000 bytes for `shop/events` and stores nothing. */
function deskOf(intake: Intake) {
  const inbox: InboxWriter = {
    recovered: [],
    append: () => Promise.resolve(),
    refusal: () => undefined,
    close: () => Promise.resolve(),
  };
  const alarms = new ClockAlarms([], () => undefined);
  const desk = new Desk({ inbox, intake, alarms, clock: { now: () => now }, maxBody: 1_000, publicUrl: '' });
  const endpoint = endpointsOf(accounts).find(({ hook }) => hook === 'events') as Endpoint;
  const post = (socket: Socket, body: string, pair?: KeyPair, isStated = true): Promise<Answer> => {
    const request = requestOf(socket, [Buffer.from(body)]);
    request.method = 'POST';
    request.rawHeaders = Object.entries(ecdsaHeaders(body, undefined, pair)).flat();
    if (isStated) request.headers['content-length'] = String(body.length);
    return desk.takeSigned(endpoint, request);
  };
  return { desk, post };
}

test('a forged post proves nothing of its connection, a genuine one does', async () => {
  const intake = new Intake(limits);
  const { post } = deskOf(intake);
  const [honest, forger] = [connect(intake), connect(intake)];
  expect(await post(honest, '[]')).toMatchObject({ status: 200 });
  expect(await post(forger, '[]', keyPair())).toMatchObject({ status: 403 });
  connect(intake);
  expect([honest.destroyed, forger.destroyed]).toEqual([false, true]);
});

test('a connection that posts for long holds nothing of what was answered, whatever the answer', async () => {
  const intake = new Intake(limits);
  const { desk, post } = deskOf(intake);
  const socket = connect(intake);
  for (let count = 0; count < 12; count += 1) {
    expect(await post(socket, 'x'.repeat(1_000))).toMatchObject({ status: 200 });
    expect(await post(socket, 'x'.repeat(1_000), keyPair())).toMatchObject({ status: 403 });
  }
  expect(desk.underWay).toBe(0);
});

test.each([true, false])(
  'the longest body that may be is taken, one byte more is not; its length is stated: %s',
  async (isStated) => {
    const intake = new Intake(limits);
    const { post } = deskOf(intake);
    expect(await post(connect(intake), 'x'.repeat(1_000), undefined, isStated)).toMatchObject({ status: 200 });
    expect(await post(connect(intake), 'x'.repeat(1_001), undefined, isStated)).toMatchObject({ status: 413 });
  },
);
