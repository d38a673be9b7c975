import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { ItemState, LandedRow, RejectedRow, Slice } from '../../src/contracts/sync.ts';
import type { Http, RawReader } from '../_kit/contract.ts';
import { readSlice } from '../_kit/engine.ts';
import { parseJson } from '../_kit/json.ts';
import { personKey } from '../_kit/person-key.ts';
import { planSlices } from '../_kit/plan.ts';
import type { SliceEvent } from '../_kit/slice-events.ts';
import { mailchimp } from './connector.ts';
import { reportFingerprint, type Define } from './stream.ts';
import { noDownload } from '../_kit/suite/no-download.ts';

const config = { credentials: { api_key: 'not-a-key-us1' } };
const now = '2026-06-30T12:00:00.000Z';
const signal = new AbortController().signal;
const urist = personKey('salt', 'urist.mcvankab@freddiesjokes.com');

const fixture = (name: string): JsonObject =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8')) as JsonObject;

const slice = (inherit: Readonly<Record<string, string>>): Slice => ({
  id: 'x',
  item: 'x',
  mode: 'full',
  pathParams: inherit,
  inherit,
  window: { to: now },
  next: { readAt: now, fullReadAt: now },
});

/** Rows of one answer, through the real engine. */
async function read(
  stream: string,
  body: JsonObject,
  inherit: Readonly<Record<string, string>>,
  planned: Slice = slice(inherit),
) {
  const rows: LandedRow[] = [];
  const rejected: RejectedRow[] = [];
  let end: Extract<SliceEvent, { kind: 'end' }> | undefined;
  const http: Http = {
    requests: 0,
    download: noDownload,
    request: async () => ({ status: 200, headers: {}, body, bytes: 1 }),
  };
  for await (const event of readSlice(mailchimp, stream, {
    config,
    http,
    slice: planned,
    now,
    salt: 'salt',
    signal,
  })) {
    if (event.kind === 'page') {
      rows.push(...event.rows);
      rejected.push(...event.rejected);
    } else if (event.kind === 'end') end = event;
  }
  return { rows, rejected, end };
}

describe('streams of Mailchimp', () => {
  it('makes one row of every event, and counts pages in recipients', async () => {
    const { rows, rejected, end } = await read('email_activity', fixture('email-activity'), {
      campaign_id: '42694e9e57',
    });
    expect(rejected).toEqual([]);
    expect(end).toMatchObject({ units: 3, total: 3 });
    expect(end).not.toHaveProperty('incomplete');
    const id = '62eeb292278cc15f5817cb78f7790b08';
    const open = ['42694e9e57', id, 'open', '2026-06-29T09:15:00+00:00', '', '198.51.100.7'];
    expect(rows.map(({ _primary_key }) => JSON.parse(_primary_key) as unknown)).toEqual([
      [...open, '0'],
      [...open.slice(0, 5), '203.0.113.9', '0'],
      [...open, '1'],
      ['42694e9e57', id, 'click', '2026-06-29T09:15:20+00:00', 'https://freddiesjokes.com/a?b=1', '198.51.100.7', '0'],
      ['42694e9e57', '1f0d9a2b7c4e4d5c8a3b1e2f6d7c8b9b', 'bounce', '2026-06-29T09:00:02+00:00', '', '', '0'],
    ]);
    expect(rows[0]).toMatchObject({
      _person_key: urist,
      _partition_date: '2026-06-29',
      record: { list_id: '57afe96172', ordinal: 0 },
    });
    expect(rows[4]?.record).toMatchObject({ type: 'hard' });
  });

  it('makes one row of every open, with the flag of machines', async () => {
    const { rows } = await read('open_details', fixture('open-details'), { campaign_id: '42694e9e57' });
    expect(rows.map(({ record }) => [record['is_proxy_open'], record['ordinal']])).toEqual([
      [false, 0],
      [true, 0],
      [false, 1],
    ]);
    expect(new Set(rows.map(({ _primary_key }) => _primary_key)).size).toBe(3);
    // Counters and states of the recipient stay out: an open that happened does not change.
    expect(Object.keys(rows[0]?.record ?? {}).sort()).toEqual([
      'campaign_id',
      'email_address',
      'email_id',
      'is_proxy_open',
      'list_id',
      'ordinal',
      'timestamp',
    ]);
  });

  it('takes an empty string as a missing date, but not as a cursor', async () => {
    const { rows, rejected } = await read('members', fixture('members'), { list_id: '57afe96172' });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      _person_key: urist,
      _cursor_at: '2026-06-29T10:00:00.000Z',
      record: { timestamp_signup: '', merge_fields: { FNAME: 'Urist' } },
    });
    expect(rejected).toMatchObject([{ path: 'members[].last_changed', position: 'page 1 record 2' }]);
  });

  it.each(['0.42857142857142855', '3.3333333333333335e-05', '0.4286'])('takes a rate of %s, exactly', async (open) => {
    const body = parseJson(`{"reports":[{"id":"a1","opens":{"open_rate":${open}}}],"total_items":1}`) as JsonObject;
    const { rows, rejected } = await read('reports', body, {});
    expect(rejected).toEqual([]);
    expect(rows.map(({ record }) => String((record['opens'] as JsonObject)['open_rate']))).toEqual([open]);
  });

  it('refuses a rate that is no number', async () => {
    const body = { reports: [{ id: 'a1', opens: { open_rate: '12 %' } }], total_items: 1 };
    expect((await read('reports', body, {})).rejected).toMatchObject([{ path: 'reports[].opens.open_rate' }]);
  });

  it('knows the person of an order', async () => {
    const { rows, rejected } = await read('orders', fixture('orders'), { store_id: 'shop-1' });
    expect(rejected).toEqual([]);
    expect(rows).toMatchObject([
      {
        _primary_key: '["shop-1","1001"]',
        _person_key: urist,
        record: { order_total: 99.95, cancelled_at_foreign: '' },
      },
    ]);
  });

  it('declares a path, a description and a key for each', () => {
    for (const [name, stream] of Object.entries(mailchimp.streams)) {
      expect(name).toMatch(/^[a-z][a-z_]+$/);
      expect(stream.description).toMatch(/^One row .+\.$/);
    }
    const misspelt = (stream: Define) =>
      stream({
        description: 'x',
        path: '/x',
        records: 'x',
        paginate: { kind: 'single' },
        schema: z.looseObject({ id: z.string() }),
        // @ts-expect-error a misspelt key is a type error
        primaryKey: ['idd'],
        cursor: 'full-refresh',
      });
    expect(misspelt).toBeTypeOf('function');
  });
});

