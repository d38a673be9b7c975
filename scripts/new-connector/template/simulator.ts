import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Contact = { readonly id: string; readonly email: string; readonly changed_at: string };

/** The example vendor's API, written from README.md in this folder and not from the connector. */
export async function startExampleSourceSimulator(apiKey: string) {
  let contacts: readonly Contact[] = Array.from({ length: 25 }, (_, index) => ({
    id: `c${index}`,
    email: `person${index}@example.org`,
    changed_at: new Date(Date.UTC(2026, 5, 1, 8, index)).toISOString(),
  }));
  const violations: { path: string; reason: string }[] = [];

  const server = createServer((request, response) => {
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://vendor');
    if (request.headers.authorization !== `Bearer ${apiKey}`) return reply(401, { message: 'Unknown key' });
    if (request.method !== 'GET' || pathname !== '/v1/contacts') {
      violations.push({ path: pathname, reason: 'the API has no such path' });
      return reply(404, { message: 'Not found' });
    }
    const limit = Number(searchParams.get('limit') ?? 20);
    if (limit > 100) {
      violations.push({ path: pathname, reason: `limit ${limit} is above 100` });
      return reply(400, { message: 'limit is at most 100' });
    }
    const since = Date.parse(searchParams.get('changed_since') ?? '1970-01-01T00:00:00Z');
    const shown = contacts.filter((contact) => Date.parse(contact.changed_at) > since);
    const offset = Number(searchParams.get('offset') ?? 0);
    return reply(200, { contacts: shown.slice(offset, offset + limit), total: shown.length });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    violations: () => violations,
    contactIds: () => contacts.map(({ id }) => id),
    /** A contact moves, and one is new. */
    change: (at: string): void => {
      const [first, ...others] = contacts;
      contacts = [
        ...others,
        { ...first!, email: 'moved@example.org', changed_at: at },
        { id: 'new', email: 'new@example.org', changed_at: at },
      ];
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
