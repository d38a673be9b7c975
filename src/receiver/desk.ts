import type { IncomingMessage } from 'node:http';
import pLimit from 'p-limit';
import type { Clock } from '../contracts/clock.ts';
import { InboxRefusal } from '../inbox/refusal.ts';
import type { InboxWriter } from '../inbox/writer.ts';
import type { ClockAlarms } from './clock-alarm.ts';
import type { Endpoint } from './endpoints.ts';
import type { Intake } from './intake.ts';
import type { Proof } from './signature.ts';

/** Signatures that are checked at once: more would keep the disk's work waiting in the pool of threads. */
const checksAtOnce = 2;

export type DeskOptions = {
  readonly inbox: InboxWriter;
  readonly intake: Intake;
  readonly alarms: ClockAlarms;
  readonly clock: Clock;
  /** Longest body, bytes. */
  readonly maxBody: number;
  /** Scheme, host and port under which senders know this receiver; '' when none of them signs it. */
  readonly publicUrl: string;
};

/** What became of a post; `bytes` of its body, as far as it was read. 0: the sender is gone, nobody to answer. */
export type Answer = {
  readonly status: 0 | 200 | 403 | 413 | 503;
  readonly bytes: number;
  /** The body was not read to its end, so the connection is of no further use. */
  readonly isUnread?: boolean;
  readonly refusal?: InboxRefusal;
};

/** Takes posts: the cheap refusals first, then the body, its signature, the disk, and only then 200. */
export class Desk {
  readonly #options: DeskOptions;
  readonly #check = pLimit(checksAtOnce);
  #underWay = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Posts that are being read, checked or stored. */
  get underWay(): number {
    return this.#underWay;
  }

  /** A post to a hook's signed address. */
  async takeSigned(endpoint: Endpoint, request: IncomingMessage): Promise<Answer> {
    const proof = endpoint.verifier?.readProof((name) => request.headersDistinct[name] ?? []);
    if (proof === undefined) return { status: 403, bytes: 0, isUnread: true };
    return await this.#take(endpoint, request, proof);
  }

  /** A post whose path secret is right. */
  async takeUnsigned(endpoint: Endpoint, request: IncomingMessage): Promise<Answer> {
    return await this.#take(endpoint, request, undefined);
  }

  async #take(endpoint: Endpoint, request: IncomingMessage, proof: Proof | undefined): Promise<Answer> {
    const { inbox, maxBody } = this.#options;
    const stated = Number(request.headers['content-length'] ?? 0);
    if (stated > maxBody) return { status: 413, bytes: 0, isUnread: true };
    const refusal = inbox.refusal(stated);
    if (refusal !== undefined) return { status: 503, bytes: 0, isUnread: true, refusal };
    this.#underWay += 1;
    try {
      return await this.#takeBody(endpoint, request, proof);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #takeBody(endpoint: Endpoint, request: IncomingMessage, proof: Proof | undefined): Promise<Answer> {
    const { intake, maxBody } = this.#options;
    const body = await intake.readBody(request, maxBody);
    if (body === 'aborted') return { status: 0, bytes: 0 };
    if (body === 'too-large') return { status: 413, bytes: 0, isUnread: true };
    if (body === 'busy') return { status: 503, bytes: 0, isUnread: true, refusal: new InboxRefusal('busy') };
    try {
      if (proof !== undefined && !(await this.#check(() => this.#isGenuine(endpoint, request, proof, body)))) {
        return { status: 403, bytes: body.length };
      }
      return await this.#store(endpoint, request, body, proof !== undefined);
    } finally {
      intake.release(request.socket, body.length);
    }
  }

  async #isGenuine(endpoint: Endpoint, request: IncomingMessage, proof: Proof, body: Buffer): Promise<boolean> {
    const { clock, alarms, intake, publicUrl } = this.#options;
    const { accountId, hook, verifier } = endpoint;
    // While it waited for its turn, the connection may have been needed for somebody else.
    if (verifier === null || request.socket.destroyed) return false;
    const now = clock.now();
    const sent = { method: request.method ?? '', uri: `${publicUrl}${request.url ?? ''}` };
    const verdict = await verifier.judge(proof, sent, body, Date.parse(now));
    if (verdict.kind === 'forged') return false;
    intake.prove(request.socket);
    if (verdict.kind === 'wrong-age') {
      alarms.raise(accountId, hook, now, verdict.skewSeconds);
      return false;
    }
    alarms.clear(accountId, hook);
    return true;
  }

  async #store(endpoint: Endpoint, request: IncomingMessage, body: Buffer, isSigned: boolean): Promise<Answer> {
    const { inbox, clock } = this.#options;
    const post = {
      receivedAt: clock.now(),
      contentType: (request.headers['content-type'] ?? '').toLowerCase(),
      isSigned,
      body,
    };
    try {
      await inbox.append(endpoint.accountId, endpoint.hook, post);
      return { status: 200, bytes: body.length };
    } catch (error) {
      if (error instanceof InboxRefusal) return { status: 503, bytes: body.length, refusal: error };
      throw error;
    }
  }
}
