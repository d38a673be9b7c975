import { defineConnector } from '../_kit/contract.ts';
import { mailchimpClient } from './client.ts';
import { authorizationOf, baseUrlOf, mailchimpConfig } from './config.ts';
import { hookStreams, listsHook } from './hook.ts';
import { probe } from './probe.ts';
import { responses } from './responses.ts';
import { audienceStreams } from './streams-audience.ts';
import { campaignStreams } from './streams-campaigns.ts';
import { commerceStreams } from './streams-commerce.ts';
import { recipientStreams } from './streams-recipients.ts';
import { reportStreams } from './streams-reports.ts';

/** Mailchimp Marketing API 3.0, read only. What is odd about it: README.md in this folder. */
export const mailchimp = defineConnector(mailchimpConfig, (stream) => ({
  name: 'mailchimp',
  title: 'Mailchimp',
  docs: 'https://mailchimp.com/developer/marketing/api/ (version 3.0, verified 2026-11-23)',
  secrets: ['credentials.api_key', 'credentials.access_token', 'webhook.signing_secrets[]', 'webhook.path_secret'],
  baseUrl: baseUrlOf,
  auth: { kind: 'header', name: 'authorization', value: authorizationOf },
  // Ten connections at once for a user, over all keys and programs; no rate limit is documented.
  limits: { default: { concurrency: 10 } },
  responses,
  client: mailchimpClient,
  hooks: { lists: listsHook },
  probe,
  streams: {
    ...audienceStreams(stream),
    ...campaignStreams(stream),
    ...reportStreams(stream),
    ...recipientStreams(stream),
    ...commerceStreams(stream),
    ...hookStreams(stream),
  },
}));
