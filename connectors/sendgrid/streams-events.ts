import { z } from 'zod';
import { jsonArray, pushStream } from '../_kit/push.ts';
import { flag, id, seconds, text, texts } from './fields.ts';
import type { Define } from './stream.ts';

/** What the Event Webhook posts: the only place of most events once they are 30 days old. */
export const eventStreams = (stream: Define) => ({
  events: stream(
    pushStream({
      description: 'One row an event that the webhook posted: delivered, opened, clicked, bounced and so on.',
      hook: 'events',
      records: jsonArray,
      // Custom arguments stand beside these fields, under any name: unknown ones are kept.
      schema: z.looseObject({
        sg_event_id: id,
        event: id,
        timestamp: seconds,
        email: text,
        sg_message_id: text,
        category: z.union([z.string(), texts]).nullish(),
        singlesend_id: text,
        phase_id: text,
        sg_machine_open: flag,
      }),
      primaryKey: ['sg_event_id'],
      person: 'email',
      occurredAt: { field: 'timestamp', unit: 'epoch-s' },
    }),
  ),
});
