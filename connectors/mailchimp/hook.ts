import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Json, JsonObject } from '../../src/contracts/json.ts';
import type { Hint, Hook } from '../_kit/hook.ts';
import { NotAPost, pushStream } from '../_kit/push.ts';
import type { MailchimpConfig } from './config.ts';
import { id, text } from './fields.ts';
import { parseForm } from './hook-form.ts';
import type { Define } from './stream.ts';

// Mailchimp's webhooks: https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/ (verified 2026-11-23).

const hook = 'lists';

/** Work items are campaigns. */
const ofCampaign = [
  'sent_to',
  'email_activity',
  'open_details',
  'unsubscribes',
  'click_details',
  'domain_performance',
  'sub_reports',
] as const;

/** What Mailchimp posts of audiences. */
export const listsHook: Hook<MailchimpConfig> = {
  description:
    'Changes of audiences: subscribed, unsubscribed, edited, cleaned, new address; and campaigns that went out.',
  signature: {
    kind: 'hmac-sha256',
    header: 'x-mailchimp-signature',
    format: 't-v1-hex',
    timestampUnit: 's',
    signed: '{timestamp}.{body}',
    maxAgeSeconds: 300,
  },
  keys: ({ webhook }) => webhook?.signing_secrets ?? [],
  pathSecret: ({ webhook }) => webhook?.path_secret,
  // The address is asked for with GET when the webhook is made.
  handshake: true,
  hints: ({ body }) => {
    try {
      return hintsOf(eventOf(body));
    } catch {
      return [];
    }
  },
};

/** The posts as they came. Where they are not signed there are none: who knows the address may write what he likes. */
export const hookStreams = (stream: Define) => ({
  webhook_events: stream(
    pushStream({
      hook,
      description: 'One row an event of an audience, as Mailchimp posted it with its signature.',
      permission: 'A webhook of the list that posts to `mailmart receive`, with its signing secret in `webhook`.',
      records: (body) => [eventOf(body)],
      schema: z.looseObject({
        type: id,
        fired_at: id,
        list_id: text,
        id,
        email: text,
        data: z.looseObject({ id: text, list_id: text, email: text, campaign_id: text, reason: text, action: text }),
      }),
      // No delivery has an id. The same person may be in two lists, and leave both within a second.
      primaryKey: ['type', 'list_id', 'id', 'fired_at'],
      person: 'email',
    }),
  ),
});

/**
 * The event of a post: the form, and beside it the fields that identify it, which lie elsewhere for each type. `fired_at` states no
 * zone, so that it is a text and no time.
 */
function eventOf(body: Uint8Array): JsonObject {
  const form = parseForm(body);
  const { type, data } = form;
  if (typeof type !== 'string' || typeof data !== 'object' || data === null || Array.isArray(data))
    throw new NotAPost('Expected a form with the fields type and data[...]');
  const fields = data as JsonObject;
  const field = (name: string): string | null => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const email = field('email') ?? field('new_email');
  return { ...form, id: field('id') ?? field('new_id') ?? subject(email, fields), list_id: field('list_id'), email };
}

/** Whom an event without an id is of: Mailchimp's own id of an address, or what the event says. */
function subject(email: string | null, data: Json): string {
  return createHash('md5')
    .update(email?.toLowerCase() ?? JSON.stringify(data))
    .digest('hex');
}

/**
 * What is read in every run anyway needs no hint: lists, campaigns, reports, changes of contacts. The rest are objects whose own
 * counters may not move, and contacts who vanish without changing a count.
 */
function hintsOf(event: JsonObject): readonly Hint[] {
  const data = event['data'] as JsonObject;
  const idOf = (name: string): readonly string[] => {
    const value = data[name];
    return typeof value === 'string' && /^[A-Za-z0-9]{1,64}$/.test(value) ? [value] : [];
  };
  const [campaigns, lists] = [idOf('campaign_id'), idOf('list_id')];
  const hints = (streams: readonly string[], items: readonly string[]): readonly Hint[] =>
    streams.flatMap((stream) => items.map((item) => ({ stream, item })));
  switch (event['type']) {
    case 'campaign':
      return hints(ofCampaign, idOf('id'));
    case 'cleaned':
      return hints(['sent_to', 'email_activity'], campaigns);
    case 'unsubscribe':
      // A contact that was deleted is no change of a contact, and another's arrival may hide it in the list's count.
      return [...hints(['unsubscribes'], campaigns), ...hints(data['action'] === 'delete' ? ['members'] : [], lists)];
    case 'upemail':
      // The contact's id is made of its address: the old one vanishes, the new one takes its place in the count.
      return hints(['members'], lists);
    default:
      return [];
  }
}
