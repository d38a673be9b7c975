import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Http, HttpRequest } from '../_kit/contract.ts';
import { createHttp } from '../_kit/http.ts';
import { noDownload } from '../_kit/suite/no-download.ts';
import { startServer } from '../_kit/suite/test-server.ts';
import { accountHeaders, baseUrlOf, routes, sendgridClient } from './client.ts';
import { sendgridConfig } from './config.ts';
import { sendgrid } from './connector.ts';

const signal = new AbortController().signal;
const parse = (more: object = {}) => sendgridConfig.parse({ credentials: { api_key: 'SG.not-a-key' }, ...more });

function recorder(): Http & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  return {
    asked,
    requests: 0,
    download: noDownload,
    request: async (request) => {
      asked.push(request);
      return { status: 200, headers: {}, body: [], bytes: 0 };
    },
  };
}

describe('the official client behind the kit', () => {
  it('builds method, path, query and body, and names the limit of the endpoint', async () => {
    const http = recorder();
    const client = sendgridClient(http, parse());
    const ask = (request: HttpRequest) => client.request(request, signal);
    await ask({ method: 'GET', path: '/v3/stats', params: { limit: 500, offset: 0, end_date: undefined } });
    await ask({ method: 'POST', path: '/v3/logs', body: { query: 'a', limit: 1000 }, stream: 'log_messages' });
    await ask({ method: 'GET', path: 'https://api.sendgrid.com/v3/marketing/lists?page_size=1000&page_token=x' });
    await ask({ method: 'GET', path: '/v3/marketing/segments/2.0' });
    expect(http.asked).toEqual([
      { method: 'GET', path: '/v3/stats', params: { limit: 500, offset: 0 }, limit: 'stats' },
      {
        method: 'POST',
        path: '/v3/logs',
        params: {},
        body: { query: 'a', limit: 1000 },
        limit: 'logs',
        stream: 'log_messages',
      },
      {
        method: 'GET',
        path: 'https://api.sendgrid.com/v3/marketing/lists?page_size=1000&page_token=x',
        params: {},
        limit: 'lists',
      },
      { method: 'GET', path: '/v3/marketing/segments/2.0', params: {}, limit: 'segments' },
    ]);
  });

  it('sends nothing to a path that is not declared', async () => {
    const http = recorder();
    const client = sendgridClient(http, parse());
    for (const path of ['/v3/mail/send', '/v3/marketing/segments/2x0', '/v3/marketing/singlesends/a/schedule']) {
      await expect(client.request({ method: 'GET', path, stream: 'lists' }, signal)).rejects.toMatchObject({
        kind: 'rejected',
        stream: 'lists',
      });
    }
    expect(http.asked).toEqual([]);
  });

  it('gives each endpoint a limit of its own', () => {
    expect(new Set(Object.values(routes)).size).toBe(Object.keys(routes).length);
  });

  it('knows the hosts of the regions, and how a subuser is named', () => {
    expect(baseUrlOf(parse())).toBe('https://api.sendgrid.com');
    expect(baseUrlOf(parse({ region: 'eu' }))).toBe('https://api.eu.sendgrid.com');
    expect(baseUrlOf(parse({ region: 'eu', base_url: 'https://proxy.example/sendgrid/' }))).toBe(
      'https://proxy.example/sendgrid',
    );
    expect(accountHeaders(parse())).toEqual({});
    expect(accountHeaders(parse({ subuser: 'newsletter' }))).toEqual({ 'on-behalf-of': 'newsletter' });
  });

  it('sends nothing by itself: what arrives came through the kit, with key and subuser', async () => {
    const seen: (readonly [string, string | undefined, unknown, unknown])[] = [];
    const server = await startServer((request, response) => {
      const { authorization, 'on-behalf-of': whom, 'user-agent': agent } = request.headers;
      seen.push([request.url ?? '', authorization, whom, agent]);
      response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
    });
    const config = parse({ base_url: server.origin, subuser: 'newsletter' });
    try {
      await createHttp(sendgrid, config).request({ method: 'GET', path: '/v3/asm/groups' }, signal);
    } finally {
      await server.stop();
    }
    expect(seen).toEqual([['/v3/asm/groups', 'Bearer SG.not-a-key', 'newsletter', 'mailmart']]);
  });

  it('holds nothing of one account that another could use', async () => {
    const [one, other] = [recorder(), recorder()];
    const request: HttpRequest = { method: 'GET', path: '/v3/asm/groups' };
    await Promise.all([
      sendgridClient(one, parse({ subuser: 'one' })).request(request, signal),
      sendgridClient(other, parse()).request(request, signal),
    ]);
    expect([one.asked.length, other.asked.length]).toEqual([1, 1]);
    expect(accountHeaders(parse())).toEqual({});
  });

  it('is read without its own sending: the file names no axios', () => {
    expect(readFileSync(new URL('client.ts', import.meta.url), 'utf8')).not.toMatch(/from 'axios'|\.request\(data/);
  });
});
