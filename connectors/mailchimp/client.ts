import { AsyncLocalStorage } from 'node:async_hooks';
import shared from '@mailchimp/mailchimp_marketing';
import type { Http, HttpRequest, HttpResponse, Params } from '../_kit/contract.ts';
import { ConnectorError } from '../_kit/errors.ts';

type ApiName = 'automations' | 'campaigns' | 'ecommerce' | 'lists' | 'reports' | 'root';

/** Path of the API → method of the official client that requests it. A path that is not here cannot be sent. */
export const routes: Readonly<Record<string, readonly [ApiName, string]>> = {
  '/': ['root', 'getRoot'],
  '/lists': ['lists', 'getAllLists'],
  '/lists/{list_id}/members': ['lists', 'getListMembersInfo'],
  '/lists/{list_id}/segments': ['lists', 'listSegments'],
  '/lists/{list_id}/abuse-reports': ['lists', 'getListAbuseReports'],
  '/lists/{list_id}/growth-history': ['lists', 'getListGrowthHistory'],
  '/lists/{list_id}/clients': ['lists', 'getListClients'],
  '/campaigns': ['campaigns', 'list'],
  '/campaigns/{campaign_id}/content': ['campaigns', 'getContent'],
  '/reports': ['reports', 'getAllCampaignReports'],
  '/reports/{campaign_id}/sub-reports': ['reports', 'getSubReportsForCampaign'],
  '/reports/{campaign_id}/sent-to': ['reports', 'getCampaignRecipients'],
  '/reports/{campaign_id}/email-activity': ['reports', 'getEmailActivityForCampaign'],
  '/reports/{campaign_id}/open-details': ['reports', 'getCampaignOpenDetails'],
  '/reports/{campaign_id}/unsubscribed': ['reports', 'getUnsubscribedListForCampaign'],
  '/reports/{campaign_id}/click-details': ['reports', 'getCampaignClickDetails'],
  '/reports/{campaign_id}/click-details/{link_id}/members': ['reports', 'getSubscribersInfo'],
  '/reports/{campaign_id}/domain-performance': ['reports', 'getDomainPerformanceForCampaign'],
  '/automations': ['automations', 'list'],
  '/automations/{workflow_id}/emails': ['automations', 'listAllWorkflowEmails'],
  '/ecommerce/stores': ['ecommerce', 'stores'],
  '/ecommerce/stores/{store_id}/orders': ['ecommerce', 'getStoreOrders'],
  '/ecommerce/stores/{store_id}/customers': ['ecommerce', 'getAllStoreCustomers'],
  '/ecommerce/stores/{store_id}/products': ['ecommerce', 'getAllStoreProducts'],
};

type Route = {
  readonly template: string;
  readonly pattern: RegExp;
  readonly api: ApiName;
  readonly method: string;
};

const matchers: readonly Route[] = Object.entries(routes).map(([template, [api, method]]) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`),
  api,
  method,
}));

/** A request on its way through the official client. */
type Call = { readonly request: HttpRequest; readonly signal: AbortSignal; readonly http: Http };

const calls = new AsyncLocalStorage<Call>();

/**
 * The official client. The package's own instance is on superagent 3.8; here is another, whose `callApi` (superagent, its
 * own time-out, no retries, redirects followed) is replaced by the kit's request. One for all accounts: it holds nothing
 * of them, and to make one takes as long as some requests.
 */
const client = official();

function official(): InstanceType<typeof shared.constructor> {
  const client = new shared.constructor();
  // Paths relative to the kit's base URL; without a `server` the client leaves the path alone (it replaces the word "server" anywhere in it).
  client.basePath = '';
  client.setConfig({});
  client.callApi = async (path, method, pathParams, queryParams) => {
    const call = calls.getStore();
    if (call === undefined) throw new Error('The Mailchimp client was called outside a request of the kit');
    const response = await call.http.request(
      {
        ...call.request,
        method: method === 'POST' ? 'POST' : 'GET',
        path: client.buildUrl(path, pathParams),
        params: known(call.request, client.normalizeParams(queryParams)),
      },
      call.signal,
    );
    return { data: response, response };
  };
  return client;
}

/** The kit's transport behind the official client: the client's methods build path and query, the kit sends them. */
export function mailchimpClient(http: Http): Http {
  return {
    request: async (request, signal) => {
      const { route, ids } = routeOf(request);
      const method = client[route.api][route.method];
      if (method === undefined)
        throw refused(request, `the official client has no method ${route.api}.${route.method}`);
      // `.call`: the methods find their client through `this`.
      return calls.run({ request, signal, http }, () =>
        method.call(client[route.api], ...ids, options(request.params ?? {})),
      ) as Promise<HttpResponse>;
    },
    download: (url, options, signal) => http.download(url, options, signal),
    get requests() {
      return http.requests;
    },
  };
}

function routeOf(request: HttpRequest): { readonly route: Route; readonly ids: readonly string[] } {
  for (const route of matchers) {
    const match = route.pattern.exec(request.path);
    if (match !== null) return { route, ids: match.slice(1).map((id) => decodeURIComponent(id)) };
  }
  throw refused(request, 'no method of the official client requests this path');
}

/** The client wants the two field lists as arrays, and joins them again. */
function options(params: Params): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      (name === 'fields' || name === 'exclude_fields') && typeof value === 'string' ? value.split(',') : value,
    ]),
  );
}

/** What the client made of the parameters. It drops those it does not know without a word; here that is an error. */
function known(request: HttpRequest, query: Readonly<Record<string, string | readonly string[]>>): Params {
  const lost = Object.entries(request.params ?? {}).filter(([name, value]) => value !== undefined && !(name in query));
  if (lost.length > 0) {
    throw refused(request, `the official client does not know the parameter ${lost.map(([name]) => name).join(', ')}`);
  }
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? value : value.join(',')]),
  );
}

function refused(request: HttpRequest, reason: string): ConnectorError {
  const message = `Mailchimp request for ${request.stream ?? 'the probe'} was not sent: ${reason}`;
  return new ConnectorError(message, {
    kind: 'rejected',
    connector: 'mailchimp',
    ...(request.stream === undefined ? {} : { stream: request.stream }),
    fix: 'This is a fault in mailmart: add the path to connectors/mailchimp/client.ts, and report it.',
  });
}
