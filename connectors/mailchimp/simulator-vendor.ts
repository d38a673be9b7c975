import {
  type Exchange as AnyExchange,
  type Refusal,
  type Reply,
  type Vendor,
} from '../../src/demo/simulator/vendor.ts';
import { type WorldOptions, WorldViews } from '../../src/demo/simulator/world-views.ts';
import { type Body, notFound, Problem } from './simulator-answer.ts';
import type { Fault } from './simulator-faults.ts';
import { renderAnswer } from './simulator-page.ts';
import { checkQuery, type Route, routes } from './simulator-routes.ts';
import { createSnapshot, type Snapshot } from './simulator-snapshot.ts';

/** What this vendor's account can be told to be. */
export type MailchimpOptions = WorldOptions & {
  readonly apiKey: string;
  /** Whether the members list without `status` shows archived contacts; default false (the facts call it unverified). */
  readonly archivedByDefault?: boolean;
  /** Simultaneous requests of the one user; the next gets 429. Default 10, as documented. */
  readonly connections?: number;
};

type Exchange = AnyExchange<Route, Fault>;
type Shrink = { readonly collection: string; left: number };

/** Mailchimp's own ways: connections, key, problem documents, pages with links and fields, rows that go. */
export class Mailchimp implements Vendor<Route, Fault> {
  readonly base = '/3.0';
  readonly type = 'application/json; charset=utf-8';
  /** The vendor's time limit is 120 s. */
  readonly stallMs = 130_000;
  readonly routes = routes;
  /** Members that `delete_member` deleted. */
  readonly deleted: { readonly listId: string; readonly emailId: string }[] = [];

  readonly #options: MailchimpOptions;
  readonly #views: WorldViews<Snapshot>;
  #shrinks: Shrink[] = [];

  constructor(options: MailchimpOptions) {
    this.#options = options;
    this.#views = new WorldViews(options, createSnapshot);
  }

  /** Shows the rows that `shrink` hid. */
  restoreRows(): void {
    this.#shrinks = [];
  }

  admit(exchange: Exchange): void {
    if (!exchange.url.pathname.startsWith(this.base)) throw unknownPath(exchange, 'the API lives under /3.0');
    if (exchange.entry.inFlight > (this.#options.connections ?? 10)) throw tooMany();
  }

  authorise({ headers, isKeyExpired }: Exchange): void {
    const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ');
    const key =
      scheme.toLowerCase() === 'basic'
        ? Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':')
        : value;
    if (isKeyExpired || !/^(?:basic|bearer)$/i.test(scheme) || key !== this.#options.apiKey) {
      const detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter.";
      throw new Problem(401, 'API Key Invalid', detail);
    }
  }

  fail(fault: Fault, exchange: Exchange): Reply | undefined {
    switch (fault.kind) {
      case 'rate_limited':
        if (fault.retryAfter !== undefined) exchange.setHeader('Retry-After', fault.retryAfter);
        throw tooMany();
      case 'server_error':
        throw new Problem(500, 'Internal Server Error', 'An unexpected internal error has occurred.');
      case 'blocked':
        return { status: fault.status ?? 429, type: 'text/plain', body: 'Request blocked' };
      default:
        return undefined;
    }
  }

  answer(exchange: Exchange): Reply {
    const { entry, match, fault } = exchange;
    const faked = exchange.headers['x-trigger-error'];
    if (faked !== undefined) throw triggered(String(faked));
    if (entry.method !== 'GET') {
      exchange.violate(`${entry.method} is not simulated`);
      throw new Problem(405, 'Method Not Allowed', 'The requested method and resource are not compatible.');
    }
    if (match === undefined) throw unknownPath(exchange, 'the API has no such path');
    const refused = checkQuery(match.route, entry.query);
    if (refused !== undefined) {
      exchange.violate(refused.message);
      throw refused;
    }
    const { body, firstRow } = renderAnswer({
      call: {
        snapshot: this.#views.now(),
        path: match.path,
        query: entry.query,
        options: { archivedByDefault: this.#options.archivedByDefault ?? false },
      },
      route: match.route,
      path: entry.path,
      origin: exchange.origin,
      fault,
      hidesFirst: this.#shrinkOf(collectionOf(entry), fault),
    });
    if (fault?.kind === 'delete_member') this.#deleteMember(fault.emailId ?? emailIdOf(firstRow));
    return { body };
  }

  refuse(refusal: Refusal, { entry }: Exchange): Reply {
    const { title, errors } =
      refusal instanceof Problem ? refusal : { title: 'Internal Server Error', errors: undefined };
    return {
      status: refusal.status,
      type: 'application/problem+json; charset=utf-8',
      body: {
        type: 'https://mailchimp.com/developer/marketing/docs/errors/',
        title,
        status: refusal.status,
        detail: refusal.message,
        instance: `00000000-0000-4000-8000-${String(entry.number).padStart(12, '0')}`,
        ...(errors === undefined ? {} : { errors }),
      },
    };
  }

  /** Whether the first row of this collection is hidden from this request. */
  #shrinkOf(collection: string, fault: Fault | undefined): boolean {
    const running = this.#shrinks.find((shrink) => shrink.collection === collection && shrink.left > 0);
    if (running !== undefined) {
      running.left -= 1;
      return true;
    }
    if (fault?.kind === 'shrink') this.#shrinks.push({ collection, left: fault.requests ?? 1 });
    return false;
  }

  #deleteMember(emailId: string): void {
    const { at } = this.#views.now();
    this.#views.change((world) => ({
      ...world,
      memberships: world.memberships.map((membership) => {
        if (membership.emailId !== emailId || (membership.deletedAt !== null && membership.deletedAt <= at))
          return membership;
        this.deleted.push({ listId: membership.listId, emailId });
        return { ...membership, deletedAt: at };
      }),
    }));
  }
}

/** What the pages of one answer have in common: live and archived contacts of a list have one path. */
function collectionOf({ path, query }: Exchange['entry']): string {
  const { offset: _offset, count: _count, ...chosen } = query;
  return `${path}?${new URLSearchParams(chosen).toString()}`;
}

/** The member a row speaks of; members call it `id`. */
function emailIdOf(row: Body | undefined): string {
  const id = row?.['email_id'] ?? row?.['id'];
  return typeof id === 'string' ? id : '';
}

function tooMany(): Problem {
  return new Problem(429, 'Too Many Requests', 'You have exceeded the limit of 10 simultaneous connections.');
}

function unknownPath(exchange: Exchange, reason: string): Problem {
  exchange.violate(reason);
  return notFound();
}

/** `X-Trigger-Error: <name>`: the vendor's own way to fake an error. */
function triggered(name: string): Problem {
  const known: Readonly<Record<string, readonly [number, string]>> = {
    BadRequest: [400, 'Bad Request'],
    InvalidResource: [400, 'Invalid Resource'],
    APIKeyInvalid: [401, 'API Key Invalid'],
    Forbidden: [403, 'Forbidden'],
    ResourceNotFound: [404, 'Resource Not Found'],
    TooManyRequests: [429, 'Too Many Requests'],
    InternalServerError: [500, 'Internal Server Error'],
  };
  const [status, title] = known[name] ?? [500, 'Internal Server Error'];
  return new Problem(status, title, `Error ${name} triggered by X-Trigger-Error at the caller's wish.`);
}
