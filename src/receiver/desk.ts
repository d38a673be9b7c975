import type { IncomingMessage } from 'node:http';
import pLimit from 'p-limit';
import type { Clock } from '../contracts/clock.ts';
import type { Instant } from '../contracts/json.ts';
import { InboxRefusal } from '../inbox/refusal.ts';
import type { InboxWriter } from '../inbox/writer.ts';
import type { ClockAlarms } from './clock-alarm.ts';
import type { Endpoint } from './endpoints.ts';
import type { Body, Intake } from './intake.ts';
import type { Judgement } from './signature.ts';

/** Signatures that are checked at once: of the pool's four threads one is always left for the disk. */
const checksAtOnce = 3;

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
    const { verifier } = endpoint;
    const proof = verifier?.readProof((name) => valuesOf(request.rawHeaders, name));
    if (verifier === null || proof === undefined) return { status: 403, bytes: 0, isUnread: true };
    const sent = { method: request.method ?? '', uri: `${this.#options.publicUrl}${request.url ?? ''}` };
    return await this.#take(endpoint, request, verifier.begin(proof, sent));
  }

  /** A post whose path secret is right. */
  async takeUnsigned(endpoint: Endpoint, request: IncomingMessage): Promise<Answer> {
    return await this.#take(endpoint, request, undefined);
  }

  async #take(endpoint: Endpoint, request: IncomingMessage, judgement: Judgement | undefined): Promise<Answer> {
    const { inbox, maxBody } = this.#options;
    const stated = Number(request.headers['content-length'] ?? 0);
    if (stated > maxBody) return { status: 413, bytes: 0, isUnread: true };
    const refusal = inbox.refusal(stated);
    if (refusal !== undefined) return { status: 503, bytes: 0, isUnread: true, refusal };
    this.#underWay += 1;
    try {
      return await this.#takeBody(endpoint, request, judgement);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #takeBody(endpoint: Endpoint, request: IncomingMessage, judgement: Judgement | undefined): Promise<Answer> {
    const { intake, maxBody } = this.#options;
    const body = await intake.readBody(request, maxBody, (chunk) => judgement?.update(chunk));
    if (body === 'aborted') return { status: 0, bytes: 0 };
    if (body === 'too-large') return { status: 413, bytes: 0, isUnread: true };
    if (body === 'busy') return { status: 503, bytes: 0, isUnread: true, refusal: new InboxRefusal('busy') };
    try {
      const now = this.#options.clock.now();
      if (judgement !== undefined && !(await this.#isGenuine(endpoint, request, judgement, now))) {
        return { status: 403, bytes: body.bytes };
      }
      return await this.#store(endpoint, request, { now, body, isSigned: judgement !== undefined });
    } finally {
      intake.release(request.socket, body);
    }
  }

  async #isGenuine(
    { accountId, hook }: Endpoint,
    request: IncomingMessage,
    judgement: Judgement,
    now: Instant,
  ): Promise<boolean> {
    const { alarms, intake } = this.#options;
    const verdict = await this.#check(() => judgement.end(Date.parse(now)));
    if (verdict.kind === 'forged') return false;
    intake.prove(request.socket);
    if (verdict.kind === 'wrong-age') {
      alarms.raise(accountId, hook, now, verdict.skewSeconds);
      return false;
    }
    alarms.clear(accountId, hook);
    return true;
  }

  async #store(
    { accountId, hook }: Endpoint,
    request: IncomingMessage,
    { now, body, isSigned }: { readonly now: Instant; readonly body: Body; readonly isSigned: boolean },
  ): Promise<Answer> {
    const contentType = (request.headers['content-type'] ?? '').toLowerCase();
    try {
      await this.#options.inbox.append(accountId, hook, { receivedAt: now, contentType, isSigned, body: body.chunks });
      return { status: 200, bytes: body.bytes };
    } catch (error) {
      if (error instanceof InboxRefusal) return { status: 503, bytes: body.bytes, refusal: error };
      throw error;
    }
  }
}

/** Every value of a header, which Node would join or drop. */
function valuesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