const parents: Readonly<Record<string, readonly JsonObject[]>> = {
  campaigns: [
    { id: 'sent', status: 'sent', type: 'regular', send_time: '2026-06-20T09:00:00+00:00' },
    { id: 'variate', status: 'sent', type: 'variate', send_time: '2026-06-10T09:00:00+00:00' },
    { id: 'draft', status: 'save', type: 'regular', send_time: '' },
    { id: 'going', status: 'sending', type: 'regular', send_time: '2026-06-30T11:00:00+00:00' },
  ],
  automation_emails: [
    { id: 'welcome', emails_sent: 7, send_time: '', start_time: '2026-01-01T00:00:00+00:00' },
    { id: 'never', emails_sent: 0, send_time: '' },
  ],
  reports: [
    { id: 'sent', emails_sent: 3 },
    { id: 'variate', emails_sent: 3 },
    { id: 'welcome', emails_sent: 7 },
  ],
  click_details: [
    { campaign_id: 'sent', id: 'u1', total_clicks: 4, unique_clicks: 2, last_click: '' },
    { campaign_id: 'variate', id: 'u1', total_clicks: 1, unique_clicks: 1, last_click: '' },
    { campaign_id: 'sent', id: 'u2', total_clicks: 0, unique_clicks: 0, last_click: '' },
  ],
};

async function plan(stream: string, state: ReadonlyMap<string, ItemState> = new Map()): Promise<readonly Slice[]> {
  const raw: RawReader = {
    async *records(name) {
      yield* parents[name] ?? [];
    },
    counts: async () => new Map(),
  };
  return planSlices(mailchimp, stream, { config, state, raw, now, startDate: null, mutableWindow: 'P35D' });
}

const after = (slices: readonly Slice[]) => new Map(slices.map(({ item, next }) => [item, next]));
const items = (slices: readonly Slice[]) => slices.map(({ item }) => item).sort();

