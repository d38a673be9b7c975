import { z } from 'zod';
import { address, count, id, instant, seconds, text } from './fields.ts';
import { messagesDue } from './log-events-plan.ts';
import { byLogDays } from './log-messages-plan.ts';
import { activityOf, eventsOf, messagesOf } from './logs.ts';
import { globalOnly, type Define } from './stream.ts';

/** What SendGrid still knows of single messages. */
export const logStreams = (stream: Define) => ({
  log_messages: stream({
    description: 'One row a message and recipient of the last 30 days, with its status of now.',
    schema: z.looseObject({
      sg_message_id: id,
      sg_message_id_created_at: instant,
      to_email: address,
      from_email: text,
      subject: text,
      status: id,
      reason: text,
    }),
    primaryKey: ['sg_message_id'],
    person: 'to_email',
    // A status is final after three days of deferrals at the most.
    cursor: { field: 'sg_message_id_created_at', unit: 'iso', order: 'unsorted', lookback: 'P4D' },
    partitionBy: 'sg_message_id_created_at',
    sweep: false,
    plan: byLogDays,
    why: 'an answer has 1,000 messages at the most and no next page: windows are halved',
    read: messagesOf,
  }),

  log_events: stream({
    description: 'One row an event of a message that no webhook told of, in the webhook’s shape.',
    schema: z.looseObject({
      sg_event_id: id,
      sg_message_id: text,
      event: id,
      email: text,
      timestamp: seconds,
      marketing_campaign_id: z.union([z.int(), z.string()]).nullish(),
    }),
    primaryKey: ['sg_event_id'],
    person: 'email',
    cursor: { field: 'timestamp', unit: 'epoch-s', order: 'unsorted', lookback: 'P5D' },
    partitionBy: 'timestamp',
    sweep: false,
    after: ['log_messages', 'events'],
    plan: messagesDue,
    why: 'events are asked for message by message, of those that the webhook does not cover',
    read: eventsOf,
  }),

  activity: stream({
    description: 'One row a message and recipient, with the numbers of its opens and clicks.',
    schema: z.looseObject({
      msg_id: id,
      to_email: address,
      from_email: text,
      subject: text,
      status: id,
      opens_count: count,
      clicks_count: count,
      last_event_time: instant,
    }),
    primaryKey: ['msg_id'],
    person: 'to_email',
    cursor: { field: 'last_event_time', unit: 'iso', order: 'unsorted', lookback: 'PT1H' },
    sweep: false,
    plan: globalOnly,
    permission: 'The paid e-mail activity history, and a key that may read it; without them the stream is skipped.',
    why: 'an answer has 1,000 messages at the most and no next page: windows are halved',
    read: activityOf,
  }),
});
