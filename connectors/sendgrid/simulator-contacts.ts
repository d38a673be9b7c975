import { createRandom } from '../../src/demo/random.ts';
import { uuid } from '../../src/demo/sendgrid-plan.ts';
import type { SgContact, SgList } from '../../src/demo/sendgrid-types.ts';
import { type Answer, ApiError, type Body, type Call, listOf, notFound, paged, timestamp } from './simulator-answer.ts';
import { listIdsOf, type View } from './simulator-view.ts';

/** Contacts that `GET /v3/marketing/contacts` and a search show at most. */
const sampleSize = 50;

export function getLists(call: Call): Answer {
  const rows = call.view.half.lists.map((list) => listBody(call, list));
  return { body: paged(call, 'result', rows, { high: 1000, absent: 100 }) };
}

export function getList(call: Call): Answer {
  const list = findList(call);
  const isSampled = call.query.get('contact_sample') === 'true';
  const newest = onList(call.view, list).at(-1);
  const sample = isSampled && newest !== undefined ? { contact_sample: contactDetails(call, newest) } : {};
  return { body: { ...listBody(call, list), ...sample } };
}

export function getListCount(call: Call): Answer {
  const count = onList(call.view, findList(call)).length;
  return { body: { contact_count: count, billable_count: count } };
}

/** The 50 that came last, sorted by address; the count is of all. */
export function getContacts(call: Call): Answer {
  const newest = [...call.view.contacts].sort((left, right) => lastListed(right) - lastListed(left));
  return {
    body: {
      result: byAddress(newest.slice(0, sampleSize)).map((contact) => contactDetails(call, contact)),
      contact_count: call.view.contacts.length,
      _metadata: { self: `${call.origin}/v3/marketing/contacts` },
    },
  };
}

export function getContactCount(call: Call): Answer {
  const count = call.view.contacts.length;
  return { body: { contact_count: count, billable_count: count } };
}

export function getContact(call: Call): Answer {
  const contact = call.view.contacts.find((candidate) => candidate.id === call.path['id']);
  if (contact === undefined) throw notFound();
  return { body: contactDetails(call, contact) };
}

export function postContactBatch(call: Call): Answer {
  const { ids } = call.body as { readonly ids?: unknown };
  if (!Array.isArray(ids) || ids.length > 100) throw new ApiError(400, 'ids must be an array of at most 100', 'ids');
  const result = call.view.contacts.filter((contact) => ids.includes(contact.id));
  if (result.length === 0) throw notFound();
  return { body: { result: result.map((contact) => contactDetails(call, contact)) } };
}

/** Of SGQL only what a look-up needs: `email = '…'` and `email LIKE 'prefix%'`. */
export function postContactSearch(call: Call): Answer {
  const { query } = call.body as { readonly query?: unknown };
  const match = /^email (=|LIKE) '([^'%]*)(%?)'$/.exec(typeof query === 'string' ? query : '');
  if (match === null) throw new ApiError(400, 'invalid query', 'query');
  const [, operator, text = '', wild] = match;
  const hits = call.view.contacts.filter((contact) =>
    operator === 'LIKE' && wild === '%' ? contact.address.startsWith(text) : contact.address === text,
  );
  return {
    body: {
      result: byAddress(hits.slice(0, sampleSize)).map((contact) => contactDetails(call, contact)),
      contact_count: hits.length,
      _metadata: { self: `${call.origin}/v3/marketing/contacts/search` },
    },
  };
}

type Segment = {
  readonly id: string;
  readonly name: string;
  readonly list: SgList | null;
  readonly match: (contact: SgContact) => boolean;
};

/** Two segments: one of all contacts, one below a list. They are as old as the first list. */
function segmentsOf(view: View): readonly Segment[] {
  const random = createRandom(view.seed, 'sendgrid segments');
  const ids = [uuid(random), uuid(random)] as const;
  const list = view.half.lists[1];
  return [
    { id: ids[0], name: 'On several lists', list: null, match: (contact) => listIdsOf(contact).length > 1 },
    ...(list === undefined
      ? []
      : [
          {
            id: ids[1],
            name: 'Customers at gmail',
            list,
            match: (contact: SgContact) => listIdsOf(contact).includes(list.id) && contact.address.includes('@gmail.'),
          },
        ]),
  ];
}