describe('work items of Mailchimp', () => {
  it.each(['sent_to', 'email_activity', 'open_details', 'unsubscribes', 'click_details', 'domain_performance'])(
    '%s is read for what was sent, automations included, and again when the report moved',
    async (stream) => {
      const first = await plan(stream);
      expect(items(first)).toEqual(['sent', 'variate', 'welcome']);
      expect(first.find(({ item }) => item === 'welcome')).toMatchObject({
        pathParams: { campaign_id: 'welcome' },
        inherit: { campaign_id: 'welcome' },
      });
      expect(await plan(stream, after(first))).toEqual([]);
      const stale = new Map(after(first)).set('variate', { readAt: now, fullReadAt: now, fingerprint: 'other' });
      expect(items(await plan(stream, stale))).toEqual(['variate']);
    },
  );

  it('reads the variants of multivariate campaigns only', async () => {
    expect(await plan('sub_reports')).toMatchObject([{ item: 'variate', inherit: { parent_campaign_id: 'variate' } }]);
  });

  it('reads the content of a campaign once', async () => {
    const first = await plan('campaign_content');
    expect(items(first)).toEqual(['sent', 'variate']);
    expect(await plan('campaign_content', after(first))).toEqual([]);
  });

  it('asks who clicked a link when the link’s own counters moved', async () => {
    const first = await plan('click_members');
    expect(first.map(({ item, pathParams }) => [item, pathParams])).toEqual([
      ['sent/u1', { campaign_id: 'sent', link_id: 'u1' }],
      ['variate/u1', { campaign_id: 'variate', link_id: 'u1' }],
    ]);
    expect(await plan('click_members', after(first))).toEqual([]);
    const stale = new Map(after(first)).set('sent/u1', { readAt: now, fingerprint: 'other' });
    expect(items(await plan('click_members', stale))).toEqual(['sent/u1']);
    const old = new Map(after(first)).set('variate/u1', {
      ...after(first).get('variate/u1'),
      readAt: '2026-03-01T00:00:00.000Z',
    });
    expect(items(await plan('click_members', old))).toEqual(['variate/u1']);
  });
});

describe('what was refused of Mailchimp', () => {
  it.each(['campaign_content', 'click_members'])('is asked for again in %s, until it is good', async (stream) => {
    const due = await plan(stream);
    const [first] = due;
    const body = {
      html: 1,
      urls_clicked: [],
      members: [{ email_id: 1, email_address: 'a@example.com' }],
      total_items: 1,
    };
    const { rejected, end } = await read(stream, body, first!.inherit as Record<string, string>, first);
    expect(rejected).toHaveLength(1);
    const states = new Map(after(due)).set(first!.item, end!.state);
    expect(items(await plan(stream, states))).toEqual([first!.item]);
  });
});

describe('fingerprint of a report', () => {
  const report: JsonObject = {
    id: 'c',
    campaign_title: 'A',
    emails_sent: 10,
    unsubscribed: 0,
    abuse_reports: 0,
    bounces: { hard_bounces: 0, soft_bounces: 0, syntax_errors: 0 },
    opens: { opens_total: 1, unique_opens: 1, last_open: '' },
    clicks: { clicks_total: 0, unique_subscriber_clicks: 0, last_click: '' },
    ecommerce: { total_orders: 0, total_revenue: 0 },
    list_stats: { open_rate: 20 },
  };

  it.each([
    { emails_sent: 11 },
    { unsubscribed: 1 },
    { abuse_reports: 1 },
    { bounces: { hard_bounces: 1, soft_bounces: 0, syntax_errors: 0 } },
    { bounces: { hard_bounces: 0, soft_bounces: 1, syntax_errors: 0 } },
    { bounces: { hard_bounces: 0, soft_bounces: 0, syntax_errors: 1 } },
    { opens: { opens_total: 1, unique_opens: 1, last_open: '2026-06-30T00:00:00+00:00' } },
    { opens: { opens_total: 2, unique_opens: 1, last_open: '' } },
    { opens: { opens_total: 1, unique_opens: 2, last_open: '' } },
    { clicks: { clicks_total: 1, unique_subscriber_clicks: 0, last_click: '' } },
    { clicks: { clicks_total: 0, unique_subscriber_clicks: 1, last_click: '' } },
    { clicks: { clicks_total: 0, unique_subscriber_clicks: 0, last_click: '2026-06-30T00:00:00+00:00' } },
    { ecommerce: { total_orders: 1, total_revenue: 0 } },
    { ecommerce: { total_orders: 0, total_revenue: 1 } },
  ])('moves with %j', (change) => {
    expect(reportFingerprint({ ...report, ...change })).not.toBe(reportFingerprint(report));
  });

  it('stays when only the list’s averages or the title moved', () => {
    expect(reportFingerprint({ ...report, campaign_title: 'B', list_stats: { open_rate: 21 } })).toBe(
      reportFingerprint(report),
    );
    expect(reportFingerprint({ id: 'c' })).toBe(reportFingerprint({ id: 'd', bounces: [] }));
  });
});
