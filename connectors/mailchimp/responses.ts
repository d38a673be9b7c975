import type { ResponseRule } from '../_kit/contract.ts';

const ofCampaign = [
  'campaign_content',
  'sub_reports',
  'domain_performance',
  'sent_to',
  'email_activity',
  'open_details',
  'unsubscribes',
  'click_details',
  'click_members',
] as const;
const ofList = ['members', 'segments', 'list_growth', 'list_clients', 'abuse_reports'] as const;
const ofStore = ['orders', 'customers', 'products'] as const;

const permission =
  'Ask the account’s owner for a role that may read audiences and reports (Account & billing → Users), then make a new key as that user.';

/** What Mailchimp's statuses mean. The first rule that fits decides; what no rule names, the kit decides by status. */
export const responses: readonly ResponseRule[] = [
  {
    status: 401,
    kind: 'auth',
    fix: 'The key was deleted, its user left the account, or OAuth access was revoked: make a new key (Account & billing → Extras → API keys) or connect again, and update the secret.',
  },
  {
    status: 403,
    contains: 'Disabled',
    kind: 'auth',
    fix: 'The Mailchimp account or its user is deactivated: sign in to Mailchimp and follow the notice there.',
  },
  {
    status: 403,
    contains: 'atacenter',
    kind: 'auth',
    fix: 'base_url names another data centre than the key: remove base_url, or write the one at the end of the key.',
  },
  { status: 403, contains: 'Forbidden', kind: 'auth', fix: permission },
  { status: 403, contains: 'not permitted', kind: 'auth', fix: permission },
  // A 403 without a JSON body is throttling: the kit reads it as transient.
  { status: 404, streams: ofCampaign, kind: 'skip', fix: 'The campaign was deleted in Mailchimp; its rows stay.' },
  { status: 404, streams: ofList, kind: 'skip', fix: 'The list was deleted in Mailchimp; its rows stay.' },
  { status: 404, streams: ofStore, kind: 'skip', fix: 'The shop was disconnected from Mailchimp; its rows stay.' },
  {
    status: 404,
    streams: ['automation_emails'],
    kind: 'skip',
    fix: 'The automation was deleted in Mailchimp; its rows stay.',
  },
  { status: 404, kind: 'rejected', fix: 'Check base_url: it ends in /3.0.' },
  { status: 426, kind: 'config', fix: 'Mailchimp refuses plain HTTP: write base_url with https://.' },
];
