import { type Answer, type Body, type Call, notFound, timestamp } from './simulator-answer.ts';

/** The account's one Event Webhook. */
export type Webhook = {
  readonly id: string;
  url: string;
  enabled: boolean;
  isSigned: boolean;
  /** Base64 of the SPKI DER. */
  readonly publicKey: string;
};

export function getWebhooks(call: Call, webhook: Webhook | undefined): Answer {
  return {
    body: { max_allowed: 5, webhooks: webhook === undefined ? [] : [{ ...settings(call, webhook), ...dates(call) }] },
  };
}

export function getWebhook(call: Call, webhook: Webhook | undefined): Answer {
  return { body: settings(call, found(call, webhook)) };
}

export function getSignature(call: Call, webhook: Webhook | undefined): Answer {
  const { id, isSigned, publicKey } = found(call, webhook);
  return { body: { id, public_key: isSigned ? publicKey : '' } };
}

function found(call: Call, webhook: Webhook | undefined): Webhook {
  if (webhook === undefined || call.path['id'] !== webhook.id) throw notFound('webhook not found');
  return webhook;
}

/** It was made when the company switched it on, and has not been touched since. */
function dates(call: Call): Body {
  const at = timestamp(call.view.half.hookOnAt);
  return { created_date: at, updated_date: at };
}

function settings(call: Call, webhook: Webhook): Body {
  const isExtended = call.query.get('include') === 'account_status_change';
  return {
    id: webhook.id,
    enabled: webhook.enabled,
    url: webhook.url,
    friendly_name: 'mailmart',
    ...(isExtended ? { account_status_change: false } : {}),
    group_resubscribe: true,
    group_unsubscribe: true,
    delivered: true,
    spam_report: true,
    bounce: true,
    deferred: true,
    unsubscribe: true,
    processed: true,
    open: true,
    click: true,
    dropped: true,
    oauth_client_id: null,
    oauth_token_url: null,
    ...(webhook.isSigned ? { public_key: webhook.publicKey } : {}),
  };
}
