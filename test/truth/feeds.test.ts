import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectors } from '../../connectors/index.ts';
import { factNames, type Fact, type Feed, type Feeds } from '../../src/contracts/facts.ts';
import { createWorld } from '../../src/demo/world.ts';
import { startInProcess, type InProcess } from './in-process.ts';
import { both } from './pipeline.ts';

/** Facts that core holds one by one, by source, whatever is declared. */
const singles = `
  select source, event_type as fact from core.fct_message_event
  union select source, 'machine_' || event_type from core.fct_message_event where is_machine is not null
  union select source, 'device' from core.fct_message_event where event_type = 'open' and user_agent is not null
  union select source, 'link' from core.fct_message_event where event_type = 'click' and url is not null
  union select source, 'variant' from core.fct_message_event where variant is not null
  union select source, 'list_member' from core.dim_list_member
  union select source, 'order' from core.fct_order
  union select source, 'conversion' from core.fct_order
  union select source, 'conversion' from core.fct_conversion
  union select source, 'cost' from core.fct_cost
  union select source, 'other_revenue' from core.fct_other_revenue`;

/** Facts of which core holds totals that the source states. */
const totals = `
  select distinct
    source,
    case measure
      when 'sent' then 'sent' when 'hard_bounces' then 'bounce' when 'opens_total' then 'open'
      when 'clicks_total' then 'click' when 'unsubscribed' then 'unsubscribe'
      when 'abuse_reports' then 'complaint' when 'forwards' then 'forward' when 'orders' then 'order'
    end as fact
  from core.fct_campaign_counter`;

/** What the demo company's sources could tell and do not: its files hold no mailing. */
const notInTheDemo: Readonly<Record<string, readonly Fact[]>> = {
  file: [
    'sent',
    'delivered',
    'bounce',
    'open',
    'machine_open',
    'device',
    'click',
    'machine_click',
    'link',
    'unsubscribe',
    'complaint',
    'reply',
    'forward',
    'variant',
    'order',
  ],
};

let run: InProcess;
let found: { readonly single: ReadonlySet<string>; readonly total: ReadonlySet<string> };

beforeAll(async () => {
  run = await startInProcess({ world: createWorld({ seed: 4, size: 'small' }), sources: both });
  for (const accountId of run.accountIds) await run.sync(accountId);
  const { failures } = await run.transform();
  if (failures.length > 0) throw new Error(`the models failed: ${JSON.stringify(failures)}`);
  const pairs = async (sql: string): Promise<Set<string>> =>
    new Set((await run.warehouse.query(sql)).map(({ source, fact }) => `${source} ${fact}`));
  const single = await pairs(singles);
  // Delivered is a fact of its own where the source states it, and else follows from these two.
  for (const source of Object.keys(connectors))
    if (single.has(`${source} sent`) && single.has(`${source} bounce`)) single.add(`${source} delivered`);
  found = { single, total: await pairs(totals) };
});
afterAll(() => run.stop());

/** Where a declaration and core disagree. */
function disagreements(source: string, feeds: Feeds): readonly string[] {
  return factNames.flatMap((fact) => {
    const [isSingle, isTotal] = [found.single, found.total].map((one) => one.has(`${source} ${fact}`));
    const level = levelOf(feeds[fact]);
    if (level === 'yes' && !isSingle && !(notInTheDemo[source] ?? []).includes(fact)) return [`${fact}: core has none`];
    if (level !== 'yes' && isSingle) return [`${fact}: core has it one by one`];
    if (level === 'aggregate' && !isTotal) return [`${fact}: core has no total`];
    return level === 'no' && isTotal ? [`${fact}: core has totals`] : [];
  });
}

const levelOf = (feed: Feed): string => (typeof feed === 'string' ? feed : (Object.keys(feed)[0] ?? ''));

describe('what a connector says that it feeds is what core holds of it', () => {
  it.each(Object.keys(connectors))('%s', (name) => {
    expect(disagreements(name, connectors[name]!.feeds!)).toEqual([]);
  });

  it('or the comparison says so', () => {
    const { feeds } = connectors['mailchimp']!;
    const wrong: Feeds = {
      ...feeds!,
      open: { no: 'planted' },
      forward: 'yes',
      complaint: { aggregate: 'planted' },
      reply: { aggregate: 'planted' },
      cost: 'yes',
    };
    expect(disagreements('mailchimp', wrong)).toEqual([
      'open: core has it one by one',
      'complaint: core has it one by one',
      'reply: core has no total',
      'forward: core has none',
      'cost: core has none',
    ]);
    expect(disagreements('mailchimp', { ...feeds!, forward: { no: 'planted' } })).toEqual(['forward: core has totals']);
  });
});
