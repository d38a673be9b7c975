import type { Decimal } from 'decimal.js';
import { account, ratio, total, type TruthRow } from './campaign-marts.ts';
import type { Facts } from './facts.ts';
import { money } from './facts.ts';
import { newcombe, pooledZ, probabilityBest } from './statistics.ts';

type Group = {
  readonly variant: string;
  readonly label: string;
  readonly recipients: number;
  readonly successes: number | null;
  /** Revenue and the revenue of each buyer, on purchase_rate. */
  readonly revenue: Decimal | null;
  readonly cost: Decimal | null;
};

/** Every test of the account. */
export function abTestResults(facts: Facts): readonly TruthRow[] {
  return [...twoWayTests(facts), ...multivariateTests(facts)];
}

/** Multivariate tests: totals by child campaign are all that the API shows, and of these only sends and opens. */
function multivariateTests(facts: Facts): readonly TruthRow[] {
  return facts.campaigns.flatMap((campaign) => {
    const { variate } = campaign;
    if (variate === null) return [];
    const many = (texts: readonly string[]): boolean => new Set(texts).size > 1;
    const subjects = variate.combinations.map((combination) => variate.subjectLines[combination.subjectLine] ?? '');
    const names = variate.combinations.map((combination) => variate.fromNames[combination.fromName] ?? '');
    const groups = (facts.children.get(campaign.id) ?? []).map((child, at) => ({
      ...child,
      label: [...(many(subjects) ? [subjects[at]] : []), ...(many(names) ? [names[at]] : [])].join(' / '),
    }));
    const rows = (metric: string, successes: (group: (typeof groups)[number]) => number | null): readonly TruthRow[] =>
      compare(
        campaign.id,
        metric,
        groups.map((group) => ({
          variant: group.variant,
          label: group.label,
          recipients: group.sent,
          successes: successes(group),
          revenue: null,
          cost: null,
        })),
        facts.currency,
      );
    return [
      ...rows('open_rate', (group) => (campaign.tracksOpens ? group.proxyExcludedUniqueOpens : null)),
      ...rows('click_rate', () => null),
      // What the test's children sold is stated in totals; how buyers spread is not.
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
  });
}

/** Two-way tests: the groups a and b of the recipients; who got the winner afterwards is not part of it. */
function twoWayTests(facts: Facts): readonly TruthRow[] {
  return facts.campaigns.flatMap((campaign) => {
    const split = campaign.abSplit;
    if (campaign.type !== 'absplit' || split === null) return [];
    const groups = ['a', 'b'].map((variant) => {
      const members = facts.sent.filter((sent) => sent.campaignId === campaign.id && sent.group === variant);
      return {
        variant,
        label:
          split.splitTest === 'subject'
            ? variant === 'a'
              ? split.subjectA
              : split.subjectB
            : variant === 'a'
              ? split.fromNameA
              : split.fromNameB,
        ids: new Set(members.map((sent) => sent.emailId)),
        people: new Set(members.map((sent) => sent.person)),
      };
    });
    const rows: TruthRow[] = [];
    const add = (
      metric: string,
      of: (group: (typeof groups)[number]) => Pick<Group, 'successes' | 'revenue' | 'cost'>,
    ): void => {
      rows.push(
        ...compare(
          campaign.id,
          metric,
          groups.map((group) => ({
            variant: group.variant,
            label: group.label,
            recipients: group.ids.size,
            ...of(group),
          })),
          facts.currency,
        ),
      );
    };
    const actors = (
      events: readonly { readonly campaignId: string; readonly emailId: string; readonly machine: boolean }[],
    ) =>
      new Set(
        events.filter((event) => event.campaignId === campaign.id && !event.machine).map((event) => event.emailId),
      );
    const [openers, clickers] = [actors(facts.opens), actors(facts.clicks)];
    add('open_rate', ({ ids }) => ({
      successes: campaign.tracksOpens ? shared(ids, openers) : null,
      revenue: null,
      cost: null,
    }));
    add('click_rate', ({ ids }) => ({
      successes: campaign.tracksClicks ? shared(ids, clickers) : null,
      revenue: null,
      cost: null,
    }));

    const conversions = facts.conversions.filter((conversion) => conversion.campaignId === campaign.id);
    const inTest = conversions.filter(({ person }) => groups.some(({ people }) => people.has(person)));
    for (const kind of new Set(inTest.map((conversion) => conversion.kind))) {
      const who = new Set(conversions.filter((conversion) => conversion.kind === kind).map(({ person }) => person));
      add(`${kind}_rate`, ({ people }) => ({ successes: shared(people, who), revenue: null, cost: null }));
    }

    const orders = facts.orders.filter((order) => order.campaignId === campaign.id);
    add('purchase_rate', ({ people, variant }) => {
      const bought = orders.filter((order) => people.has(order.person));
      return {
        successes: new Set(bought.map((order) => order.person)).size,
        revenue: total(bought.map((order) => order.amount)),
        cost: total(
          facts.costs
            .filter((cost) => cost.campaignId === campaign.id && cost.variant === variant)
            .map((cost) => cost.amount),
        ),
      };
    });
    return rows;
  });
}

function shared(group: ReadonlySet<string>, others: ReadonlySet<string>): number {
  return [...group].filter((id) => others.has(id)).length;
}

/** Each group against the control, which is the first by label. */
export function compare(
  campaignId: string,
  metric: string,
  groups: readonly Group[],
  currency: string,
): readonly TruthRow[] {
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
    const incremental =
      isControl || group.revenue === null || control.revenue === null || control.recipients === 0
        ? null
        : money(
            group.revenue
              .times(control.recipients)
              .minus(control.revenue.times(group.recipients))
              .div(control.recipients),
          );
    const costShare =
      isControl || group.cost === null || control.cost === null || control.recipients === 0
        ? null
        : money(
            group.cost.times(control.recipients).minus(control.cost.times(group.recipients)).div(control.recipients),
          );
    const profit = incremental === null || costShare === null ? null : incremental.minus(costShare);
    return {
      ...account,
      test_id: campaignId,
      campaign_id: campaignId,
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
      cost_amount: group.cost,
      incremental_profit_amount: profit,
      incremental_profit_per_recipient_amount: profit === null ? null : ratio(profit, group.recipients),
      currency_code: currency,
    };
  });
}
