import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { World } from '../../src/demo/types.ts';
import { createWorld, worldAt } from '../../src/demo/world.ts';
import { beyond } from './simulator-beyond.ts';
import { createHookKeys } from './simulator-hook.ts';
import { type Route, routes } from './simulator-routes.ts';
import { findSpec, loadSpec, type Spec } from './simulator-spec.ts';
import { type SendgridSimulator, startSendgridSimulator } from './simulator.ts';

const file = findSpec();
const apiKey = 'SG.spec';

describe.skipIf(file === undefined)(
  'the simulator against the vendor’s description (MAILMART_SHARED/esp/specs/sendgrid.json)',
  () => {
    const world = createWorld({ seed: 7, size: 'small' });
    const now = worldAt(world, world.now);
    let spec: Spec;
    let simulator: SendgridSimulator;

    const ask = async (
      target: Target,
      headers: Record<string, string> = {},
    ): Promise<{ status: number; type: string; body: unknown }> => {
      const response = await fetch(`${simulator.url}${target.path}`, {
        method: target.method,
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
        ...(target.body === undefined ? {} : { body: JSON.stringify(target.body) }),
      });
      const text = await response.text();
      const type = response.headers.get('content-type') ?? '';
      return { status: response.status, type, body: type.includes('json') ? JSON.parse(text) : text };
    };
    const judge = (route: Route, status: number, body: unknown): readonly string[] =>
      spec.judge(route.method, route.path, status, body);

    beforeAll(async () => {
      spec = loadSpec(file ?? '', beyond);
      const { publicKey } = createHookKeys('spec');
      // Limits would only slow the test down: it asks for hundreds of answers.
      const many = { requests: 100_000, seconds: 60 };
      const rates = { activity: many, logs: many, marketing: many, stats: many, suppressions: many, account: many };
      simulator = await startSendgridSimulator({ world, apiKey, publicKey, rates, exports: { pendingPolls: 1 } });
    });
    afterAll(() => simulator.stop());

    it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
      'answers %s as described',
      async (_name, route) => {
        const targets = await fill(now, route, ask);
        let judged = 0;
        for (const target of targets) {
          const { status, body } = await ask(target);
          const problems = typeof body === 'string' ? [] : judge(route, status, body);
          expect({ target: target.path, status: status < 300, problems }).toEqual({
            target: target.path,
            status: true,
            problems: [],
          });
          judged += 1;
        }
        expect(judged).toBeGreaterThan(0);
      },
    );

    it('takes no parameter and no field that the description lacks', () => {
      const unknown = routes.flatMap((route) => [
        ...route.params.filter((name) => !spec.parameters(route.method, route.path).includes(name)),
        ...(route.fields ?? []).filter((name) => !spec.fields(route.method, route.path).includes(name)),
      ]);
      expect(unknown).toEqual([]);
    });

    it.each([
      [400, '/v3/marketing/lists?page_size=5000', {}],
      [400, '/v3/stats', {}],
      [401, '/v3/scopes', { authorization: 'Bearer SG.other' }],
      [403, '/v3/scopes', { 'on-behalf-of': 'stranger' }],
      [404, '/v3/marketing/lists/none', {}],
      [404, '/v3/contactdb/lists', {}],
    ] as const)('refuses with %i and the documented body: %s', async (expected, path, headers) => {
      const { status, type, body } = await ask({ method: 'GET', path }, headers);
      expect(status).toBe(expected);
      expect(type).toContain('application/json');
      expect(spec.judge('GET', '/v3/scopes', status, body)).toEqual([]);
    });

    it('is a judge that is awake: planted wrong types, values and unknown fields are found', async () => {
      const plants: readonly (readonly [string, (body: never) => unknown, string])[] = [
        [
          '/v3/marketing/lists',
          (body: { result: Row[] }) => (body.result[0]!['contact_count'] = '3'),
          '/result/0/contact_count',
        ],
        ['/v3/marketing/lists', (body: { result: Row[] }) => (body.result[0]!['colour'] = 'red'), 'colour'],
        [
          '/v3/marketing/singlesends',
          (body: { result: Row[] }) => (body.result[0]!['status'] = 'sent'),
          '/result/0/status',
        ],
        ['/v3/marketing/singlesends', (body: { result: Row[] }) => delete body.result[0]!['created_at'], 'created_at'],
        [
          '/v3/marketing/stats/singlesends',
          (body: { results: Row[] }) => (body.results[0]!['ab_variation'] = 'none'),
          'ab_variation',
        ],
        ['/v3/suppression/bounces', (body: Row[]) => (body[0]!['created'] = 'yesterday'), '/0/created'],
      ];
      for (const [path, plant, place] of plants) {
        const { body } = await ask({ method: 'GET', path });
        expect(spec.judge('GET', path, 200, body)).toEqual([]);
        plant(body as never);
        expect(spec.judge('GET', path, 200, body).join('\n')).toContain(place);
      }
      for (const [kind, place] of [
        ['unknown_field', 'brand_new_field'],
        ['wrong_type', '/result/0/'],
      ] as const) {
        simulator.faults.add({ kind });
        const { body } = await ask({ method: 'GET', path: '/v3/marketing/lists' });
        expect(spec.judge('GET', '/v3/marketing/lists', 200, body).join('\n')).toContain(place);
      }
    });

    it('needs every deviation that is listed: without it an answer does not fit', async () => {
      const idle: string[] = [];
      for (const entry of beyond) {
        const narrower = loadSpec(
          file ?? '',
          beyond.filter((other) => other !== entry),
        );
        let deviates = false;
        for (const route of routes.filter((candidate) => candidate.path === entry.path)) {
          for (const target of await fill(now, route, ask)) {
            const { status, body } = await ask(target);
            try {
              deviates ||= narrower.judge(route.method, route.path, status, body).length > 0;
            } catch {
              deviates = true;
            }
          }
        }
        if (!deviates) idle.push(`${entry.path} ${entry.name}`);
      }
      expect(idle).toEqual([]);
    });
  },
);

