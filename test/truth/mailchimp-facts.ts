import { Decimal } from 'decimal.js';
import type { Campaign as WorldCampaign, Membership, MembershipState, Seconds } from '../../src/demo/types.ts';
import { visible, type ChildReport, type ReportTotals } from '../../src/demo/visible.ts';
import { markBursts } from './bursts.ts';
import {
  domainOf,
  total,
  type Campaign,
  type Member,
  type Movement,
  type PersonEvent,
  type SourceFacts,
  type TestGroup,
} from './fact-types.ts';
import type { Gathering } from './facts.ts';

const source = 'mailchimp';

/** What Mailchimp's API could show at one of the syncs. */
export function mailchimpFacts({ world, syncs, last, person, date, goalOf }: Gathering): SourceFacts {
  const views = syncs.map((at) => visible(world, at));
  const view = views.at(-1) as (typeof views)[number];
  const campaignOf = new Map(view.campaigns.map((campaign) => [campaign.id, campaign]));
  const event = (campaignId: string, membership: Membership, at: Seconds): PersonEvent => ({
    campaignId,
    listId: campaignOf.get(campaignId)?.listId ?? null,
    person: person(membership.address),
    recipient: membership.emailId,
    domain: domainOf(membership.address),
    at,
    date: date(at),
  });

  // A fact that one sync saw stays known, also when its member is gone at a later one.
  const union = <T>(pick: (from: (typeof views)[number]) => readonly T[], id: (item: T) => string): readonly T[] => {
    const byId = new Map<string, T>();
    for (const from of views) {
      const counts = new Map<string, number>();
      for (const item of pick(from)) {
        const base = id(item);
        const nth = (counts.get(base) ?? 0) + 1;
        counts.set(base, nth);
        byId.set(`${base} #${nth}`, item);
      }
    }
    return [...byId.values()];
  };

  const recipients = union(
    (from) => from.recipients,
    (recipient) => `${recipient.campaignId} ${recipient.membership.index}`,
  ).map(({ campaignId, membership, bounce, group }) => ({
    // The winner of a two-way test goes out when it is picked.
    ...event(
      campaignId,
      membership,
      (group === 'winner' ? campaignOf.get(campaignId)?.abSplit?.winnerSentAt : campaignOf.get(campaignId)?.sentAt) ??
        0,
    ),
    bounce,
    // An automation writes to each person on another day, which the API does not tell.
    isDated: campaignOf.get(campaignId)?.type !== 'automation',
    // Who got the winner after the test is not part of it.
    group: group === 'winner' ? null : group,
  }));
  const unsubscribes = union(
    (from) => from.unsubscribes,
    (item) => `${item.campaignId} ${item.membership.index}`,
  ).map((item) => event(item.campaignId, item.membership, item.at));

  const lastSeen = new Map<number, { readonly member: (typeof view.members)[number]; readonly at: Seconds }>();
  for (const [index, from] of views.entries()) {
    for (const member of from.members) lastSeen.set(member.membership.index, { member, at: syncs[index] as Seconds });
  }

  return {
    campaigns: view.campaigns.map((campaign): Campaign => ({
      source,
      accountId: world.accountId,
      id: campaign.id,
      listId: campaign.listId,
      name: campaign.title,
      subject: campaign.subject,
      kind: campaign.type,
      sentAt: campaign.sentAt ?? 0,
      sendDate: date(campaign.sentAt ?? 0),
      ...goalOf(campaign.title),
      tracksOpens: campaign.tracksOpens,
      tracksClicks: campaign.tracksClicks,
      hasEvents: true,
      reportsDeliveries: false,
      unstatedDrops: 0,
      stated: statedBy(view.reports.get(campaign.id)),
      forwards: view.reports.get(campaign.id)?.forwards ?? 0,
      links: campaign.links.map(({ id, url }) => ({ id, url, position: null, statedClicks: undefined })),
      testGroups: testGroupsOf(campaign, view.children.get(campaign.id) ?? []),
    })),
    members: [...lastSeen.values()].map(({ member: { membership, state }, at }): Member => ({
      source,
      accountId: world.accountId,
      listId: membership.listId,
      person: person(membership.address),
      timeZone: world.people[membership.personIndex]?.timeZone || null,
      moves: movements(
        state,
        unsubscribes.filter((one) => one.recipient === membership.emailId && one.listId === membership.listId),
        at === last ? null : (syncs.find((sync) => sync > at) ?? null),
      ),
    })),
    sent: recipients.map(({ bounce: _bounce, ...sent }) => sent),
    delivered: [],
    bounces: recipients.flatMap(({ bounce, group: _group, isDated: _isDated, ...sent }) =>
      // The API says how it bounced, and not why.
      bounce === null ? [] : [{ ...sent, type: bounce, reason: null }],
    ),
    opens: union(
      (from) => from.opens,
      (open) => `${open.campaignId} ${open.membership.index} ${open.at} ${open.isProxy}`,
    ).map((open) => ({ ...event(open.campaignId, open.membership, open.at), machine: open.isProxy, reader: null })),
    clicks: markBursts(
      union(
        (from) => from.clicks,
        (click) => `${click.campaignId} ${click.membership.index} ${click.at} ${click.url}`,
      ).map((click) => ({
        ...event(click.campaignId, click.membership, click.at),
        url: click.url,
      })),
      (campaignId) => new Set(campaignOf.get(campaignId)?.links.map((link) => link.url)),
    ),
    unsubscribes,
    complaints: union(
      (from) => from.complaints,
      (item) => `${item.campaignId} ${item.membership.index} ${item.at}`,
    ).map((item) => event(item.campaignId, item.membership, item.at)),
  };
}

