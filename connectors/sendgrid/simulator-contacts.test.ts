import { gunzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import { day, instantOf } from '../../src/demo/instant.ts';
import { worldAt } from '../../src/demo/world.ts';
import { half, key, namesOf, type Row, start, stopAll, world } from './simulator-bench.ts';

afterEach(stopAll);

describe('contacts', () => {
  it('shows the 50 newest and the number of all, without those who were deleted', async () => {
    const { ask } = await start({ at: () => instantOf(world.until) });
    const there = worldAt(world, world.until).sendgrid.contacts.filter((contact) => contact.deletedAt === null);
    expect(there.length).toBeLessThan(half.contacts.length);
    const { body } = await ask('/v3/marketing/contacts');
    expect(body['contact_count']).toBe(there.length);
    const addresses = namesOf(body['result'] as Row[], 'email');
    expect(addresses).toHaveLength(50);
    expect(addresses).toEqual([...addresses].sort());
    expect((await ask('/v3/marketing/contacts/count')).body).toMatchObject({ contact_count: there.length });
    for (const list of half.lists) {
      const members = there.filter((contact) =>
        contact.lists.some((entry) => entry.listId === list.id && (entry.removedAt ?? Infinity) > world.until),
      );
      expect((await ask(`/v3/marketing/lists/${list.id}/contacts/count`)).body).toMatchObject({
        contact_count: members.length,
      });
    }
  });

  it('exports them: pending for a while, then gzip files that together hold each contact once', async () => {
    let at = world.now;
    const { ask, violations } = await start({ at: () => instantOf(at), exports: { pendingPolls: 2 } });
    const job = await ask('/v3/marketing/contacts/exports', { body: { file_type: 'json', max_file_size: 100 } });
    expect(job.status).toBe(202);
    const place = `/v3/marketing/contacts/exports/${String(job.body['id'])}`;
    // What comes later is not in it.
    at = world.now + 2 * day;
    expect([(await ask(place)).body['status'], (await ask(place)).body['status']]).toEqual(['pending', 'pending']);
    const { body } = await ask(place);
    expect(body['status']).toBe('ready');
    const there = half.contacts.filter((contact) => contact.createdAt <= world.now && contact.deletedAt === null);
    expect(body['contact_count']).toBe(there.length);
    const urls = body['urls'] as string[];
    expect(urls).toHaveLength(3);
    const lines = await Promise.all(urls.map(async (url) => unpack(await fetch(url))));
    const contacts = lines.flat().map((line) => JSON.parse(line) as { email: string });
    expect(contacts.map(({ email }) => email).sort()).toEqual(there.map(({ address }) => address).sort());
    expect(violations()).toEqual([]);
    at = world.now + 3 * day;
    expect((await ask(place)).status).toBe(404);
  });

  it('exports one list, each contact once, as CSV too; fails on demand', async () => {
    const { ask, faults } = await start({ exports: { pendingPolls: 0 } });
    const [list] = half.lists;
    const run = async (body: Row): Promise<Row> => {
      const { body: job } = await ask('/v3/marketing/contacts/exports', { body });
      return (await ask(`/v3/marketing/contacts/exports/${String(job['id'])}`)).body;
    };
    const done = await run({ list_ids: [list?.id], file_type: 'csv' });
    const [head = '', ...rows] = await unpack(await fetch((done['urls'] as string[])[0] ?? ''));
    const count = (await ask(`/v3/marketing/lists/${list?.id}/contacts/count`)).body['contact_count'];
    expect(head.split(',').slice(0, 5)).toEqual(['ID', 'FIRST_NAME', 'LAST_NAME', 'UNIQUE_NAME', 'EMAIL']);
    expect([rows.length, done['contact_count']]).toEqual([count, count]);
    faults.failExports(1);
    const failed = await run({ file_type: 'json' });
    expect(failed).toMatchObject({ status: 'failure' });
    expect([failed['urls'], failed['message']]).toEqual([undefined, 'the export could not be completed']);
    expect(await run({ file_type: 'json' })).toMatchObject({ status: 'ready' });
  });

  it('lets nobody download without the token, after it has expired, or with the API key', async () => {
    let ms = 0;
    const { ask, violations } = await start({ clock: () => ms, exports: { pendingPolls: 0, urlSeconds: 60 } });
    const { body: job } = await ask('/v3/marketing/contacts/exports', { body: { file_type: 'json' } });
    const place = `/v3/marketing/contacts/exports/${String(job['id'])}`;
    const url = ((await ask(place)).body['urls'] as string[])[0] ?? '';
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403);
    expect(violations()).toEqual([]);
    expect((await fetch(url, { headers: key })).status).toBe(400);
    expect(violations()).toMatchObject([{ reason: 'the API key was sent to a download address' }]);
    ms += 60_000;
    expect((await fetch(url)).status).toBe(403);
    // A new asking gives a new address.
    const again = ((await ask(place)).body['urls'] as string[])[0] ?? '';
    expect((await fetch(again)).status).toBe(200);
  });
});

describe('suppressions', () => {
  it('shows what is on each list now, newest first, by inclusive instants and offsets', async () => {
    const { ask } = await start();
    for (const [path, kind] of [
      ['bounces', 'bounce'],
      ['blocks', 'block'],
      ['spam_reports', 'spam_report'],
      ['unsubscribes', 'unsubscribe'],
      ['invalid_emails', 'invalid_email'],
    ] as const) {
      const active = half.suppressions.filter((entry) => entry.kind === kind && entry.removedAt === null);
      const rows = (await ask(`/v3/suppression/${path}`)).body as unknown as Row[];
      expect(active.length).toBeGreaterThan(0);
      expect(namesOf(rows, 'email').sort()).toEqual(active.map(({ address }) => address).sort());
      const created = namesOf(rows, 'created') as number[];
      expect(created).toEqual([...created].sort((left, right) => right - left));
    }
    const reports = (await ask('/v3/suppression/spam_reports')).body as unknown as { created: number }[];
    const [second] = reports.slice(1);
    const only = `start_time=${second?.created}&end_time=${second?.created}`;
    expect((await ask(`/v3/suppression/spam_reports?${only}`)).body).toEqual(
      reports.filter(({ created }) => created === second?.created),
    );
    expect((await ask('/v3/suppression/spam_reports?limit=1&offset=1')).body).toEqual([second]);
    expect(half.suppressions.some((entry) => entry.kind === 'bounce' && entry.removedAt !== null)).toBe(true);
  });

  it('shows groups and who left them', async () => {
    const { ask } = await start();
    const rows = (await ask('/v3/asm/suppressions')).body as unknown as Row[];
    const active = half.suppressions.filter((entry) => entry.kind === 'group' && entry.removedAt === null);
    expect(rows).toHaveLength(active.length);
    for (const group of half.groups) {
      const own = active.filter((entry) => entry.groupId === group.id).map(({ address }) => address);
      expect((await ask(`/v3/asm/groups/${group.id}/suppressions`)).body).toEqual(own);
    }
  });
});

async function unpack(response: Response): Promise<string[]> {
  expect(response.status).toBe(200);
  const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString('utf8');
  return text.split('\n').filter((line) => line !== '');
}