type Row = Record<string, unknown>;
type Target = { readonly method: string; readonly path: string; readonly body?: unknown };
type Ask = (target: Target) => Promise<{ readonly body: unknown }>;

const dates = 'start_date=2026-01-01&end_date=2026-07-01';

/** Real requests of an operation: every single send and list, a suppressed address of every kind, a message of every fate. */
async function fill(world: World, route: Route, ask: Ask): Promise<readonly Target[]> {
  const half = world.sendgrid;
  const { method, path } = route;
  const get = (...paths: readonly string[]): readonly Target[] => paths.map((own) => ({ method, path: own }));
  const sent = half.singleSends.filter((send) => send.sentAt !== null && send.sentAt <= world.now);
  const recent = half.messages.filter((message) => message.at > world.now - 29 * 86_400);
  const kind = { bounces: 'bounce', blocks: 'block', spam_reports: 'spam_report', invalid_emails: 'invalid_email' }[
    path.split('/')[3] ?? ''
  ];
  const address = half.suppressions.find((entry) => entry.kind === (kind ?? 'unsubscribe') && entry.removedAt === null);
  if (path === '/v3/marketing/contacts/exports' && method === 'POST') {
    return [{ method, path, body: { list_ids: [half.lists[0]?.id], file_type: 'json', max_file_size: 10 } }];
  }
  if (path === '/v3/marketing/contacts/exports/{id}') {
    const { body } = await ask({ method: 'POST', path: '/v3/marketing/contacts/exports', body: {} });
    const place = `/v3/marketing/contacts/exports/${(body as { id: string }).id}`;
    return get(place, place);
  }
  if (path === '/v3/marketing/contacts/search') return [{ method, path, body: { query: "email LIKE 'a%'" } }];
  if (path === '/v3/marketing/contacts/batch')
    return [{ method, path, body: { ids: half.contacts.map(({ id }) => id).slice(0, 40) } }];
  if (path === '/v3/marketing/singlesends/search')
    return [
      { method, path, body: { status: ['triggered'] } },
      { method, path, body: { name: 'WELCOME', categories: ['guide'] } },
    ];
  if (path === '/v3/marketing/singlesends/{id}')
    return get(...half.singleSends.map(({ id }) => path.replace('{id}', id)));
  if (path === '/v3/marketing/segments/2.0/{segment_id}') {
    const { body } = await ask({ method: 'GET', path: '/v3/marketing/segments/2.0' });
    return get(...(body as { results: { id: string }[] }).results.map(({ id }) => path.replace('{segment_id}', id)));
  }
  if (path.startsWith('/v3/marketing/stats/singlesends/{id}')) {
    const query = path.endsWith('links') ? '' : dates;
    return get(
      ...sent.flatMap(({ id }) =>
        [
          '',
          '&group_by=ab_variation,ab_phase',
          '&group_by=ab_phase',
          ...(query === '' ? [] : ['&aggregated_by=day']),
        ].map((more) => `${path.replace('{id}', id)}?${query}${more}`),
      ),
    );
  }
  if (path.startsWith('/v3/marketing/lists/{id}')) return get(...half.lists.map(({ id }) => path.replace('{id}', id)));
  if (path === '/v3/marketing/contacts/{id}')
    return get(
      ...half.contacts
        .filter((own) => own.createdAt < world.now && own.deletedAt === null)
        .slice(0, 20)
        .map(({ id }) => path.replace('{id}', id)),
    );
  if (path === '/v3/logs') return [{ method, path, body: { limit: 1000 } }];
  if (path === '/v3/logs/{sg_message_id}') return get(...recent.map(({ id }) => path.replace('{sg_message_id}', id)));
  if (path === '/v3/messages') return get(`${path}?limit=1000&query=${encodeURIComponent('status="delivered"')}`);
  if (path === '/v3/messages/{msg_id}')
    return get(...recent.map(({ id }) => path.replace('{msg_id}', id.split('.')[0] ?? '')));
  if (path.includes('/webhooks/') && path.endsWith('{id}')) {
    const { body } = await ask({ method: 'GET', path: '/v3/user/webhooks/event/settings/all' });
    return get(path.replace('{id}', (body as { webhooks: { id: string }[] }).webhooks[0]?.id ?? ''));
  }
  if (path === '/v3/categories/stats')
    return get(
      `${path}?${dates}&categories=guide&categories=offer`,
      `${path}?${dates}&categories=guide&aggregated_by=month`,
    );
  if (path.endsWith('/stats') && !path.includes('marketing'))
    return get(
      `${path.replace('{client_type}', 'phone')}?${dates}`,
      `${path.replace('{client_type}', 'desktop')}?${dates}&aggregated_by=week`,
    );
  return get(
    path
      .replace('{email}', encodeURIComponent(address?.address ?? ''))
      .replace('{group_id}', String(half.groups[0]?.id)),
  );
}
