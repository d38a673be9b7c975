import { defineConnector } from '../_kit/contract.ts';
import { accountHeaders, baseUrlOf, sendgridClient } from './client.ts';
import { sendgridConfig } from './config.ts';
import { feeds } from './feeds.ts';
import { hooks } from './hooks.ts';
import { probe } from './probe.ts';
import { responses } from './responses.ts';
import { eventStreams } from './streams-events.ts';
import { logStreams } from './streams-logs.ts';
import { marketingStreams } from './streams-marketing.ts';
import { singleSendStatsStreams } from './streams-single-send-stats.ts';
import { statsStreams } from './streams-stats.ts';
import { suppressionStreams } from './streams-suppressions.ts';

/** Twilio SendGrid v3, read only. What is odd about it: README.md in this folder. */
export const sendgrid = defineConnector(sendgridConfig, (stream) => ({
  name: 'sendgrid',
  title: 'SendGrid',
  docs: 'https://www.twilio.com/docs/sendgrid/api-reference (v3, verified 2026-11-23)',
  secrets: ['credentials.api_key'],
  baseUrl: baseUrlOf,
  auth: { kind: 'bearer', token: ({ credentials }) => credentials.api_key },
  headers: accountHeaders,
  // No number of connections is documented. What is documented: limits per endpoint, not published, in each answer's headers
  // (each endpoint is a key, see client.ts), and six requests a minute for Email Activity.
  limits: { default: { concurrency: 10 }, activity: { concurrency: 1, rps: 6 / 60 } },
  rateHeaders: { remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset', unit: 'epoch-s' },
  responses,
  // Exports are files on Amazon S3, whose bucket is not documented; the addresses are signed, and get no credentials.
  downloadHosts: ['*.amazonaws.com', '*.sendgrid.com'],
  feeds,
  hooks,
  client: sendgridClient,
  probe,
  streams: {
    ...marketingStreams(stream),
    ...singleSendStatsStreams(stream),
    ...statsStreams(stream),
    ...suppressionStreams(stream),
    ...eventStreams(stream),
    ...logStreams(stream),
  },
}));
