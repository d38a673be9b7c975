import type { Hook } from '../_kit/hook.ts';
import type { SendgridConfig } from './config.ts';

/** The Event Webhook, signed over time stamp and body as they came. Its retries last a day, and no age is documented. */
const events: Hook<SendgridConfig> = {
  description: 'Events of messages: processed, delivered, opened, clicked and so on, as they happen.',
  signature: {
    kind: 'ecdsa-p256-sha256',
    header: 'x-twilio-email-event-webhook-signature',
    timestampHeader: 'x-twilio-email-event-webhook-timestamp',
    signed: '{timestamp}{body}',
  },
  keys: ({ webhook }) => webhook?.public_keys ?? [],
};

export const hooks = { events };
