import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ecdsaHeaders, keyPair, nowSeconds, Trial } from '../../src/receiver/receiver.fixture.ts';
import { eventsBody, Poster, quantile, requestBytes } from '../../src/receiver/sender.fixture.ts';
import { ReceiverProcess } from './receiver-process.ts';
import type { Strangers } from './strangers-thread.ts';

const path = '/hooks/shop/events';
/** Limits of the receiver: peak of memory, MB, and the honest sender's p99, ms. */
const memoryLimit = 300;
const patience = 1_000;

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);

describe('B56 what no honest sender sends', () => {
  let trial: Trial;

  beforeAll(async () => {
    trial = await Trial.start({ requestTimeoutMs: 1_000 });
  });

  afterAll(() => trial.end());

  const signed = Object.entries(ecdsaHeaders('[]'))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const head = (more: string): string => `POST ${path} HTTP/1.1\r\nHost: x\r\n${signed}${more}\r\n`;

  test('B56 a body that is said to be too long is 413 before it is read', async () => {
    expect(statusOf(await trial.raw(head('Content-Length: 52428800\r\n')))).toBe(413);
  });

  test('B56 a body that turns out too long is 413, in chunks without end too', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    expect(statusOf(await trial.raw(`${head('Transfer-Encoding: chunked\r\n')}${chunk.repeat(20)}`))).toBe(413);
  });

  test('B56 headers without end are 431', async () => {
    const socket = trial.connect();
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    const closed = new Promise((done) => socket.once('close', done));
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n`);
    for (let number = 0; number < 1_000_000 && !socket.destroyed && socket.writable; number += 1_000) {
      socket.write(Array.from({ length: 1_000 }, (_, at) => `x-${number + at}: 1\r\n`).join(''));
      await delay(1);
      if (text !== '') break;
    }
    await closed;
    expect(statusOf(text)).toBe(431);
  });

  test.each([
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n', '[]'],
    ['length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '2\r\n[]\r\n0\r\n\r\n'],
    ['an unknown encoding', 'Transfer-Encoding: gzip, identity\r\n', '[]'],
    ['a broken header', 'x y: 1\r\n', '[]'],
    ['a length that is none', 'Content-Length: -1\r\n', '[]'],
  ])('B56 %s is 400, and the connection ends', async (_what, more, body) => {
    const text = await trial.raw(`${head(more)}${body}`);
    expect(statusOf(text)).toBe(400);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test('B56 headers and bodies that do not come are 408, and so is a sender that is gone without a word', async () => {
    const slow = [
      '',
      `POST ${path} HTTP/1.1\r\nHost: x\r\n`,
      head('Content-Length: 2\r\n'),
      `${head('Content-Length: 2\r\n')}[`,
    ];
    const started = performance.now();
    const answers = await Promise.all(slow.map((text) => trial.raw(text)));
    expect(answers.map(statusOf)).toEqual([408, 408, 408, 408]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('B56 a sender that closes its half behind the post is not waited for, and what it sent whole is stored', async () => {
    const before = (await trial.texts('shop', 'events')).length;
    const socket = trial.connect();
    socket.resume();
    socket.end(`${head('Content-Length: 2\r\n')}[]`);
    await once(socket, 'close');
    await expect.poll(async () => (await trial.texts('shop', 'events')).length).toBe(before + 1);
  });

  test('B56 pipelined posts are answered in order, and a connection that asks too many at once is closed', async () => {
    const request = `${head('Content-Length: 2\r\n')}[]`;
    const forged = request.replace('[]', '{}');
    const socket = trial.connect();
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.write(`${request}${forged}${request}`);
    await expect.poll(() => text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403', 'HTTP/1.1 200']);
    socket.destroy();
    const answers = (await trial.raw(request.repeat(500))).match(/HTTP\/1\.1/g) ?? [];
    expect(answers.length).toBeLessThan(500);
  });

  test('none of it was stored but the genuine ones', async () => {
    expect(new Set(await trial.texts('shop', 'events'))).toEqual(new Set(['[]']));
  });
});

describe('B56 strangers in masses', () => {
  let project: string;
  let receiver: ReceiverProcess;

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'mailmart-strangers-'));
    receiver = await ReceiverProcess.start(project);
  });

  afterAll(() => rm(project, { recursive: true, force: true }));

  /** Posts for so long, each second post over a new connection; the times it took, ms. */
  async function honest(seconds: number): Promise<readonly number[]> {
    const requests = Array.from({ length: 20 }, (_, index) => {
      const body = eventsBody(`honest-${index}`, 100);
      return requestBytes(path, ecdsaHeaders(body, nowSeconds), body);
    });
    const times: number[] = [];
    let poster = new Poster(receiver.address);
    for (const until = performance.now() + seconds * 1000; performance.now() < until;) {
      if (times.length % 2 === 0) {
        poster.close();
        poster = new Poster(receiver.address);
      }
      const sent = performance.now();
      expect(await poster.send(requests[times.length % requests.length]!)).toBe(200);
      times.push(performance.now() - sent);
      await delay(20);
    }
    poster.close();
    return times;
  }

  /** The honest sender's p99 beside strangers, ms, how often they were answered, and the receiver's peak of memory so far. */
  type Beside = { readonly p99: number; readonly answers: number; readonly peakMb: number };

  async function beside(strangers: Omit<Strangers, 'address'>): Promise<Beside> {
    const workerData: Strangers = { ...strangers, address: receiver.address };
    const thread = new Worker(new URL('strangers-thread.ts', import.meta.url), { workerData });
    await delay(1_000);
    const p99 = quantile(await honest(4), 0.99);
    const ended = once(thread, 'message');
    thread.postMessage('end');
    const [{ answers }] = (await ended) as [{ readonly answers: number }];
    await thread.terminate();
    return { p99, answers, peakMb: receiver.peakMb() };
  }

  test('B56 an honest sender has its answers in time beside 1,000 slow ones and a flood of forged posts, in 300 MB', async () => {
    const forger = keyPair();
    const length = 10 * 1024 * 1024;
    const headers = Object.entries(ecdsaHeaders('x', nowSeconds, forger))
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${length}\r\n\r\n`;
    await honest(1);

    const x = Buffer.from('x');
    // Headers and bodies byte by byte; then bodies as long as they may be, of which all together would be 2 GB; then whole
    // posts with a signature of somebody else, as fast as they are answered.
    const slowHeaders = await beside({
      connections: 1000,
      first: Buffer.from('POST / HTTP/1.1\r\nx'),
      next: x,
      everyMs: 1_000,
    });
    const slowBodies = await beside({ connections: 1000, first: Buffer.from(`${head}x`), next: x, everyMs: 1_000 });
    const long = await beside({
      connections: 200,
      first: Buffer.from(head),
      next: Buffer.alloc(32_768, 'x'),
      everyMs: 100,
    });
    const body = eventsBody('forged', 100);
    const forged = requestBytes(path, ecdsaHeaders(body, nowSeconds, forger), body);
    const flood = await beside({ connections: 200, first: forged, next: forged, everyMs: 0 });

    const peak = await receiver.stop();
    const all = { slowHeaders, slowBodies, long, flood };
    console.log(`peak ${peak.toFixed(0)} MB; p99 and answers beside strangers: ${JSON.stringify(all)}`);
    for (const { p99 } of Object.values(all)) expect(p99).toBeLessThan(patience);
    expect(flood.answers).toBeGreaterThan(200);
    expect(peak).toBeLessThan(memoryLimit);
  });
});
