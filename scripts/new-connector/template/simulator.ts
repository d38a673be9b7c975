import { type Simulator, startSimulator } from '../../../src/demo/simulator/simulator.ts';
import { Refusal, type Vendor } from '../../../src/demo/simulator/vendor.ts';
import type { Fault } from '../../../src/demo/simulator/faults.ts';

type Contact = { readonly id: string; readonly email: string; readonly changed_at: string };
type Route = { readonly method: string; readonly path: string; readonly answer: (query: URLSearchParams) => unknown };

type ExampleSourceAccount = {
  contactIds(): readonly string[];
  /** A contact moves, and one is new. */
  change(at: string): void;
};

/** The example vendor's API, written from README.md in this folder and not from the connector. */
export async function startExampleSourceSimulator(apiKey: string): Promise<Simulator<Fault> & ExampleSourceAccount> {
  const account = createAccount();
  const vendor: Vendor<Route, Fault> = {
    base: '/v1',
    stallMs: 60_000,
    routes: [{ method: 'GET', path: '/contacts', answer: account.contacts }],
    authorise: ({ headers, isKeyExpired }) => {
      if (isKeyExpired || headers.authorization !== `Bearer ${apiKey}`) throw new Refusal(401, 'Unknown key');
    },
    answer: ({ match, url }) => {
      if (match === undefined) throw new Refusal(404, 'Not found', true);
      return { body: match.route.answer(url.searchParams) };
    },
    refuse: ({ status, message }) => ({ status, body: { message } }),
  };
  return { ...(await startSimulator(vendor, {})), contactIds: account.contactIds, change: account.change };
}

function createAccount() {
  let contacts: readonly Contact[] = Array.from({ length: 25 }, (_, index) => ({
    id: `c${index}`,
    email: `person${index}@example.org`,
    changed_at: new Date(Date.UTC(2026, 5, 1, 8, index)).toISOString(),
  }));
  return {
    contactIds: () => contacts.map(({ id }) => id),
    change: (at: string): void => {
      const [first, ...others] = contacts;
      contacts = [
        ...others,
        { ...first!, email: 'moved@example.org', changed_at: at },
        { id: 'new', email: 'new@example.org', changed_at: at },
      ];
    },
    contacts: (query: URLSearchParams): unknown => {
      const limit = Number(query.get('limit') ?? 20);
      if (limit > 100) throw new Refusal(400, 'limit is at most 100', true);
      const since = Date.parse(query.get('changed_since') ?? '1970-01-01T00:00:00Z');
      const shown = contacts.filter((contact) => Date.parse(contact.changed_at) > since);
      const offset = Number(query.get('offset') ?? 0);
      return { contacts: shown.slice(offset, offset + limit), total: shown.length };
    },
  };
}
