import {
  getBrowserStats,
  getCategories,
  getCategoryStats,
  getClientStats,
  getDeviceStats,
  getGeoStats,
  getMailboxProviderStats,
  getStats,
} from './simulator-account-stats.ts';
import { getMessage, getMessages } from './simulator-activity.ts';
import { type Answer, type Call, paged } from './simulator-answer.ts';
import { getSingleSend, getSingleSendCategories, getSingleSends, searchSingleSends } from './simulator-campaigns.ts';
import {
  getContact,
  getContactCount,
  getContacts,
  getList,
  getListCount,
  getLists,
  getSegment,
  getSegments,
  postContactBatch,
  postContactSearch,
} from './simulator-contacts.ts';
import type { Exports } from './simulator-exports.ts';
import type { RateKey } from './simulator-limits.ts';
import { getLog, postLogs } from './simulator-logs.ts';
import {
  exportSingleSendStats,
  getSingleSendLinks,
  getSingleSendsStats,
  getSingleSendStats,
} from './simulator-stats.ts';
import * as suppressions from './simulator-suppressions.ts';
import { getSignature, getWebhook, getWebhooks, type Webhook } from './simulator-webhooks.ts';

/** What an account's plan and settings make of some answers. */
export type Account = {
  readonly scopes: readonly string[];
  readonly exports: Exports;
  readonly webhook: Webhook | undefined;
  readonly hasSingleSendArgs: boolean;
};

/** One operation of the API. */
export type Route = {
  readonly method: 'GET' | 'POST';
  /** Path template, spelt as in the vendor's description. */
  readonly path: string;
  /** Scope that a key needs; null: any key. */
  readonly scope: string | null;
  readonly rate: RateKey;
  /** Query parameters; anything else is a violation. */
  readonly params: readonly string[];
  /** Fields of the request's JSON body; null: it has none. */
  readonly fields: readonly string[] | null;
  /** Part of the account that may be missing: the current marketing product, the paid activity history. */
  readonly needs?: 'marketing' | 'activity';
  readonly answer: (call: Call, account: Account) => Answer;
};

const pages = ['page_size', 'page_token'] as const;
const stats = ['limit', 'offset', 'aggregated_by', 'start_date', 'end_date'] as const;
const times = ['start_time', 'end_time', 'limit', 'offset', 'email'] as const;
const single = '/v3/marketing/stats/singlesends';

