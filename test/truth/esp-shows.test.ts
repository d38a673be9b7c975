import { describe, expect, it } from 'vitest';
import { createWorld } from '../../src/demo/world.ts';
import { pipeline } from './pipeline.ts';

/** The vendor's own number out of the record that its simulator answered, by metric. */
const mailchimp: Readonly<Record<string, string>> = {
  open_rate: '$.opens.proxy_excluded_open_rate',
  open_rate_reported: '$.opens.open_rate',
  click_rate_reported: '$.clicks.click_rate',
  unsubscribes: '$.unsubscribed',
  hard_bounce_rate: '$.bounces.hard_bounces',
  complaint_rate: '$.abuse_reports',
};
const sendgrid: Readonly<Record<string, readonly [string, string?]>> = {
  open_rate_reported: ['$.stats.unique_opens', '$.stats.delivered'],
  click_rate_reported: ['$.stats.clicks', '$.stats.delivered'],
  click_to_open_rate_reported: ['$.stats.unique_clicks', '$.stats.unique_opens'],
  unsubscribes: ['$.stats.unsubscribes'],
  hard_bounce_rate: ['$.stats.bounces'],
  complaint_rate: ['$.stats.spam_reports'],
};

const number = (path: string): string => `cast(json_extract_string(record, '${path}') as double)`;

describe('each vendor’s documented definition on our events gives the number of its own screen', () => {
  it.each([1, 2, 3])('seed %i', async (seed) => {
    const run = await pipeline({ world: createWorld({ seed, size: 'tiny' }), sources: ['mailchimp', 'sendgrid'] });
    const stated = [
      // Fractions of four digits.
      ...Object.entries(mailchimp).map(([metric, path]) => [
        `select 'mailchimp' as source, json_extract_string(record, '$.id') as campaign_id, '${metric}' as metric,
          ${number(path)} as theirs, 0.00005001 as allowed from raw.mailchimp__reports where _deleted_at is null`,
      ]),
      ...Object.entries(sendgrid).map(([metric, [part, whole]]) => [
        `select 'sendgrid', json_extract_string(record, '$.id'), '${metric}',
          ${number(part)}${whole === undefined ? '' : ` / nullif(${number(whole)}, 0)`}, 0.000000001
          from raw.sendgrid__single_send_stats
          where json_extract_string(record, '$.ab_variation') = 'all' and json_extract_string(record, '$.ab_phase') = 'all'`,
      ]),
    ].join('\nunion all\n');
    const rows = await run.warehouse.query(
      `select s.source, s.metric, count(*) as compared,
        count(case when m.reason is null and abs(m.shown_value - s.theirs) > s.allowed then 1 end) as wrong,
        count(case when m.reason is null then 1 end) as equal
      from (${stated}) as s
      inner join marts.as_esp_shows as m on m.source = s.source and m.campaign_id = s.campaign_id and m.metric = s.metric
      where s.theirs is not null and m.shown_value is not null and m.basis_of_shown = 'events'
      group by s.source, s.metric order by s.source, s.metric`,
    );
    expect(rows.map((row) => `${row['source']} ${row['metric']}`)).toEqual([
      ...Object.keys(mailchimp)
        .toSorted()
        .map((metric) => `mailchimp ${metric}`),
      ...Object.keys(sendgrid)
        .toSorted()
        .map((metric) => `sendgrid ${metric}`),
    ]);
    for (const row of rows) {
      expect([row['source'], row['metric'], Number(row['wrong'])]).toEqual([row['source'], row['metric'], 0]);
      // A gap with a named reason (a deleted member) is no equality; there are campaigns without one.
      expect(Number(row['equal']), `${row['source']} ${row['metric']}`).toBeGreaterThan(0);
    }
  });
});