export function getSegments(call: Call): Answer {
  const ids = listOf(call.query, 'ids');
  const parents = listOf(call.query, 'parent_list_ids');
  const orphans = call.query.get('no_parent_list_id') === 'true';
  const isWanted = (segment: Segment): boolean => {
    if (ids.length > 0) return ids.includes(segment.id);
    if (parents.length === 0 && !orphans) return true;
    return segment.list === null ? orphans : parents.includes(segment.list.id);
  };
  const segments = segmentsOf(call.view).filter(isWanted);
  return { body: { results: segments.map((segment) => segmentBody(call, segment)) } };
}

export function getSegment(call: Call): Answer {
  const segment = segmentsOf(call.view).find((candidate) => candidate.id === call.path['segment_id']);
  if (segment === undefined) throw notFound();
  const { _metadata, ...body } = segmentBody(call, segment);
  return { body: { ...body, contacts_sample: [], refreshes_used: 0, max_refreshes: 2 } };
}

function segmentBody(call: Call, segment: Segment): Body {
  const createdAt = timestamp(call.view.half.lists[0]?.createdAt ?? call.view.at);
  // Counts are refreshed about once an hour.
  const sampledAt = Math.floor(call.view.at / 3600) * 3600;
  return {
    id: segment.id,
    name: segment.name,
    contacts_count: call.view.contacts.filter(segment.match).length,
    created_at: createdAt,
    updated_at: createdAt,
    sample_updated_at: timestamp(sampledAt),
    next_sample_update: timestamp(sampledAt + 3600),
    parent_list_ids: segment.list === null ? [] : [segment.list.id],
    query_version: '2',
    query_dsl: 'SELECT contact_id, updated_at FROM contact_data',
    status: { query_validation: 'VALID' },
    _metadata: { self: `${call.origin}/v3/marketing/segments/2.0/${segment.id}` },
  };
}

function findList(call: Call): SgList {
  const list = call.view.half.lists.find((candidate) => candidate.id === call.path['id']);
  if (list === undefined) throw notFound();
  return list;
}

function onList(view: View, list: SgList): SgContact[] {
  return view.contacts.filter((contact) => listIdsOf(contact).includes(list.id));
}

function lastListed(contact: SgContact): number {
  return Math.max(contact.createdAt, ...contact.lists.map((entry) => entry.at));
}

function byAddress(contacts: readonly SgContact[]): SgContact[] {
  return [...contacts].sort((left, right) => (left.address < right.address ? -1 : 1));
}

function listBody(call: Call, list: SgList): Body {
  return {
    id: list.id,
    name: list.name,
    contact_count: onList(call.view, list).length,
    _metadata: { self: `${call.origin}/v3/marketing/lists/${list.id}` },
  };
}

function contactDetails(call: Call, contact: SgContact): Body {
  return {
    ...contactBody(call.view, contact),
    _metadata: { self: `${call.origin}/v3/marketing/contacts/${contact.id}` },
  };
}

/** A contact as answers and exports show it. It has no status: that is a matter of the suppression lists. */
export function contactBody(view: View, contact: SgContact): Body {
  const person = view.person(contact);
  return {
    id: contact.id,
    first_name: person.firstName,
    last_name: person.lastName,
    unique_name: '',
    email: contact.address,
    alternate_emails: [],
    address_line_1: '',
    address_line_2: '',
    city: '',
    state_province_region: '',
    country: person.countryCode,
    postal_code: '',
    phone_number: '',
    whatsapp: '',
    line: '',
    facebook: '',
    list_ids: listIdsOf(contact),
    segment_ids: segmentsOf(view)
      .filter((segment) => segment.match(contact))
      .map((segment) => segment.id),
    custom_fields: { language: person.language },
    created_at: timestamp(contact.createdAt),
    updated_at: timestamp(contact.changedAt.at(-1) ?? contact.createdAt),
  };
}
