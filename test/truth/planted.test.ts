import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadContext, ReadPage } from '../../connectors/_kit/contract.ts';
import type { AnyConnector } from '../../activities/deps.ts';
import { connectors } from '../../connectors/index.ts';
import { day } from '../../src/demo/instant.ts';
import type { SgEvent } from '../../src/demo/sendgrid-types.ts';
import type { World } from '../../src/demo/types.ts';
import { createWorld } from '../../src/demo/world.ts';
import { tableOf, upstreamOf } from '../../src/transform/graph.ts';
import { compileGraph } from '../../src/transform/index.ts';
import { startInProcess, type InProcess } from './in-process.ts';
import { both, differencesOf, everything, pipeline, wrongMarts, type ModelChange } from './pipeline.ts';

const world = createWorld({ seed: 1, size: 'tiny' });

/** Read without a mistake: those of models are planted afterwards. */
let right: InProcess;
beforeAll(async () => {
  right = await startInProcess({ world, sources: both });
  await everything(right);
  const wrong = Object.keys(await differencesOf(right, world, { sources: both }));
  if (wrong.length > 0) throw new Error(`wrong before anything is planted: ${wrong.join(', ')}`);
});
afterAll(() => right.stop());

describe('a planted error turns the comparison red', () => {
  it('in the connector: the time of signing up is cut from members', async () => {
    const mailchimp = connectors['mailchimp'] as AnyConnector;
    const members = mailchimp.streams['members'];
    if (members === undefined || !('params' in members)) throw new Error('the stream members has no parameters');
    const cut = {
      ...members,
      params: { ...members.params, exclude_fields: `${members.params?.['exclude_fields']},members.timestamp_signup` },
    };
    const broken: AnyConnector = { ...mailchimp, streams: { ...mailchimp.streams, members: cut } };
    const run = await pipeline({ world, registry: { mailchimp: broken } });
    expect(Object.keys(await differencesOf(run, world))).toContain('audience_growth_daily');
  });

  it('in the simulator: one open is never shown', async () => {
    const campaigns = new Set(
      world.campaigns.filter((one) => one.tracksOpens && one.sentAt !== null).map((one) => one.id),
    );
    const hidden = world.opens.findIndex(
      (open) =>
        campaigns.has(open.campaignId) && world.memberships[open.member]?.deletedAt === null && open.at < world.now,
    );
    expect(hidden).toBeGreaterThanOrEqual(0);
    const shown = { ...world, opens: world.opens.filter((_open, index) => index !== hidden) };
    const run = await pipeline({ world, shown });
    expect(Object.keys(await differencesOf(run, world))).toEqual(
      expect.arrayContaining(['campaign_performance', 'reconciliation']),
    );
  });

  it.each<[string, ModelChange, string]>([
    [
      'delivered forgets soft bounces',
      {
        file: 'core/int_campaign_recipient.sqlx',
        from: /bounce_type = 'soft'/,
        to: "bounce_type = 'soft ware'",
      },
      'campaign_performance',
    ],
    [
      'an order belongs to the day in UTC',
      {
        file: 'core/dim_campaign.sqlx',
        from: /\$\{dialect\.localDate\("campaigns\.sent_at"\)\}/,
        to: 'cast(campaigns.sent_at as date)',
      },
      'campaign_performance',
    ],
    [
      'refunds are forgotten',
      {
        file: 'core/fct_order.sqlx',
        from: /financial_status = 'refunded' then order_total/,
        to: "financial_status = 'no' then order_total",
      },
      'campaign_profit',
    ],
    [
      'machines that a detector found read like people',
      { file: '../includes/machines.js', from: /'= true'\)\} then true/, to: "'= true')} then false" },
      'campaign_performance',
    ],
    [
      'machines read on telephones, too',
      {
        file: 'core/int_campaign_recipient.sqlx',
        from: /device <> 'unknown' and not is_machine/,
        to: "device <> 'none'",
      },
      'campaign_performance',
    ],
    [
      'a bounce counts on its own day',
      {
        file: 'marts/deliverability_daily.sqlx',
        from: /coalesce\(messages\.sent_on, campaigns\.send_date, messages\.message_date\) as day/,
        to: 'cast(coalesce(messages.bounced_at, messages.sent_on) as date) as day',
      },
      'deliverability_daily',
    ],
    [
      'a note of absence is a warm reply',
      {
        file: 'marts/int_campaign_reply.sqlx',
        from: /case when reply_class = 'positive' then person_id/,
        to: "case when reply_class in ('positive', 'out_of_office') then person_id",
      },
      'reply_performance',
    ],
    [
      'a month adds up the days of the next',
      {
        file: '../includes/metric_values.js',
        from: /dialect\.month\('counted\.counted_day'\)/,
        to: "'counted.counted_day'",
      },
      'metric_values',
    ],
    [
      'alerts look at other windows',
      {
        file: 'marts/int_alert_values.sqlx',
        from: /= coalesce\(rules\.window_text, ''\)/,
        to: "<> coalesce(rules.window_text, '')",
      },
      'alerts',
    ],
  ])('in a model: %s', async (_what, change, mart) => {
    expect(expectedOrAsserted(await wrongMarts(right, [change], world, { sources: both }), mart)).toContain(mart);
  });

  // A run for several: none of them stands before another's mart, and no assertion sees them.
  it.each<[string, ...(readonly [string, ModelChange, string])[]]>([
    [
      'reading time, clients, speed',
      [
        'what is not known is glanced at',
        {
          file: 'core/fct_view_time.sqlx',
          from: /case when seconds >= 0 then seconds end/,
          to: 'seconds',
        },
        'view_time',
      ],
      [
        'the time to open is that to the last open',
        {
          file: 'core/int_campaign_recipient.sqlx',
          from: /min\((case when event_type = 'open' and not is_machine then event_at end)\)/,
          to: 'max($1)',
        },
        'send_time',
      ],
      [
        'who opens a campaign twice reads it twice',
        {
          file: 'marts/client_share.sqlx',
          from: /count\(distinct opens\.person_number\)/,
          to: 'count(opens.person_number)',
        },
        'client_share',
      ],
    ],
    [
      'spam tests, subjects, what services show, hours',
      [
        'the points of a spam filter are marks',
        {
          file: 'core/fct_spam_test.sqlx',
          from: /\(\$\{column\} - scale_worst\) \* 10\)`, "\(scale_best - scale_worst\)"/,
          to: '(${column} - scale_best) * 10)`, "(scale_worst - scale_best)"',
        },
        'spam_checks',
      ],
      [
        'a subject is as long as its bytes',
        {
          file: 'marts/subject_lines.sqlx',
          from: /char_length\(subject\) as/,
          to: 'octet_length(encode(subject)) as',
        },
        'subject_lines',
      ],
      [
        'a click rate as the service shows it counts people, not links',
        { file: 'marts/as_esp_shows.sqlx', from: /sumInt\("unique_click_count"\)/, to: 'sumInt("total_click_count")' },
        'as_esp_shows',
      ],
      [
        'opens in the recipient’s zone are those of UTC',
        {
          file: 'marts/int_zone_clock.sqlx',
          from: /own\.first_minutes as recipient_first_minutes/,
          to: '0 as recipient_first_minutes',
        },
        'send_time',
      ],
    ],
  ])('in models of single marts: %s', async (_what, ...mistakes) => {
    const graph = await compileGraph({
      engine: 'duckdb',
      timeZone: world.company.timeZone,
      currency: world.company.currency,
    });
    for (const [, , mart] of mistakes) {
      const upstream = [...upstreamOf(graph, `marts.${mart}`)].map(tableOf);
      const before = mistakes.filter(([, { file }, own]) => own !== mart && upstream.includes(modelOf(file)));
      expect(before).toEqual([]);
    }
    const wrong = await wrongMarts(
      right,
      mistakes.map(([, change]) => change),
      world,
      { sources: both },
    );
    expect(wrong).toEqual(expect.arrayContaining(mistakes.map(([, , mart]) => mart)));
  });
});

