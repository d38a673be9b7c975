import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Post } from '../_kit/hook.ts';
import { planSlices } from '../_kit/plan.ts';
import { MemoryInbox, type Posted } from '../_kit/suite/memory-inbox.ts';
import { Memory } from '../_kit/suite/memory.ts';
import { noDownload } from '../_kit/suite/no-download.ts';
import { mailchimpConfig, type MailchimpConfig } from './config.ts';
import { mailchimp } from './connector.ts';
import {
  campaign,
  cleaned,
  deleted,
  form,
  newAddress,
  profile,
  subscribe,
  unsubscribe,
  webhooks,
} from './fixtures/webhooks.ts';
import { parseForm } from './hook-form.ts';

const now = '2026-06-30T12:00:00.000Z';
const config: MailchimpConfig = mailchimpConfig.parse({
  credentials: { api_key: 'k-us1' },
  webhook: { signing_secrets: ['new', 'old'], path_secret: 'secret-of-sixteen' },
});
const { lists: hook } = mailchimp.hooks!;

const sync = async (...posts: readonly Posted[]) => {
  const memory = new Memory();
  const http = { request: () => Promise.reject(new Error('asked')), download: noDownload, requests: 0 };
  const inbox = new MemoryInbox().post('lists', ...posts);
  const reads = await memory.sync({ connector: mailchimp, config, http, now, inbox }, 'webhook_events');
  return { rows: reads.flatMap(({ rows }) => rows), rejected: reads.flatMap(({ rejected }) => rejected), memory };
};

describe('events of audiences', () => {
  it('are rows with every field as it was posted, and what identifies them in one place', async () => {
    const { rows } = await sync(unsubscribe);
    expect(rows[0]?.record).toEqual({
      type: 'unsubscribe',
      fired_at: '2026-06-26 21:40:57',
      id: '8a25ff1d98',
      list_id: 'a6b5da1054',
      email: 'zoe@example.org',
      data: {
        action: 'unsub',
        reason: 'manual',
        campaign_id: '4fjk2ma9xd',
        id: '8a25ff1d98',
        list_id: 'a6b5da1054',
        email: 'zoe@example.org',
        email_type: 'html',
        merges: { EMAIL: 'zoe@example.org', FNAME: 'Zoë', INTERESTS: 'Group1,Group2' },
        ip_opt: '203.0.113.7',
      },
    });
    expect(rows[0]?._primary_key).toBe('["unsubscribe","a6b5da1054","8a25ff1d98","2026-06-26 21:40:57"]');
  });

  it('are each of somebody: by the id that the type has, or by that of the address', async () => {
    const { rows } = await sync(...webhooks);
    expect(rows.map(({ record, _person_key }) => [record['type'], record['id'], _person_key !== null])).toEqual([
      ['subscribe', '8a25ff1d98', true],
      ['unsubscribe', '8a25ff1d98', true],
      ['unsubscribe', '9b25ff1d98', true],
      ['profile', '8a25ff1d98', true],
      ['upemail', '51da8c3259', true],
      ['cleaned', createHash('md5').update('gone@example.org').digest('hex'), true],
      ['campaign', '5aa2102003', false],
    ]);
  });

  it('that differ are different rows, though type, second and list are the same', async () => {
    const at = { type: 'cleaned', fired_at: '2026-06-26 22:01:00', 'data[list_id]': 'l' };
    const sms = { type: 'sms_subscribe', fired_at: '2026-06-26 22:01:00', 'data[list_id]': 'l' };
    const { rows, memory } = await sync(
      form({ ...at, 'data[email]': 'a@example.org' }),
      form({ ...at, 'data[email]': 'b@example.org' }),
      form({ ...sms, 'data[phone]': '1' }),
      form({ ...sms, 'data[phone]': '2' }),
      form({ ...sms, 'data[phone]': '2' }),
    );
    expect([new Set(rows.map(({ _primary_key }) => _primary_key)).size, memory.others]).toEqual([4, []]);
  });

  it.each([
    ['an answer of the API', '{"type":"subscribe","data":{}}'],
    ['a form without data', 'type=subscribe&fired_at=x'],
    ['a form whose data is a text', 'type=subscribe&data=1'],
    ['a field that is both', 'type=subscribe&data[a]=1&data[a][b]=2'],
    ['a field that is both, the other way round', 'type=subscribe&data[a][b]=2&data[a]=1'],
    ['a form as deep as a well', `type=subscribe&data${'[x]'.repeat(9)}=1`],
  ])('%s is refused as a whole', async (_what, body) => {
    const { rows, rejected } = await sync({ body, contentType: 'application/x-www-form-urlencoded' }, subscribe);
    expect([rows.length, rejected.map(({ record }) => record)]).toEqual([1, [body]]);
    expect(rejected[0]?.reason).toMatch(/form/);
  });

  it('are not planned where nothing was ever received', async () => {
    const raw = { records: async function* () {}, counts: async () => new Map() };
    const context = { config, state: new Map(), raw, now, startDate: null, mutableWindow: 'P35D' };
    expect(await planSlices(mailchimp, 'webhook_events', context)).toEqual([]);
  });
});

