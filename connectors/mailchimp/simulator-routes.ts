import { type Answer, type Call, Problem } from './simulator-answer.ts';
import { getActivity, getClients, getGrowthHistory, getLocations } from './simulator-audience.ts';
import { getAutomation, getAutomationEmails, getAutomations } from './simulator-automations.ts';
import { getCampaign, getCampaigns, getContent } from './simulator-campaigns.ts';
import {
  getCustomers,
  getOrders,
  getProductActivity,
  getProducts,
  getStoreOrders,
  getStores,
} from './simulator-commerce.ts';
import { getList, getLists, getSegments } from './simulator-lists.ts';
import { getListAbuse, getMember, getMembers } from './simulator-members.ts';
import {
  getAbuse,
  getEmailActivity,
  getEmailActivityMember,
  getLinkMembers,
  getOpenDetails,
  getOpenDetailsMember,
  getSentTo,
  getSentToMember,
  getUnsubscribed,
} from './simulator-recipients.ts';
import { getClickDetails, getDomains, getLink, getReport, getReports, getSubReports } from './simulator-reports.ts';

/** One operation of the API. */
export type Route = {
  /** Path template, spelt as in the vendor's description. */
  readonly path: string;
  /** Query parameters and what they may hold; anything else is a violation. */
  readonly params: Readonly<Record<string, Param>>;
  readonly answer: (call: Call) => Answer;
};

export type Param = 'text' | 'instant' | 'boolean' | 'whole' | readonly string[];

const fields = { fields: 'text', exclude_fields: 'text' } as const;
const paging = { ...fields, count: 'whole', offset: 'whole' } as const;
const direction = { sort_dir: ['ASC', 'DESC'] } as const;
const sendTimes = { since_send_time: 'instant', before_send_time: 'instant' } as const;
const createTimes = { since_create_time: 'instant', before_create_time: 'instant' } as const;
const campaignType = { type: ['regular', 'plaintext', 'absplit', 'rss', 'variate'] } as const;
const bots = { filter_bots: 'boolean' } as const;
const memberStatus = ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional', 'archived'] as const;
const outreach = { campaign_id: 'text', outreach_id: 'text', customer_id: 'text', has_outreach: 'boolean' } as const;

const report = '/reports/{campaign_id}';
const store = '/ecommerce/stores/{store_id}';

/** Every operation that a sync may use. */
export const routes: readonly Route[] = [
  { path: '/', params: fields, answer: getRoot },
  {
    path: '/ping',
    params: {},
    answer: () => ({ kind: 'one', body: { health_status: "Everything's Chimpy!" }, hasNoLinks: true }),
  },
  {
    path: '/lists',
    params: {
      ...paging,
      since_date_created: 'instant',
      before_date_created: 'instant',
      since_campaign_last_sent: 'instant',
      before_campaign_last_sent: 'instant',
      email: 'text',
      sort_field: ['date_created'],
      ...direction,
      include_total_contacts: 'boolean',
    },
    answer: getLists,
  },
  { path: '/lists/{list_id}', params: { ...fields, include_total_contacts: 'boolean' }, answer: getList },
  {
    path: '/lists/{list_id}/members',
    params: {
      ...paging,
      status: memberStatus,
      since_timestamp_opt: 'instant',
      before_timestamp_opt: 'instant',
      since_last_changed: 'instant',
      before_last_changed: 'instant',
      unsubscribed_since: 'instant',
      unique_email_id: 'text',
      vip_only: 'boolean',
      sort_field: ['timestamp_opt', 'timestamp_signup', 'last_changed'],
      ...direction,
    },
    answer: getMembers,
  },
  { path: '/lists/{list_id}/members/{subscriber_hash}', params: fields, answer: getMember },
  {
    path: '/lists/{list_id}/segments',
    params: {
      ...paging,
      type: 'text',
      since_created_at: 'instant',
      before_created_at: 'instant',
      since_updated_at: 'instant',
      before_updated_at: 'instant',
    },
    answer: getSegments,
  },
  { path: '/lists/{list_id}/abuse-reports', params: paging, answer: getListAbuse },
  { path: '/lists/{list_id}/activity', params: paging, answer: getActivity },
  { path: '/lists/{list_id}/clients', params: fields, answer: getClients },
  { path: '/lists/{list_id}/locations', params: fields, answer: getLocations },
  {
    path: '/lists/{list_id}/growth-history',
    params: { ...paging, sort_field: ['month'], ...direction },
    answer: getGrowthHistory,
  },
  {
    path: '/campaigns',
    params: {
      ...paging,
      ...campaignType,
      ...sendTimes,
      ...createTimes,
      status: ['save', 'paused', 'schedule', 'sending', 'sent'],
      list_id: 'text',
      folder_id: 'text',
      member_id: 'text',
      sort_field: ['create_time', 'send_time'],
      ...direction,
    },
    answer: getCampaigns,
  },
  { path: '/campaigns/{campaign_id}', params: fields, answer: getCampaign },
  { path: '/campaigns/{campaign_id}/content', params: fields, answer: getContent },
  {
    path: '/automations',
    params: {
      ...paging,
      ...createTimes,
      since_start_time: 'instant',
      before_start_time: 'instant',
      status: ['save', 'paused', 'sending'],
    },
    answer: getAutomations,
  },
  { path: '/automations/{workflow_id}', params: fields, answer: getAutomation },
  { path: '/automations/{workflow_id}/emails', params: {}, answer: getAutomationEmails },
  { path: '/reports', params: { ...paging, ...campaignType, ...sendTimes }, answer: getReports },
  { path: report, params: fields, answer: getReport },
  { path: `${report}/sub-reports`, params: fields, answer: getSubReports },
  { path: `${report}/sent-to`, params: paging, answer: getSentTo },
  { path: `${report}/sent-to/{subscriber_hash}`, params: fields, answer: getSentToMember },
  { path: `${report}/email-activity`, params: { ...paging, ...bots, since: 'instant' }, answer: getEmailActivity },
  {
    path: `${report}/email-activity/{subscriber_hash}`,
    params: { ...fields, since: 'instant' },
    answer: getEmailActivityMember,
  },
  {
    path: `${report}/open-details`,
    params: { ...paging, ...bots, since: 'instant', sort_field: ['opens_count'], ...direction },
    answer: getOpenDetails,
  },
  { path: `${report}/open-details/{subscriber_hash}`, params: fields, answer: getOpenDetailsMember },
  {
    path: `${report}/click-details`,
    params: { ...paging, ...bots, sort_field: ['total_clicks', 'unique_clicks'], ...direction },
    answer: getClickDetails,
  },
  { path: `${report}/click-details/{link_id}`, params: fields, answer: getLink },
  { path: `${report}/click-details/{link_id}/members`, params: paging, answer: getLinkMembers },
  { path: `${report}/unsubscribed`, params: paging, answer: getUnsubscribed },
  { path: `${report}/abuse-reports`, params: fields, answer: getAbuse },
  { path: `${report}/domain-performance`, params: fields, answer: getDomains },
  {
    path: `${report}/ecommerce-product-activity`,
    params: { ...paging, sort_field: ['title', 'total_revenue', 'total_purchased'] },
    answer: getProductActivity,
  },
  { path: '/ecommerce/orders', params: { ...paging, ...outreach }, answer: getOrders },
  { path: '/ecommerce/stores', params: paging, answer: getStores },
  { path: `${store}/orders`, params: { ...paging, ...outreach }, answer: getStoreOrders },
  { path: `${store}/customers`, params: { ...paging, email_address: 'text' }, answer: getCustomers },
  { path: `${store}/products`, params: paging, answer: getProducts },
];

