import shared from '@sendgrid/client';
import type { Http, HttpRequest, Params } from '../_kit/contract.ts';
import { ConnectorError } from '../_kit/errors.ts';
import type { SendgridConfig } from './config.ts';

type Client = typeof shared;
/** The class behind the package's shared instance, which its types (8.1.6) do not show. */
const { Client } = shared as unknown as { readonly Client: new () => Client };

/**
 * Paths of the API that may be requested, each with the key of its limit: SendGrid's limits are per endpoint, not published,
 * and stated by every answer.
 */
export const routes: Readonly<Record<string, string>> = {
  '/v3/scopes': 'scopes',
  '/v3/user/webhooks/event/settings/all': 'webhook_settings',
  '/v3/marketing/lists': 'lists',
  '/v3/marketing/contacts/exports': 'export_orders',
  '/v3/marketing/contacts/exports/{id}': 'export_states',
  '/v3/marketing/segments/2.0': 'segments',
  '/v3/marketing/singlesends': 'single_sends',
  '/v3/marketing/singlesends/{id}': 'single_send_details',
  '/v3/marketing/stats/singlesends': 'single_send_stats',
  '/v3/marketing/stats/singlesends/{id}': 'single_send_variations',
  '/v3/marketing/stats/singlesends/{id}/links': 'single_send_links',
  '/v3/stats': 'stats',
  '/v3/categories': 'categories',
  '/v3/categories/stats': 'category_stats',
  '/v3/clients/stats': 'client_stats',
  '/v3/devices/stats': 'device_stats',
  '/v3/mailbox_providers/stats': 'mailbox_provider_stats',
  '/v3/browsers/stats': 'browser_stats',
  '/v3/geo/stats': 'geo_stats',
  '/v3/suppression/bounces': 'bounces',
  '/v3/suppression/blocks': 'blocks',
  '/v3/suppression/invalid_emails': 'invalid_emails',
  '/v3/suppression/spam_reports': 'spam_reports',
  '/v3/suppression/unsubscribes': 'unsubscribes',
  '/v3/asm/groups': 'suppression_groups',
  '/v3/asm/suppressions': 'group_suppressions',
  '/v3/logs': 'logs',
  '/v3/logs/{sg_message_id}': 'log_details',
  '/v3/messages': 'activity',
};

const matchers = Object.entries(routes).map(([template, limit]) => ({
  pattern: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
  limit,
}));

/**
 * The official client, which knows the hosts of the regions and how a subuser is named. Of it the building of requests is used:
 * its sending (axios with its own defaults: redirects followed, no time-out, no limit of size) is not.
 */
function official(config: Pick<SendgridConfig, 'region' | 'subuser'>): Client {
  const client = new Client();
  client.setDataResidency(config.region);
  if (config.subuser !== undefined) client.setImpersonateSubuser(config.subuser);
  return client;
}

/** `base_url` without a slash at its end; by default the region's host. */
export function baseUrlOf(config: SendgridConfig): string {
  const url = config.base_url ?? String((official(config).createRequest({ url: '/' }) as { baseURL?: string }).baseURL);
  return url.replace(/\/+$/, '');
}

/** Headers of the account beside its key: whom the parent account's key reads for. */
export function accountHeaders(config: SendgridConfig): Readonly<Record<string, string>> {
  const subuser = official(config).createHeaders({})['On-Behalf-Of'];
  return subuser === undefined ? {} : { 'on-behalf-of': subuser };
}

/** The kit's transport behind the official client: the client makes the request, the kit sends it. */
export function sendgridClient(http: Http, config: SendgridConfig): Http {
  const client = official(config);
  return {
    request: async (request, signal) => {
      const { url, method, data, params } = client.createRequest({
        url: request.path,
        method: request.method,
        qs: request.params ?? {},
        ...(request.body === undefined ? {} : { body: request.body }),
      }) as unknown as Built;
      return http.request(
        {
          ...request,
          path: url,
          method,
          params,
          ...(data === undefined ? {} : { body: data }),
          limit: request.limit ?? limitOf(request),
        },
        signal,
      );
    },
    download: (url, options, signal) => http.download(url, options, signal),
    get requests() {
      return http.requests;
    },
  };
}

/** What the client makes of a request: axios' names. */
type Built = {
  readonly url: string;
  readonly method: HttpRequest['method'];
  readonly params: Params;
  readonly data?: NonNullable<HttpRequest['body']>;
};

function limitOf(request: HttpRequest): string {
  const path = (URL.canParse(request.path) ? new URL(request.path).pathname : request.path).replace(/\/+$/, '');
  const route = matchers.find(({ pattern }) => pattern.test(path.slice(Math.max(0, path.indexOf('/v3/')))));
  if (route !== undefined) return route.limit;
  throw new ConnectorError(
    `SendGrid request for ${request.stream ?? 'the probe'} was not sent: its path is not declared`,
    {
      kind: 'rejected',
      connector: 'sendgrid',
      ...(request.stream === undefined ? {} : { stream: request.stream }),
      fix: 'This is a fault in mailmart: add the path to connectors/sendgrid/client.ts, and report it.',
    },
  );
}
