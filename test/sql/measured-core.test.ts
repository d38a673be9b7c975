import { afterAll, beforeAll, expect, test } from 'vitest';
import { personKey } from '../../connectors/_kit/person-key.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { row } from './core-seeds.ts';
import { allPassed, cells, openSqlProject, salt, type SqlProject } from './harness.ts';

let project: SqlProject;
const rows = async (sql: string): Promise<readonly unknown[][]> => cells(await project.query(sql)) as unknown[][];
const ann = personKey(salt, 'ann@x.example');

const view = (id: string, seconds: string | null, viewClass: string | null): JsonObject =>
  row({
    view_id: id,
    campaign_account_id: 'shop',
    campaign_id: 'c1',
    recipient_id: id,
    person: `id:${id}`,
    opened_at: '2026-03-01T23:30:00Z',
    seconds,
    view_class: viewClass,
  });
const reply = (id: string, person: string, answer: string | null, more: JsonObject = {}): JsonObject =>
  row({
    reply_id: id,
    campaign_account_id: null,
    campaign_id: 'f1',
    recipient_id: id,
    person,
    replied_at: '2026-03-01T10:00:00Z',
    reply_class: answer,
    ...more,
  });
const check = (id: string, [score, best, worst, threshold]: readonly (string | null)[], more: JsonObject = {}) =>
  row({
    check_id: id,
    campaign_account_id: null,
    campaign_id: 'f1',
    domain: null,
    checked_on: '2026-03-01',
    tool: 'filter',
    score: score ?? null,
    scale_best: best ?? null,
    scale_worst: worst ?? null,
    threshold: threshold ?? null,
    ...more,
  });
const subjects = {
  tag: '*|FNAME|*, look',
  other: 'Hello {{ subscriber.first_name | default: "you" }}',
  aweber: '{!firstname_fix}, look',
  sender: 'News of *|LIST:NAME|*',
  product: '{{ product_name }} is here',
  plain: '50 % off, what a name: 20 %',
  words: 'A name for your garden',
};

beforeAll(async () => {
  project = await openSqlProject();
  await project.seed('books', {
    'file.campaigns': Object.entries(subjects).map(([id, subject]) => row({ campaign_id: id, subject })),
    'file.recipients': [
      row({ campaign_id: 'f1', recipient_id: '7', person: 'Ann@x.example', variant: null, is_control: 'false' }),
    ],
    'file.events': [
      row({
        event_id: 'e1',
        campaign_id: 'f1',
        recipient_id: '7',
        person: 'ann@x.example',
        event_type: 'reply',
        event_at: '2026-03-01T10:00:00Z',
        reply_class: 'positive',
      }),
    ],
    'file.view_times': [
      view('none', null, null),
      view('below', '-1', null),
      view('0', '0', 'read'),
      view('1.999', '1.999', null),
      view('2', '2', null),
      view('8', '8.000', null),
      view('8.001', '8.001', null),
      view('word', null, 'skimmed'),
    ],
    'file.replies': [
      // The copy in another mailbox, and the same person by number: one answer, with the class that somebody gave it.
      reply('r1', 'ANN@x.example', null),
      reply('7', 'id:7', null),
      reply('r2', 'ann@x.example', 'negative', { replied_at: '2026-03-01T10:00:01Z' }),
      reply('r3', 'bob@x.example', 'out_of_office'),
      reply('r4', 'ann@x.example', 'neutral', { campaign_account_id: 'shop', campaign_id: 'c1' }),
    ],
    'file.spam_checks': [
      check('marks', ['8', '10', '0', null]),
      check('points', ['2', '0', '10', '5']),
      check('per cent', ['80', '100', '0', '70']),
      check('sevenths', ['5.6', '7', '0', null]),
      check('better', ['-1.5', '0', '5', null]),
      check('worse', ['31', '0', '5', null]),
      check('domain', ['9', '10', '0', null], { campaign_id: null, domain: 'n.example' }),
    ],
  });
  allPassed(await project.transform({}, ['core.*']));
}, 240_000);
afterAll(() => project.close());

test('seconds make the class, borders included: 2 and 8 are skimmed; a word counts where there are none', async () => {
  expect(
    await rows(`select view_id, view_class, seconds is null, view_date, campaign_account_id from core.fct_view_time
      order by view_id`),
  ).toEqual([
    ['0', 'glanced', 'false', '2026-03-02', 'shop'],
    ['1.999', 'glanced', 'false', '2026-03-02', 'shop'],
    ['2', 'skimmed', 'false', '2026-03-02', 'shop'],
    ['8', 'skimmed', 'false', '2026-03-02', 'shop'],
    ['8.001', 'read', 'false', '2026-03-02', 'shop'],
    ['below', 'unknown', 'true', '2026-03-02', 'shop'],
    ['none', 'unknown', 'true', '2026-03-02', 'shop'],
    ['word', 'skimmed', 'true', '2026-03-02', 'shop'],
  ]);
});

test('an answer in several files and mailboxes is one; a number leads to the address', async () => {
  expect(
    await rows(`select campaign_account_id, campaign_id, subscriber_id = '${ann}', reply_class
      from core.fct_reply order by campaign_id, replied_at, reply_class`),
  ).toEqual([
    ['shop', 'c1', 'true', 'neutral'],
    ['books', 'f1', 'false', 'out_of_office'],
    ['books', 'f1', 'true', 'positive'],
    ['books', 'f1', 'true', 'negative'],
  ]);
});

test('scores are from 0 to 10 on every scale, exactly, and no further', async () => {
  expect(
    await rows(
      `select check_id, score, threshold_score, campaign_account_id, domain from core.fct_spam_test order by check_id`,
    ),
  ).toEqual([
    ['better', '10', null, 'books', null],
    ['domain', '9', null, null, 'n.example'],
    ['marks', '8', null, 'books', null],
    ['per cent', '8', '7', 'books', null],
    ['points', '8', '5', 'books', null],
    ['sevenths', '8', null, 'books', null],
    ['worse', '0', null, 'books', null],
  ]);
});

test('a merge tag of the recipient’s name makes a subject personal; the sender’s and a product’s do not', async () => {
  expect(
    await rows(`select campaign_id from core.dim_campaign where has_name_in_subject order by campaign_id`),
  ).toEqual([['aweber'], ['other'], ['tag']]);
});
