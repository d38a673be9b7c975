import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckFinding, HttpResponse } from '../_kit/contract.ts';
import { ConnectorError } from '../_kit/errors.ts';
import { createHttp } from '../_kit/http.ts';
import type { MailchimpConfig } from './config.ts';
import { mailchimp } from './connector.ts';
import { probe } from './probe.ts';
import { noDownload } from '../_kit/suite/no-download.ts';

const signal = new AbortController().signal;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A Mailchimp of a few lines: what it answers, by path. */
async function serve(
  answer: (path: string) => { readonly status?: number; readonly body: unknown; readonly date?: string },
) {
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://local');
    asked.push(pathname);
    const { status = 200, body, date } = answer(pathname.replace('/3.0', ''));
    if (date !== undefined) response.setHeader('date', date);
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return { asked, base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/3.0` };
}

const check = (config: MailchimpConfig): Promise<readonly CheckFinding[]> =>
  probe({ config, http: createHttp(mailchimp, config, { sleep: async () => {} }), signal });

const key = { api_key: 'not-a-real-key-us1' };
const problem = (status: number, title: string) => ({
  status,
  body: { type: 'about:blank', title, status, detail: '', instance: '' },
});
const healthy = (path: string) => ({
  body:
    path === '/'
      ? { account_id: 'a', account_name: 'Acme', role: 'owner' }
      : { lists: [], stores: [], total_items: path === '/lists' ? 3 : 1 },
});
const brief = (findings: readonly CheckFinding[]) => findings.map(({ item, status }) => `${item} ${status}`);

describe('check of a Mailchimp account', () => {
  it('says that all is well, in three requests', async () => {
    const { asked, base_url } = await serve(healthy);
    const findings = await check({ credentials: key, base_url });
    expect(brief(findings)).toEqual([
      'reachability ok',
      'credentials ok',
      'permission:audiences ok',
      'permission:orders ok',
    ]);
    expect(findings[1]?.message).toContain('Acme');
    expect(asked.sort()).toEqual(['/3.0/', '/3.0/ecommerce/stores', '/3.0/lists']);
  });

  it('tells a wrong key from a revoked token', async () => {
    const { asked, base_url } = await serve(() => problem(401, 'API Key Invalid'));
    const [wrong] = await check({ credentials: key, base_url });
    expect(wrong).toMatchObject({
      item: 'credentials',
      status: 'failed',
      fix: expect.stringContaining('API keys') as string,
    });
    const [revoked] = await check({ credentials: { access_token: 'not-a-real-token' }, base_url });
    expect(revoked?.message).toContain('revoked');
    expect(asked).toHaveLength(2);
  });

  it.each([
    [problem(403, 'User Disabled'), 'credentials', /deactivated/],
    [problem(403, 'Forbidden'), 'credentials', /role/],
    [problem(403, 'Wrong Datacenter'), 'credentials', /data centre/],
    [problem(404, 'Resource Not Found'), 'reachability', /\/3\.0/],
    [problem(426, 'Upgrade Required'), 'reachability', /https/],
  ])('names the fix of %j', async (answer, item, fix) => {
    const { base_url } = await serve(() => answer);
    expect(await check({ credentials: key, base_url })).toMatchObject([
      { item, status: 'failed', fix: expect.stringMatching(fix) as string },
    ]);
  });

  it('finds the key’s data centre in contradiction to base_url before anything is asked', async () => {
    const config = { credentials: key, base_url: 'https://us9.api.mailchimp.com/3.0' };
    const http = {
      requests: 0,
      download: noDownload,
      request: async (): Promise<HttpResponse> =>
        Promise.reject(new ConnectorError('x', { kind: 'auth', connector: 'mailchimp', status: 401 })),
    };
    const [finding] = await probe({ config, http, signal });
    expect(finding).toMatchObject({
      item: 'data_centre',
      status: 'failed',
      fix: expect.stringContaining('https://us1.api') as string,
    });
  });

  it('says what an account without lists, without a shop, or without the permission for it means', async () => {
    const none = await serve((path) => (path === '/' ? healthy(path) : { body: { total_items: 0 } }));
    expect(brief(await check({ credentials: key, base_url: none.base_url }))).toEqual([
      'reachability ok',
      'credentials ok',
      'permission:audiences warning',
      'permission:orders skipped',
    ]);
    const refused = await serve((path) => (path === '/ecommerce/stores' ? problem(403, 'Forbidden') : healthy(path)));
    expect((await check({ credentials: key, base_url: refused.base_url })).at(-1)).toMatchObject({
      item: 'permission:orders',
      status: 'warning',
      fix: expect.stringContaining('role') as string,
    });
  });

  it('sees a clock that is wrong', async () => {
    const { base_url } = await serve((path) => ({
      ...healthy(path),
      date: new Date(Date.now() - 3_600_000).toUTCString(),
    }));
    const clock = (await check({ credentials: key, base_url })).find(({ item }) => item === 'clock');
    expect(clock?.message).toContain('60 minutes ahead');
  });

  it('names what keeps the service out of reach', async () => {
    const { base_url } = await serve(healthy);
    await closing.pop()?.();
    const [closed] = await check({ credentials: key, base_url });
    expect(closed).toMatchObject({
      item: 'reachability',
      status: 'failed',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });

    const broken = (code: string) => {
      const cause = Object.assign(new Error('x'), { code });
      const error = new ConnectorError(
        'x',
        { kind: 'transient', connector: 'mailchimp' },
        { cause: new Error('y', { cause }) },
      );
      return probe({
        config: { credentials: key },
        http: { requests: 0, download: noDownload, request: async () => Promise.reject(error) },
        signal,
      });
    };
    expect((await broken('ENOTFOUND'))[0]).toMatchObject({
      message: expect.stringContaining('us1.api.mailchimp.com cannot be resolved') as string,
    });
    expect((await broken('SELF_SIGNED_CERT_IN_CHAIN'))[0]).toMatchObject({
      fix: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
    });
  });

  it('never says the secret', async () => {
    const { base_url } = await serve(() => problem(403, `Forbidden for ${key.api_key}`));
    expect(JSON.stringify(await check({ credentials: key, base_url }))).not.toContain(key.api_key);
  });
});
