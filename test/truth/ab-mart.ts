import type { Decimal } from 'decimal.js';
import { money, total, type Campaign, type Facts, type TestGroup } from './fact-types.ts';
import { newcombe, pooledZ, probabilityBest } from './statistics.ts';
import { keyOf, ratio, type TruthRow } from './tally.ts';

type Group = {
  readonly variant: string;
  readonly label: string;
  readonly recipients: number;
  readonly successes: number | null;
  /** Revenue and the revenue of each buyer, on purchase_rate. */
  readonly revenue: Decimal | null;
  readonly refunds: Decimal | null;
  readonly cost: Decimal | null;
};

/** Every test of every account. */
export function abTestResults(facts: Facts): readonly TruthRow[] {
  return facts.campaigns
    .filter((campaign) => campaign.testGroups.length > 0)
    .flatMap((campaign) =>
      campaign.testGroups.every((group) => group.stated !== null)
        ? testOfTotals(campaign, facts.currency)
        : testOfRecipients(campaign, facts),
    );
}

/** Totals by group are all that the source shows, and of these only sends and opens by people. */
function testOfTotals(campaign: Campaign, currency: string): readonly TruthRow[] {
  const rows = (metric: string, successes: (group: TestGroup) => number | null): readonly TruthRow[] =>
    compare(
      campaign,
      metric,
      campaign.testGroups.map((group) => ({
        variant: group.variant,
        label: group.label,
        recipients: group.stated?.sent ?? 0,
        successes: successes(group),
        revenue: null,
        refunds: null,
        cost: null,
      })),
      currency,
    );
  return [
    ...rows('open_rate', (group) => group.stated?.humanOpeners ?? null),
    ...rows('click_rate', () => null),
    // What a group bought may be stated in totals; how buyers spread is not.
    ...rows('purchase_rate', () => null).map(
      ({ test_id, variant, label, metric, is_control, recipient_count, success_count }) => ({
        test_id: test_id ?? null,
        variant: variant ?? null,
        label: label ?? null,
        metric: metric ?? null,
        is_control: is_control ?? null,
        recipient_count: recipient_count ?? null,
        success_count: success_count ?? null,
      }),
    ),
  ];
}

/** The groups of the recipients; who got the winner afterwards is in none. */
function testOfRecipients(campaign: Campaign, facts: Facts): readonly TruthRow[] {
  const groups = campaign.testGroups.map(({ variant, label }) => {
    const members = facts.sent.filter((sent) => sent.campaignId === campaign.id && sent.group === variant);
    return {
      variant,
      label,
      ids: new Set(members.map((sent) => sent.recipient)),
      people: new Set(members.map((sent) => sent.person)),
    };
  });
  const rows: TruthRow[] = [];
  const add = (
    metric: string,
    of: (group: (typeof groups)[number]) => Pick<Group, 'successes'> & Partial<Group>,
  ): void => {
    const measured = groups.map((group) => ({
      variant: group.variant,
      label: group.label,
      recipients: group.ids.size,
      revenue: null,
      refunds: null,
      cost: null,
      ...of(group),
    }));
    rows.push(...compare(campaign, metric, measured, facts.currency));
  };
  const actors = (
    events: readonly { readonly campaignId: string; readonly recipient: string; readonly machine: boolean }[],
  ) =>
    new Set(
      events.filter((event) => event.campaignId === campaign.id && !event.machine).map((event) => event.recipient),
    );
  const [openers, clickers] = [actors(facts.opens), actors(facts.clicks)];
  add('open_rate', ({ ids }) => ({ successes: campaign.tracksOpens ? shared(ids, openers) : null }));
  add('click_rate', ({ ids }) => ({ successes: campaign.tracksClicks ? shared(ids, clickers) : null }));

  const conversions = facts.conversions.filter((conversion) => conversion.campaignId === campaign.id);
  const inTest = conversions.filter(({ person }) => groups.some(({ people }) => people.has(person)));
  for (const kind of new Set(inTest.map((conversion) => conversion.kind))) {
    const who = new Set(conversions.filter((conversion) => conversion.kind === kind).map(({ person }) => person));
    add(`${kind}_rate`, ({ people }) => ({ successes: shared(people, who) }));
  }

  const orders = facts.orders.filter((order) => order.campaignId === campaign.id);
  add('purchase_rate', ({ people, variant }) => {
    const bought = orders.filter((order) => people.has(order.person));
    const costs = facts.costs.filter((cost) => cost.campaignId === campaign.id && cost.variant === variant);
    return {
      successes: new Set(bought.map((order) => order.person)).size,
      revenue: total(bought.map((order) => order.amount)),
      refunds: total(bought.map((order) => order.refund)),
      cost: total(costs.map((cost) => cost.amount)),
    };
  });
  return rows;
}