describe('forms', () => {
  const parsed = (text: string) => parseForm(Buffer.from(text));

  it('have levels and lists, and texts in every script', () => {
    expect(parsed('a[b][c]=1&a[b][d]=%C3%A9+x&e=&f=1&f=2&a[g][]=3&a[g][]=4')).toEqual({
      a: { b: { c: '1', d: 'é x' }, g: { '': ['3', '4'] } },
      e: '',
      f: ['1', '2'],
    });
    expect(parsed('a[=1&b]=2&[c]=3')).toEqual({ 'a[': '1', 'b]': '2', '[c]': '3' });
  });

  it('cannot reach what all objects share', () => {
    parsed('__proto__[polluted]=1&a[__proto__][polluted]=1&constructor[prototype][polluted]=1');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(parsed('__proto__[x]=1'))).toEqual(['__proto__']);
  });
});

describe('the hook', () => {
  const post = ({ body, contentType = '' }: Posted): Post => ({
    position: 's@0',
    receivedAt: now,
    contentType,
    body: Buffer.from(String(body)),
    isSigned: false,
  });
  const hints = (posted: Posted) => hook!.hints!(post(posted)).map(({ stream, item }) => `${stream} ${item}`);

  it('declares how Mailchimp signs', () => {
    expect(hook?.signature).toEqual({
      kind: 'hmac-sha256',
      header: 'x-mailchimp-signature',
      format: 't-v1-hex',
      timestampUnit: 's',
      signed: '{timestamp}.{body}',
      maxAgeSeconds: 300,
    });
    expect(hook?.keys(config)).toEqual(['new', 'old']);
    expect([hook?.pathSecret?.(config), hook?.handshake]).toEqual(['secret-of-sixteen', true]);
    const without = mailchimpConfig.parse({ credentials: { api_key: 'k' } });
    expect([hook?.keys(without), hook?.pathSecret?.(without)]).toEqual([[], undefined]);
  });

  it('says which objects a post speaks of', () => {
    expect(hints(campaign)).toEqual([
      'sent_to 5aa2102003',
      'email_activity 5aa2102003',
      'open_details 5aa2102003',
      'unsubscribes 5aa2102003',
      'click_details 5aa2102003',
      'domain_performance 5aa2102003',
      'sub_reports 5aa2102003',
    ]);
    expect(hints(cleaned)).toEqual(['sent_to 4fjk2ma9xd', 'email_activity 4fjk2ma9xd']);
    expect(hints(unsubscribe)).toEqual(['unsubscribes 4fjk2ma9xd']);
    expect(hints(deleted)).toEqual(['members a6b5da1054']);
    expect(hints(newAddress)).toEqual(['members a6b5da1054']);
    expect([hints(subscribe), hints(profile)]).toEqual([[], []]);
  });

  it('hints at streams and at items as they are planned', () => {
    const all = webhooks.flatMap((posted) => hook!.hints!(post(posted)));
    const unplanned = all.filter(({ stream }) => {
      const parent = mailchimp.streams[stream]?.parent;
      // One key names the item: the campaign's, or the list's.
      return parent === undefined || parent.params !== undefined;
    });
    expect([all.length > 0, unplanned]).toEqual([true, []]);
  });

  it.each([
    ['no form', '{}'],
    ['nothing', ''],
    ['an id that is none', 'type=campaign&data[id]=../../x'],
    ['an endless id', `type=campaign&data[id]=${'a'.repeat(65)}`],
    ['a list of ids', 'type=campaign&data[id]=a&data[id]=b'],
    ['another type', 'type=payment&data[id]=a'],
  ])('%s hints at nothing, and fails at nothing', (_what, body) => {
    expect(hints({ body })).toEqual([]);
  });
});