describe('a planted error of SendGrid’s turns the comparison red', () => {
  const sources = ['sendgrid'] as const;

  it('in the connector: the first event of a page of the logs is lost', async () => {
    const broken = withoutFirst('log_events');
    const run = await pipeline({ world, sources, registry: { sendgrid: broken } });
    expect(Object.keys(await differencesOf(run, world, { sources }))).toContain('campaign_performance');
  });

  it('in the simulator: one open is neither posted nor shown', async () => {
    const hidden = world.sendgrid.events.find(
      (event) =>
        event.kind === 'open' &&
        (world.sendgrid.messages[event.message]?.at ?? 0) > world.sendgrid.hookOnAt &&
        event.knownAt < world.now,
    );
    const run = await pipeline({ world, shown: without(world, hidden), sources });
    expect(Object.keys(await differencesOf(run, world, { sources }))).toEqual(
      expect.arrayContaining(['campaign_performance', 'reconciliation']),
    );
  });

  it('in the posts: one open of an old mail, which no log shows any more, is dropped', async () => {
    const dropped = world.sendgrid.events.find(
      (event) =>
        event.kind === 'open' &&
        event.at > world.sendgrid.hookOnAt &&
        event.knownAt < world.now &&
        (world.sendgrid.messages[event.message]?.at ?? 0) < world.now - 30 * day,
    );
    const run = await pipeline({ world, posted: without(world, dropped), sources });
    const found = await differencesOf(run, world, { sources });
    expect(Object.keys(found)).toEqual(['subscriber_ltv']);
    expect(found['subscriber_ltv']).toEqual([expect.stringMatching(/: opened_count is \d, expected \d$/)]);
  });

  const staging = ['posted', 'logged'].map((where) => `staging/sendgrid/stg_sendgrid__${where}_events.sqlx`);

  it.each<[string, RegExp, string, string]>([
    [
      'who was blocked bounced hard',
      /\$\{dialect\.text\("record", "type"\)\} as bounce_type/,
      "'bounce' as bounce_type",
      'campaign_performance',
    ],
    [
      'what was dropped was sent',
      /\$\{dialect\.text\("record", "event"\)\} as event/,
      `replace(\${dialect.text("record", "event")}, 'dropped', 'processed') as event`,
      'campaign_performance',
    ],
  ])('in a model: %s', async (_what, from, to, mart) => {
    const changes = staging.map((file) => ({ file, from, to }));
    expect(expectedOrAsserted(await wrongMarts(right, changes, world, { sources: both }), mart)).toContain(mart);
  });

  it('in a model: a person in both ESPs counts twice in the whole company', async () => {
    const change = {
      file: 'marts/int_engagement_spans.sqlx',
      from: /event\.person_number,\n {8}event\.event_date,\n {8}max/,
      to: 'event.person_number + case when visible_campaigns.account_number = 2 then 1000000 else 0 end as person_number,\n        event.event_date,\n        max',
    };
    expect(await wrongMarts(right, [change], world, { sources: both })).toContain('active_audience_daily');
  });
});

/** An assertion that fails keeps all marts from being built: caught as well. */
function expectedOrAsserted(wrong: readonly string[], mart: string): readonly string[] {
  return wrong.includes('an assertion') ? [mart] : wrong;
}

const modelOf = (file: string): string => path.basename(file, '.sqlx');

function without(from: World, event: SgEvent | undefined): World {
  if (event === undefined) throw new Error('the world has no such event');
  const { sendgrid } = from;
  return { ...from, sendgrid: { ...sendgrid, events: sendgrid.events.filter(({ id }) => id !== event.id) } };
}

/** SendGrid's connector with a stream that loses the first record of each page. */
function withoutFirst(name: string): AnyConnector {
  const sendgrid = connectors['sendgrid'] as AnyConnector;
  const stream = sendgrid.streams[name];
  if (stream === undefined || !('read' in stream)) throw new Error(`the stream ${name} does not read by itself`);
  // oxlint-disable-next-line typescript/no-explicit-any -- as in the registry
  const read = async function* (context: ReadContext<any>): AsyncIterable<ReadPage> {
    for await (const page of stream.read(context)) yield { ...page, records: page.records.slice(1) };
  };
  return { ...sendgrid, streams: { ...sendgrid.streams, [name]: { ...stream, read } } };
}
