import shared from '@mailchimp/mailchimp_marketing';
import { describe, expect, it } from 'vitest';
import type { Http, HttpRequest } from '../_kit/contract.ts';
import { mailchimpClient, routes } from './client.ts';
import { noDownload } from '../_kit/suite/no-download.ts';

const signal = new AbortController().signal;

function recorder() {
  const requests: HttpRequest[] = [];
  const http: Http = {
    requests: 41,
    download: noDownload,
    request: async (request) => {
      requests.push(request);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return { status: 200, headers: {}, body: { path: request.path }, bytes: 7 };
    },
  };
  return { http, requests, client: mailchimpClient(http) };
}

describe('the official client behind the transport of the kit', () => {
  it.each(Object.keys(routes))('%s is built by the client’s own method', async (template) => {
    const { client, requests } = recorder();
    const path = template.replaceAll(/\{([^}]+)\}/g, 'a $1');
    const encoded = template.replaceAll(/\{([^}]+)\}/g, 'a%20$1');
    const response = await client.request({ method: 'GET', path: path.replaceAll(' ', '%20'), stream: 'x' }, signal);
    expect(requests).toEqual([{ method: 'GET', path: encoded, params: {}, stream: 'x' }]);
    expect(response).toMatchObject({ status: 200, bytes: 7, body: { path: encoded } });
  });

  it('passes parameters on as the client writes them', async () => {
    const { client, requests } = recorder();
    const params = {
      count: 1000,
      offset: 0,
      exclude_fields: '_links,members._links',
      status: 'archived',
      since_last_changed: undefined,
    };
    await client.request({ method: 'GET', path: '/lists/L1/members', params }, signal);
    expect(requests[0]?.params).toEqual({
      count: '1000',
      offset: '0',
      exclude_fields: '_links,members._links',
      status: 'archived',
    });
  });

  it('refuses what the client would drop without a word', async () => {
    const { client, requests } = recorder();
    const request = client.request({ method: 'GET', path: '/reports/c1/sent-to', params: { since: 'x' } }, signal);
    await expect(request).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('parameter since') as string,
    });
    await expect(client.request({ method: 'GET', path: '/file-manager/files' }, signal)).rejects.toMatchObject({
      kind: 'rejected',
    });
    expect(requests).toEqual([]);
  });

  it('keeps calls and accounts apart, and never touches the shared instance', async () => {
    const own = Object.keys(shared);
    const before = shared.callApi;
    const [one, two] = [recorder(), recorder()];
    await Promise.all([
      ...[1, 2, 3].map((n) =>
        one.client.request({ method: 'GET', path: `/reports/one-${n}/sent-to`, stream: `s${n}` }, signal),
      ),
      two.client.request({ method: 'GET', path: '/lists/two/members' }, signal),
    ]);
    expect(one.requests.map(({ path, stream }) => [path, stream])).toEqual(
      [1, 2, 3].map((n) => [`/reports/one-${n}/sent-to`, `s${n}`]),
    );
    expect(two.requests.map(({ path }) => path)).toEqual(['/lists/two/members']);
    expect(shared.callApi).toBe(before);
    expect(Object.keys(shared)).toEqual(own);
  });

  // The client's buildUrl replaces the first "server" anywhere in the address by its configured data centre.
  it('leaves an id that contains the word "server" alone', async () => {
    const { client, requests } = recorder();
    await client.request({ method: 'GET', path: '/ecommerce/stores/server-1/orders' }, signal);
    expect(requests[0]?.path).toBe('/ecommerce/stores/server-1/orders');
  });

  it('counts the transport’s requests', () => {
    expect(recorder().client.requests).toBe(41);
  });
});
