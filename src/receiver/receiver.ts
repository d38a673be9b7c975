import type { AddressInfo } from 'node:net';
import { redact } from '../../connectors/_kit/redact.ts';
import type { Clock } from '../contracts/clock.ts';
import type { InboxRefusal } from '../inbox/refusal.ts';
import { defaultLimits, openInboxWriter } from '../inbox/writer.ts';
import type { OpenFile } from '../inbox/segment-writer.ts';
import { ClockAlarms } from './clock-alarm.ts';
import { Desk } from './desk.ts';
import type { Endpoint } from './endpoints.ts';
import { Intake } from './intake.ts';
import { readReceiverRecord, writeReceiverRecord } from './record.ts';
import { buildServer } from './server.ts';
import { Tally } from './tally.ts';

const mebibyte = 1024 * 1024;
/** How much strangers may take: the process stays below 300 MB with all of it taken. */
const intakeLimits = { connections: 1500, bodyBytes: 32 * mebibyte, requestsOfConnection: 8 };
/** Bytes of accepted posts that may wait for the disk. */
const waitingBytes = 32 * mebibyte;
const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
/** How often the log says what came, ms. */
const logEveryMs = 10_000;
/** How often an alarm's change reaches `status`, ms. */
const recordEveryMs = 1_000;

type LogLine = (fields: object, message: string) => void;
export type ReceiverLog = { readonly info: LogLine; readonly warn: LogLine; readonly error: LogLine };

export type ReceiverOptions = {
  readonly projectDir: string;
  readonly endpoints: readonly Endpoint[];
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Longest body and biggest inbox, bytes. */
  readonly maxBody: number;
  readonly maxDisk: number;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly logger: ReceiverLog;
  /** For tests: a file system that fails, and shorter segments. */
  readonly openFile?: OpenFile;
  readonly segmentBytes?: number;
  /** For tests: shorter patience. */
  readonly requestTimeoutMs?: number;
};

export type Receiver = {
  /** `http://127.0.0.1:8787` */
  readonly address: string;
  /** Takes no more posts, lets those under way end for so long, ms, and leaves the inbox in order. */
  stop(patienceMs: number): Promise<void>;
};

/** Receives posts until it is stopped. Throws InboxTaken when another receiver of the project runs. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { projectDir, endpoints, clock, logger } = options;
  const { segmentBytes = defaultLimits.segmentBytes } = options;
  const limits = { ...defaultLimits, diskBytes: options.maxDisk, waitingBytes, segmentBytes };
  const inbox = await openInboxWriter(projectDir, clock, limits, options.openFile);
  for (const { isDamaged, path, ...facts } of inbox.recovered) {
    if (isDamaged) logger.error({ path, ...facts }, 'a segment of the inbox is damaged: the sync says where');
    else logger.warn({ path, ...facts }, 'closed a segment that an earlier receiver left open');
  }

  const hooks = endpoints.map(({ accountId, hook }) => ({ account_id: accountId, hook }));
  let address = '';
  let recordTimer: NodeJS.Timeout | undefined;
  const writeRecord = (): void => {
    recordTimer = undefined;
    try {
      writeReceiverRecord(projectDir, { address, hooks, clock_alarms: alarms.all });
    } catch (error) {
      logger.error({ reason: textOf(error) }, 'could not write receiver.json');
    }
  };
  const alarms = new ClockAlarms(readReceiverRecord(projectDir)?.clock_alarms ?? [], () => {
    recordTimer ??= setTimeout(writeRecord, recordEveryMs);
  });

  const patienceMs = options.requestTimeoutMs ?? requestTimeoutMs;
  const intake = new Intake(intakeLimits);
  const tally = new Tally();
  const desk = new Desk({ inbox, intake, alarms, clock, maxBody: options.maxBody, publicUrl: options.publicUrl });
  let isStopping = false;
  let refusal: InboxRefusal | undefined;
  /** Reasons that the log names already; each once between two lines of counts. */
  const said = new Set<string>();
  const sayRefused = ({ reason, code, message }: InboxRefusal): void => {
    if (said.has(reason)) return;
    said.add(reason);
    logger.error({ reason, ...(code === undefined ? {} : { code }) }, message);
  };
  const server = buildServer({
    endpoints,
    desk,
    intake,
    headersTimeoutMs: Math.min(headersTimeoutMs, patienceMs),
    requestTimeoutMs: patienceMs,
    isStopping: () => isStopping,
    isHealthy: () =>
      !isStopping && (refusal === undefined || refusal.reason === 'busy') && inbox.refusal(0) === undefined,
    onAnswer: (endpoint, outcome, answer) => {
      tally.add(endpoint, outcome, answer.bytes);
      if (answer.status === 200) refusal = undefined;
      if (answer.refusal === undefined) return;
      refusal = answer.refusal;
      sayRefused(answer.refusal);
    },
    onError: (error) => logger.error({ reason: textOf(error) }, 'a post was not taken because of an error'),
  });

  const logLines = (): void => {
    said.clear();
    for (const line of tally.take()) logger.info(line, 'posts');
  };
  const logTimer = setInterval(logLines, logEveryMs);
  logTimer.unref();
  try {
    // The name stands for two addresses, of which the second would have a server that nobody watches.
    const host = options.host === 'localhost' ? '127.0.0.1' : options.host;
    await server.listen({ host, port: options.port });
  } catch (error) {
    clearInterval(logTimer);
    await inbox.close();
    throw error;
  }
  const bound = server.server.address() as AddressInfo;
  address = `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
  writeRecord();
  logger.info({ address, hooks }, 'receiver started');

  return {
    address,
    stop: async (patienceMs) => {
      isStopping = true;
      server.server.close();
      server.server.closeIdleConnections();
      const until = performance.now() + patienceMs;
      while (desk.underWay > 0 && performance.now() < until) await new Promise((done) => setTimeout(done, 10));
      await server.close();
      await inbox.close();
      clearInterval(logTimer);
      clearTimeout(recordTimer);
      writeRecord();
      logLines();
      logger.info({ evicted: intake.evicted }, 'receiver stopped');
    },
  };
}

function textOf(error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}