function getRoot({ snapshot }: Call): Answer {
  const { company, start } = snapshot.world;
  const subscribers = snapshot.world.lists
    .flatMap((list) => snapshot.contactsOf(list.id))
    .filter(({ state }) => state.status === 'subscribed');
  return {
    kind: 'one',
    body: {
      account_id: '8d3a3db4d97663a9074efcc16',
      login_id: '1234567',
      account_name: company.name,
      email: 'owner@acme-garden.example',
      first_name: 'Ada',
      last_name: 'Acme',
      username: 'acme',
      avatar_url: '',
      role: 'owner',
      member_since: `${new Date(start * 1000).toISOString().slice(0, 19)}+00:00`,
      pricing_plan_type: 'monthly',
      first_payment: `${new Date(start * 1000).toISOString().slice(0, 19)}+00:00`,
      account_timezone: company.timeZone,
      account_industry: 'Home and Garden',
      contact: {
        company: company.name,
        addr1: 'Hafenstr. 1',
        addr2: '',
        city: 'Hamburg',
        state: '',
        zip: '20457',
        country: 'DE',
      },
      pro_enabled: true,
      last_login: `${new Date(snapshot.at * 1000).toISOString().slice(0, 19)}+00:00`,
      total_subscribers: subscribers.length,
      industry_stats: { open_rate: 0.2341, bounce_rate: 0.0061, click_rate: 0.0297 },
    },
  };
}

/** What is wrong with a query, as the vendor would refuse it; undefined when all is well. */
export function checkQuery(route: Route, query: Readonly<Record<string, string>>): Problem | undefined {
  const refuse = (field: string, message: string): Problem =>
    new Problem(400, 'Invalid Resource', `The request could not be validated: ${field} ${message}`, [
      { field, message },
    ]);
  for (const [name, value] of Object.entries(query)) {
    const param = route.params[name];
    if (param === undefined) return refuse(name, 'is not a parameter of this endpoint');
    if (param === 'boolean' && value !== 'true' && value !== 'false') return refuse(name, 'must be true or false');
    if (param === 'whole' && !/^\d+$/.test(value)) return refuse(name, 'must be a whole number');
    if (param === 'instant' && Number.isNaN(Date.parse(value))) return refuse(name, 'must be an ISO 8601 date');
    if (typeof param === 'object' && !param.includes(value)) return refuse(name, `must be one of ${param.join(', ')}`);
  }
  if (Number(query['count'] ?? 10) > 1000) return refuse('count', 'must not be greater than 1000');
  if (query['fields'] !== undefined && query['exclude_fields'] !== undefined)
    return refuse('fields', 'excludes exclude_fields');
  return undefined;
}
