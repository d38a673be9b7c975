import type { SgSingleSend } from '../../src/demo/sendgrid-types.ts';
import { type Answer, type Body, type Call, notFound, paged, timestamp } from './simulator-answer.ts';

/** The sender of all single sends. */
export const sender = { id: 601_001, email: 'lifecycle@acme-garden.example' } as const;

export function getSingleSends(call: Call): Answer {
  return {
    body: paged(
      call,
      'result',
      call.view.half.singleSends.map((send) => summary(call, send)),
      sizes,
    ),
  };
}

/** Name is a part of the name; status and categories are any of. */
export function searchSingleSends(call: Call): Answer {
  const { name, status, categories } = (call.body ?? {}) as {
    readonly name?: string;
    readonly status?: readonly string[];
    readonly categories?: readonly string[];
  };
  const hits = call.view.half.singleSends.filter(
    (send) =>
      (name === undefined || send.name.toLowerCase().includes(name.toLowerCase())) &&
      (status === undefined || status.includes(statusOf(call, send))) &&
      (categories === undefined || send.categories.some((category) => categories.includes(category))),
  );
  return {
    body: paged(
      call,
      'result',
      hits.map((send) => summary(call, send)),
      sizes,
    ),
  };
}

export function getSingleSend(call: Call): Answer {
  const send = call.view.send(call.path['id'] ?? '');
  if (send === undefined) throw notFound();
  return {
    body: {
      id: send.id,
      name: send.name,
      status: statusOf(call, send),
      categories: send.categories,
      send_at: send.sentAt === null ? null : timestamp(send.sentAt),
      send_to: { list_ids: send.listIds, segment_ids: [], all: false },
      updated_at: timestamp(updatedAt(call, send)),
      created_at: timestamp(send.createdAt),
      email_config: {
        subject: send.subject,
        html_content: htmlOf(send),
        plain_content: '',
        generate_plain_content: true,
        design_id: '',
        editor: 'code',
        suppression_group_id: send.groupId,
        custom_unsubscribe_url: null,
        sender_id: sender.id,
        ip_pool: null,
      },
    },
  };
}

export function getSingleSendCategories(call: Call): Answer {
  const categories = new Set(call.view.half.singleSends.flatMap((send) => send.categories));
  return { body: { categories: [...categories].sort() } };
}

/** The description states no bounds of its own for single sends; those of lists hold. */
const sizes = { high: 1000, absent: 100 } as const;

function statusOf(call: Call, send: SgSingleSend): 'draft' | 'scheduled' | 'triggered' {
  if (send.sentAt === null) return 'draft';
  return send.sentAt <= call.view.at ? 'triggered' : 'scheduled';
}

function summary(call: Call, send: SgSingleSend): Body {
  return {
    id: send.id,
    name: send.name,
    abtest: abTest(send),
    status: statusOf(call, send),
    categories: send.categories,
    ...(send.sentAt === null ? {} : { send_at: timestamp(send.sentAt) }),
    is_abtest: send.test !== null,
    updated_at: timestamp(updatedAt(call, send)),
    created_at: timestamp(send.createdAt),
  };
}

/** Without a winner its id is empty and its instant null. */
function abTest(send: SgSingleSend): Body | null {
  const { test } = send;
  if (test === null) return null;
  const winner = test.winner === null ? undefined : test.variations[test.winner];
  return {
    type: test.kind,
    winner_criteria: test.winnerCriteria,
    test_percentage: test.testPercentage,
    duration: test.duration,
    winning_template_id: winner?.id ?? '',
    winner_selected_at: winner === undefined ? null : timestamp(test.winnerSentAt),
    expiration_date: timestamp(test.winnerSentAt),
  };
}

/** Sending it, and picking the winner, change it. */
function updatedAt(call: Call, send: SgSingleSend): number {
  const { at } = call.view;
  const instants = [send.createdAt, send.sentAt, send.test?.winnerSentAt ?? null];
  return Math.max(...instants.filter((instant) => instant !== null).filter((instant) => instant <= at));
}

function htmlOf(send: SgSingleSend): string {
  const links = send.links.map(
    (link, index) => `<p><a href="${link.url.replaceAll('&', '&amp;')}">Link ${index + 1}</a></p>`,
  );
  return `<html><body><h1>${send.name}</h1>${links.join('')}<p>{{{unsubscribe}}}</p></body></html>`;
}
