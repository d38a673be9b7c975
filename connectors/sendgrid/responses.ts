import type { ResponseRule } from '../_kit/contract.ts';

const marketing = [
  'lists',
  'contacts',
  'segments',
  'single_sends',
  'single_send_details',
  'single_send_stats',
  'single_send_links',
] as const;
const ofSingleSend = ['single_send_details', 'single_send_stats', 'single_send_links'] as const;

const scope = (scopes: string): string =>
  `Give the key the scope ${scopes} (Settings → API Keys → Edit), or leave these streams out of mailmart.yaml.`;

/** What SendGrid's statuses mean. The first rule that fits decides; what no rule names, the kit decides by status. */
export const responses: readonly ResponseRule[] = [
  {
    status: 401,
    kind: 'auth',
    fix: 'The key was deleted or mistyped, or belongs to another region: make a new one (Settings → API Keys) and update the secret.',
  },
  {
    status: 403,
    streams: ['activity'],
    kind: 'skip',
    fix: 'Email Activity is a paid add-on, and the key must include it.',
  },
  {
    status: 403,
    streams: marketing,
    kind: 'auth',
    fix: `The account has no Marketing Campaigns (or still the legacy ones), whatever the key may, or the key lacks the scope marketing.read. ${scope('marketing.read')}`,
  },
  {
    status: 403,
    streams: ['log_messages', 'log_events'],
    kind: 'auth',
    fix: 'Give the key read access to Email Logs (Settings → API Keys → Edit), or leave these streams out of mailmart.yaml.',
  },
  {
    status: 403,
    streams: ['bounces', 'blocks', 'invalid_emails', 'spam_reports', 'unsubscribes'],
    kind: 'auth',
    fix: scope('suppression.read'),
  },
  { status: 403, streams: ['suppression_groups', 'group_suppressions'], kind: 'auth', fix: scope('asm.groups.read') },
  { status: 403, kind: 'auth', fix: scope('stats.read') },
  { status: 404, streams: ofSingleSend, kind: 'skip', fix: 'The single send was deleted in SendGrid; its rows stay.' },
  { status: 404, streams: ['log_events'], kind: 'skip', fix: 'The message has left the 30 days of the log.' },
  { status: 404, kind: 'rejected', fix: 'Check base_url: it is the host alone, without /v3.' },
];