/** Reading operations that a sync may use. */
export const routes: readonly Route[] = [
  get('/v3/scopes', null, 'account', [], (_call, { scopes }) => ({ body: { scopes } })),
  ...marketing([
    get('/v3/marketing/lists', 'marketing.read', 'marketing', pages, getLists),
    get('/v3/marketing/lists/{id}', 'marketing.read', 'marketing', ['contact_sample'], getList),
    get('/v3/marketing/lists/{id}/contacts/count', 'marketing.read', 'marketing', [], getListCount),
    get('/v3/marketing/contacts', 'marketing.read', 'marketing', [], getContacts),
    get('/v3/marketing/contacts/count', 'marketing.read', 'marketing', [], getContactCount),
    get('/v3/marketing/contacts/exports', 'marketing.read', 'exports', [], (call, { exports }) => exports.list(call)),
    post(
      '/v3/marketing/contacts/exports',
      'marketing.read',
      'exports',
      ['list_ids', 'segment_ids', 'notifications', 'file_type', 'max_file_size'],
      (call, { exports }) => exports.create(call),
    ),
    get('/v3/marketing/contacts/exports/{id}', 'marketing.read', 'exports', [], (call, { exports }) =>
      exports.get(call),
    ),
    post('/v3/marketing/contacts/search', 'marketing.read', 'marketing', ['query'], postContactSearch),
    post('/v3/marketing/contacts/batch', 'marketing.read', 'marketing', ['ids'], postContactBatch),
    get('/v3/marketing/contacts/{id}', 'marketing.read', 'marketing', [], getContact),
    get(
      '/v3/marketing/segments/2.0',
      'marketing.read',
      'marketing',
      ['ids', 'parent_list_ids', 'no_parent_list_id'],
      getSegments,
    ),
    get('/v3/marketing/segments/2.0/{segment_id}', 'marketing.read', 'marketing', ['contacts_sample'], getSegment),
    get('/v3/marketing/singlesends', 'marketing.read', 'marketing', pages, getSingleSends),
    get('/v3/marketing/singlesends/categories', 'marketing.read', 'marketing', [], getSingleSendCategories),
    {
      ...post(
        '/v3/marketing/singlesends/search',
        'marketing.read',
        'marketing',
        ['name', 'status', 'categories'],
        searchSingleSends,
      ),
      params: pages,
    },
    get('/v3/marketing/singlesends/{id}', 'marketing.read', 'marketing', [], getSingleSend),
    get(single, 'marketing.read', 'stats', ['singlesend_ids', ...pages], getSingleSendsStats),
    // The company has no automations.
    get('/v3/marketing/stats/automations', 'marketing.read', 'stats', ['automation_ids', ...pages], (call) => ({
      body: paged(call, 'results', [], { high: 50, absent: 25 }),
    })),
    get(`${single}/export`, 'marketing.read', 'stats', ['ids', 'timezone'], exportSingleSendStats),
    get(
      `${single}/{id}`,
      'marketing.read',
      'stats',
      ['aggregated_by', 'start_date', 'end_date', 'timezone', 'group_by', ...pages],
      getSingleSendStats,
    ),
    get(
      `${single}/{id}/links`,
      'marketing.read',
      'stats',
      ['group_by', 'ab_variation_id', 'ab_phase_id', ...pages],
      getSingleSendLinks,
    ),
  ]),
  get('/v3/stats', 'stats.read', 'stats', stats, getStats),
  get('/v3/categories', 'categories.read', 'stats', ['limit', 'offset', 'category'], getCategories),
  get(
    '/v3/categories/stats',
    'categories.stats.read',
    'stats',
    ['categories', 'aggregated_by', 'start_date', 'end_date'],
    getCategoryStats,
  ),
  get('/v3/clients/stats', 'clients.stats.read', 'stats', ['aggregated_by', 'start_date', 'end_date'], getClientStats),
  get(
    '/v3/clients/{client_type}/stats',
    'clients.stats.read',
    'stats',
    ['aggregated_by', 'start_date', 'end_date'],
    getClientStats,
  ),
  get('/v3/devices/stats', 'devices.stats.read', 'stats', stats, getDeviceStats),
  get('/v3/browsers/stats', 'browsers.stats.read', 'stats', ['browsers', ...stats], getBrowserStats),
  get('/v3/geo/stats', 'geo.stats.read', 'stats', ['country', ...stats], getGeoStats),
  get(
    '/v3/mailbox_providers/stats',
    'mailbox_providers.stats.read',
    'stats',
    ['mailbox_providers', ...stats],
    getMailboxProviderStats,
  ),
  suppression('/v3/suppression/bounces', times, suppressions.getBounces),
  get(
    '/v3/suppression/bounces/classifications',
    'suppression.bounces.read',
    'suppressions',
    ['start_date', 'end_date'],
    suppressions.getBounceClassifications,
  ),
  suppression('/v3/suppression/bounces/{email}', [], suppressions.getBounce),
  suppression('/v3/suppression/blocks', times, suppressions.getBlocks),
  suppression('/v3/suppression/blocks/{email}', [], suppressions.getBlock),
  suppression('/v3/suppression/spam_reports', times, suppressions.getSpamReports),
  suppression('/v3/suppression/spam_reports/{email}', [], suppressions.getSpamReport),
  suppression('/v3/suppression/invalid_emails', times, suppressions.getInvalidEmails),
  suppression('/v3/suppression/invalid_emails/{email}', [], suppressions.getInvalidEmail),
  suppression('/v3/suppression/unsubscribes', times, suppressions.getUnsubscribes),
  get('/v3/asm/groups', 'asm.groups.read', 'suppressions', ['id'], suppressions.getGroups),
  get('/v3/asm/groups/{group_id}', 'asm.groups.read', 'suppressions', [], suppressions.getGroup),
  get(
    '/v3/asm/groups/{group_id}/suppressions',
    'asm.groups.suppressions.read',
    'suppressions',
    [],
    suppressions.getGroupSuppressions,
  ),
  get('/v3/asm/suppressions', 'asm.groups.suppressions.read', 'suppressions', [], suppressions.getAsmSuppressions),
  get(
    '/v3/asm/suppressions/global/{email}',
    'asm.suppressions.global.read',
    'suppressions',
    [],
    suppressions.getGlobalSuppression,
  ),
  get(
    '/v3/asm/suppressions/{email}',
    'asm.groups.suppressions.read',
    'suppressions',
    [],
    suppressions.getAsmSuppressionsOf,
  ),
  post('/v3/logs', 'messages.read', 'logs', ['query', 'limit', 'subusers'], postLogs),
  get('/v3/logs/{sg_message_id}', 'messages.read', 'logs', ['subuser'], getLog),
  { ...get('/v3/messages', 'email_activity.read', 'activity', ['query', 'limit'], getMessages), needs: 'activity' },
  { ...get('/v3/messages/{msg_id}', 'email_activity.read', 'activity', [], getMessage), needs: 'activity' },
  webhook('/v3/user/webhooks/event/settings/all', ['include'], getWebhooks),
  webhook('/v3/user/webhooks/event/settings/signed/{id}', [], getSignature),
  webhook('/v3/user/webhooks/event/settings/{id}', ['include'], getWebhook),
];

function get(
  path: string,
  scope: string | null,
  rate: RateKey,
  params: readonly string[],
  answer: Route['answer'],
): Route {
  return { method: 'GET', path, scope, rate, params, fields: null, answer };
}

function post(path: string, scope: string, rate: RateKey, fields: readonly string[], answer: Route['answer']): Route {
  return { method: 'POST', path, scope, rate, params: [], fields, answer };
}

function marketing(own: readonly Route[]): readonly Route[] {
  return own.map((route) => ({ ...route, needs: 'marketing' }));
}

function suppression(path: string, params: readonly string[], answer: Route['answer']): Route {
  return get(path, `suppression.${path.split('/')[3]}.read`, 'suppressions', params, answer);
}

function webhook(
  path: string,
  params: readonly string[],
  answer: (call: Call, hook: Webhook | undefined) => Answer,
): Route {
  return get(path, 'user.webhooks.event.settings.read', 'account', params, (call, account) =>
    answer(call, account.webhook),
  );
}

/** All scopes of a key that may read everything here. */
export const allScopes: readonly string[] = [
  ...new Set(routes.flatMap((route) => (route.scope === null ? [] : [route.scope]))),
].sort();