function statedBy(report: ReportTotals | undefined): Campaign['stated'] {
  if (report === undefined) return {};
  return {
    sent: report.sent,
    hard_bounces: report.hardBounces,
    soft_bounces: report.softBounces,
    opens_total: report.opens,
    unique_opens: report.uniqueOpens,
    proxy_excluded_opens: report.proxyExcludedOpens,
    proxy_excluded_unique_opens: report.proxyExcludedUniqueOpens,
    clicks_total: report.clicks,
    unique_subscriber_clicks: report.uniqueSubscriberClicks,
    unsubscribed: report.unsubscribed,
    abuse_reports: report.abuseReports,
    orders: report.orders,
    revenue: total(report.paid.map((paid) => new Decimal(paid))),
  };
}

/** Two-way tests: groups a and b of the recipients. Multivariate ones: totals by child campaign, sends and opens only. */
function testGroupsOf(campaign: WorldCampaign, children: readonly ChildReport[]): readonly TestGroup[] {
  const { abSplit, variate } = campaign;
  if (campaign.type === 'absplit' && abSplit !== null) {
    const labels =
      abSplit.splitTest === 'subject'
        ? { a: abSplit.subjectA, b: abSplit.subjectB }
        : { a: abSplit.fromNameA, b: abSplit.fromNameB };
    return (['a', 'b'] as const).map((variant) => ({ variant, label: labels[variant], stated: null }));
  }
  if (variate === null) return [];
  const isMany = (texts: readonly string[]): boolean => new Set(texts).size > 1;
  const subjects = variate.combinations.map((combination) => variate.subjectLines[combination.subjectLine] ?? '');
  const names = variate.combinations.map((combination) => variate.fromNames[combination.fromName] ?? '');
  return children.map((child, at) => ({
    variant: child.variant,
    label: [...(isMany(subjects) ? [subjects[at]] : []), ...(isMany(names) ? [names[at]] : [])].join(' / '),
    stated: { sent: child.sent, humanOpeners: campaign.tracksOpens ? child.proxyExcludedUniqueOpens : null },
  }));
}

/** How one membership moved. */
function movements(
  state: MembershipState,
  unsubscribes: readonly PersonEvent[],
  goneAt: Seconds | null,
): readonly Movement[] {
  const joinedAt = state.signupAt ?? state.optedAt;
  if (joinedAt === null || state.status === 'pending' || state.status === 'transactional') return [];
  const moves: Movement[] = [{ kind: 'new', at: joinedAt }];
  const left = unsubscribes
    .filter((event) => event.at >= joinedAt)
    .map((event) => event.at)
    .toSorted((a, b) => a - b);
  let isOut = false;
  if (state.status === 'subscribed') {
    const before = left.filter((at) => state.optedAt !== null && at < state.optedAt).at(-1);
    if (before !== undefined && state.optedAt !== null) {
      moves.push({ kind: 'unsubscribed', at: before }, { kind: 'returned', at: state.optedAt });
    }
  } else if (state.status === 'cleaned') {
    moves.push({ kind: 'cleaned', at: state.lastChangedAt });
    isOut = true;
  } else {
    // Who consented again since then left another way.
    const lasting = left.filter((at) => state.optedAt === null || at >= state.optedAt);
    moves.push({ kind: 'unsubscribed', at: lasting.at(-1) ?? state.lastChangedAt });
    isOut = true;
  }
  if (goneAt !== null && !isOut) moves.push({ kind: 'deleted', at: goneAt });
  return moves;
}