function shared(group: ReadonlySet<string>, others: ReadonlySet<string>): number {
  return [...group].filter((id) => others.has(id)).length;
}

/** Each group against the control, which is the first by label. */
function compare(campaign: Campaign, metric: string, groups: readonly Group[], currency: string): readonly TruthRow[] {
  const ordered = groups.toSorted((a, b) =>
    a.label < b.label ? -1 : a.label > b.label ? 1 : a.variant < b.variant ? -1 : 1,
  );
  const control = ordered[0];
  if (control === undefined) return [];
  const isKnown = groups.every((group) => group.successes !== null && group.recipients > 0);
  const best = isKnown
    ? probabilityBest(groups.map((group) => ({ successes: group.successes ?? 0, trials: group.recipients })))
    : null;
  return groups.map((group, index) => {
    const isControl = group === control;
    const share = ratio(group.successes, group.recipients);
    const base = ratio(control.successes, control.recipients);
    const pair =
      isControl || !isKnown
        ? null
        : ([
            { successes: group.successes ?? 0, trials: group.recipients },
            { successes: control.successes ?? 0, trials: control.recipients },
          ] as const);
    const interval = pair === null ? null : newcombe(...pair);
    /** What of it is not in the control, scaled to the group's size. */
    const beyondControl = (of: (of: Group) => Decimal | null): Decimal | null => {
      const [own, other] = [of(group), of(control)];
      return isControl || own === null || other === null || control.recipients === 0
        ? null
        : money(own.times(control.recipients).minus(other.times(group.recipients)).div(control.recipients));
    };
    const incremental = beyondControl(({ revenue }) => revenue);
    const refunds = beyondControl((each) => each.refunds);
    const costs = beyondControl(({ cost }) => cost);
    const profit =
      incremental === null || refunds === null || costs === null ? null : incremental.minus(refunds).minus(costs);
    return {
      ...keyOf(campaign),
      test_id: campaign.id,
      campaign_id: campaign.id,
      variant: group.variant,
      label: group.label,
      metric,
      is_control: isControl,
      is_mailed: true,
      recipient_count: group.recipients,
      success_count: group.successes,
      success_rate: share,
      control_success_rate: base,
      lift_rate: isControl || share === null || base === null || base === 0 ? null : share / base - 1,
      difference_rate: pair === null || share === null || base === null ? null : share - base,
      difference_low_rate: interval?.low ?? null,
      difference_high_rate: interval?.high ?? null,
      p_value: pair === null ? null : pooledZ(...pair),
      probability_best: best?.[index] ?? null,
      revenue_amount: group.revenue,
      revenue_per_recipient_amount: group.revenue === null ? null : ratio(group.revenue, group.recipients),
      incremental_revenue_amount: incremental,
      refund_amount: group.refunds,
      cost_amount: group.cost,
      incremental_profit_amount: profit,
      incremental_profit_per_recipient_amount: profit === null ? null : ratio(profit, group.recipients),
      currency_code: currency,
    };
  });
}
