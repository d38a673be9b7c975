import { type Answer, between, type Body, type Call, many, notFound, rate, timestamp } from './simulator-answer.ts';
import { childFace } from './simulator-campaigns.ts';
import { listStats } from './simulator-lists.ts';
import type { Mailing, Snapshot } from './simulator-snapshot.ts';
import { countTotals, latest, reportTotals } from './simulator-totals.ts';

/** The mailing a path names, or 404: drafts have no report. */
export function mailingOf(call: Call): Mailing {
  const mailing = call.snapshot.mailing(call.path['campaign_id'] ?? '');
  if (mailing === undefined) throw notFound();
  return mailing;
}

/** Reports of sent campaigns and automation e-mails; those of a test's children are sub-reports of their parent. */
export function getReports(call: Call): Answer {
  const { snapshot, query } = call;
  const sent = between(call, 'since_send_time', 'before_send_time');
  const found = snapshot
    .mailings()
    .filter(
      (mailing) => sent(mailing.sentAt) && (query['type'] === undefined || query['type'] === mailing.campaign.type),
    );
  return many(
    'reports',
    found,
    (mailing) => reportBody(snapshot, mailing),
    (row) => `/reports/${String(row['id'])}`,
  );
}

export function getReport(call: Call): Answer {
  return { kind: 'one', body: reportBody(call.snapshot, mailingOf(call)) };
}

/** Takes no count and no offset. */
export function getSubReports(call: Call): Answer {
  const { snapshot } = call;
  const parent = mailingOf(call);
  const children = parent.parent === null ? snapshot.children(parent.campaign) : [];
  return many(
    'reports',
    children,
    (child) => reportBody(snapshot, child),
    (row) => `/reports/${String(row['id'])}`,
    { campaign_id: parent.id },
  );
}

function reportBody(snapshot: Snapshot, mailing: Mailing): Body {
  const { campaign } = mailing;
  const totals = reportTotals(snapshot, mailing);
  const list = snapshot.list(campaign.listId);
  if (list === undefined) throw new Error(`campaign ${campaign.id} has no list`);
  const stats = listStats(snapshot, list, false);
  const forwardsOpens = mailing.forwards.reduce((count, forward) => count + forward.openedAt.length, 0);
  const store = snapshot.world.stores.find((candidate) => candidate.listId === campaign.listId);
  return {
    id: mailing.id,
    campaign_title: campaign.title,
    type: mailing.parent === null ? campaign.type : 'variate-child',
    list_id: campaign.listId,
    list_is_active: true,
    list_name: list.name,
    subject_line: mailing.parent === null ? campaign.subject : childFace(mailing).subject,
    preview_text: campaign.previewText,
    emails_sent: totals.sent,
    abuse_reports: mailing.complaints.length,
    unsubscribed: mailing.unsubscribes.length,
    send_time: timestamp(mailing.sentAt),
    bounces: { hard_bounces: totals.hard, soft_bounces: totals.soft, syntax_errors: 0 },
    forwards: { forwards_count: mailing.forwards.length, forwards_opens: forwardsOpens },
    opens: {
      opens_total: totals.opens,
      unique_opens: totals.uniqueOpens,
      open_rate: totals.openRate,
      last_open: timestamp(totals.lastOpen),
      proxy_excluded_opens: totals.plainOpens,
      proxy_excluded_unique_opens: totals.uniquePlainOpens,
      proxy_excluded_open_rate: rate(totals.uniquePlainOpens, totals.delivered),
    },
    clicks: {
      clicks_total: totals.clicks,
      unique_clicks: totals.uniqueClicks,
      unique_subscriber_clicks: totals.clickers,
      click_rate: totals.clickRate,
      last_click: timestamp(totals.lastClick),
    },
    facebook_likes: { recipient_likes: 0, unique_likes: 0, facebook_likes: 0 },
    industry_stats: {
      type: 'Home and Garden',
      open_rate: 0.2341,
      click_rate: 0.0297,
      bounce_rate: 0.0061,
      unopen_rate: 0.7598,
      unsub_rate: 0.0023,
      abuse_rate: 0.0002,
    },
    list_stats: {
      sub_rate: stats['avg_sub_rate'],
      unsub_rate: stats['avg_unsub_rate'],
      open_rate: stats['open_rate'],
      click_rate: stats['click_rate'],
    },
    ...(campaign.abSplit === null ? {} : { ab_split: { a: groupBody(mailing, 'a'), b: groupBody(mailing, 'b') } }),
    timewarp: [],
    timeseries: timeseries(mailing, snapshot.at),
    share_report: { share_url: `https://us1.admin.mailchimp.example/reports/${mailing.id}`, share_password: '' },
    ecommerce: {
      total_orders: totals.orders,
      total_spent: totals.spent,
      total_revenue: totals.revenue,
      currency_code: store?.currency ?? snapshot.world.company.currency,
    },
    delivery_status: { enabled: false },
  };
}

/** One group of a two-way test. */
function groupBody(mailing: Mailing, group: string): Body {
  const part = partOf(mailing, group);
  const totals = countTotals(part);
  return {
    bounces: totals.hard + totals.soft,
    abuse_reports: part.complaints.length,
    unsubs: part.unsubscribes.length,
    recipient_clicks: totals.clickers,
    forwards: part.forwards.length,
    forwards_opens: part.forwards.reduce((count, forward) => count + forward.openedAt.length, 0),
    opens: totals.opens,
    last_open: timestamp(totals.lastOpen),
    unique_opens: totals.uniqueOpens,
  };
}

/** The events of one group's recipients. */
function partOf(mailing: Mailing, group: string): Mailing {
  const members = new Set(mailing.sends.filter((send) => send.group === group).map((send) => send.member));
  const own = <T extends { readonly member: number }>(events: readonly T[]): T[] =>
    events.filter((event) => members.has(event.member));
  return {
    ...mailing,
    sends: own(mailing.sends),
    opens: own(mailing.opens),
    clicks: own(mailing.clicks),
    bounces: own(mailing.bounces),
    unsubscribes: own(mailing.unsubscribes),
    complaints: own(mailing.complaints),
    forwards: own(mailing.forwards),
    orders: [],
  };
}

/** By the hour, only the first 24. */
function timeseries(mailing: Mailing, now: number): Body[] {
  const start = Math.floor(mailing.sentAt / 3600) * 3600;
  const hours: { timestamp: string; emails_sent: number; unique_opens: number; recipients_clicks: number }[] = [];
  for (let hour = 0; hour < 24 && start + hour * 3600 <= now; hour += 1) {
    hours.push({ timestamp: timestamp(start + hour * 3600), emails_sent: 0, unique_opens: 0, recipients_clicks: 0 });
  }
  const slot = (at: number): (typeof hours)[number] | undefined => hours[Math.floor((at - start) / 3600)];
  const first = (
    events: readonly { readonly member: number; readonly at: number }[],
    field: 'unique_opens' | 'recipients_clicks',
  ): void => {
    const seen = new Set<number>();
    for (const { member, at } of events) {
      const place = slot(at);
      if (place !== undefined && !seen.has(member)) place[field] += 1;
      seen.add(member);
    }
  };
  for (const { at } of mailing.sends) {
    const place = slot(at);
    if (place !== undefined) place.emails_sent += 1;
  }
  first(mailing.opens, 'unique_opens');
  first(mailing.clicks, 'recipients_clicks');
  return hours;
}

/** All links of the mail, also those nobody clicked; none when clicks are not tracked. `filter_bots` leaves scanners out. */
export function getClickDetails(call: Call): Answer {
  const mailing = mailingOf(call);
  const links = mailing.campaign.tracksClicks
    ? mailing.campaign.links.map((_, index) => linkBody(call, mailing, index))
    : [];
  const { sort_field: field, sort_dir: direction } = call.query;
  if (field !== undefined) {
    const sign = direction === 'DESC' ? -1 : 1;
    links.sort((left, right) => sign * (Number(left[field]) - Number(right[field])));
  }
  return many(
    'urls_clicked',
    links,
    (link) => link,
    (row) => `/reports/${mailing.id}/click-details/${String(row['id'])}`,
    {
      campaign_id: mailing.id,
    },
  );
}

export function getLink(call: Call): Answer {
  const mailing = mailingOf(call);
  return { kind: 'one', body: linkBody(call, mailing, linkIndex(call, mailing)) };
}

/** Place of the link a path names, or 404. */
export function linkIndex(call: Call, mailing: Mailing): number {
  const index = mailing.campaign.links.findIndex((link) => link.id === call.path['link_id']);
  if (index === -1 || !mailing.campaign.tracksClicks) throw notFound();
  return index;
}

function linkBody(call: Call, mailing: Mailing, index: number): Body {
  const all =
    call.query['filter_bots'] === 'true' ? mailing.clicks.filter((click) => !click.isScanner) : mailing.clicks;
  const own = all.filter((click) => click.link === index);
  const link = mailing.campaign.links[index];
  const uniques = (clicks: typeof own): number => new Set(clicks.map((click) => click.member)).size;
  const allUniques = mailing.campaign.links.reduce(
    (sum, _, place) => sum + uniques(all.filter((click) => click.link === place)),
    0,
  );
  const group = (name: 'a' | 'b'): Body => {
    const members = new Set(mailing.sends.filter((send) => send.group === name).map((send) => send.member));
    const clicks = own.filter((click) => members.has(click.member));
    const whole = all.filter((click) => members.has(click.member));
    return {
      [`total_clicks_${name}`]: clicks.length,
      [`click_percentage_${name}`]: rate(clicks.length, whole.length),
      [`unique_clicks_${name}`]: uniques(clicks),
      [`unique_click_percentage_${name}`]: rate(uniques(clicks), uniques(whole)),
    };
  };
  return {
    id: link?.id,
    url: link?.url,
    total_clicks: own.length,
    click_percentage: rate(own.length, all.length),
    unique_clicks: uniques(own),
    unique_click_percentage: rate(uniques(own), allUniques),
    last_click: timestamp(latest(own)),
    ...(mailing.campaign.abSplit === null ? {} : { ab_split: { a: group('a'), b: group('b') } }),
    campaign_id: mailing.id,
  };
}

/** The five biggest domains. Takes no count and no offset. */
export function getDomains(call: Call): Answer {
  const { snapshot } = call;
  const mailing = mailingOf(call);
  const rows = snapshot.memo(`domains ${mailing.id}`, () => domainRows(snapshot, mailing));
  return many('domains', rows, (row) => ({ ...row }), null, {
    total_sent: mailing.sends.length,
    campaign_id: mailing.id,
  });
}

function domainRows(snapshot: Snapshot, mailing: Mailing): Body[] {
  const domainOf = (member: number): string =>
    snapshot.world.memberships[member]?.address.split('@')[1]?.toLowerCase() ?? '';
  const count = (members: Iterable<number>): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const member of members) counts.set(domainOf(member), (counts.get(domainOf(member)) ?? 0) + 1);
    return counts;
  };
  const members = (events: readonly { readonly member: number }[]): number[] => events.map((event) => event.member);
  const sent = count(members(mailing.sends));
  const bounced = count(new Set(members(mailing.bounces)));
  const opens = count(members(mailing.opens));
  const clicks = count(members(mailing.clicks));
  const unsubs = count(members(mailing.unsubscribes));
  const bouncedAll = new Set(members(mailing.bounces)).size;
  return [...sent]
    .sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1))
    .slice(0, 5)
    .map(([domain, number]) => ({
      domain,
      emails_sent: number,
      bounces: bounced.get(domain) ?? 0,
      opens: opens.get(domain) ?? 0,
      clicks: clicks.get(domain) ?? 0,
      unsubs: unsubs.get(domain) ?? 0,
      delivered: number - (bounced.get(domain) ?? 0),
      emails_pct: rate(number, mailing.sends.length),
      bounces_pct: rate(bounced.get(domain) ?? 0, bouncedAll),
      opens_pct: rate(opens.get(domain) ?? 0, mailing.opens.length),
      clicks_pct: rate(clicks.get(domain) ?? 0, mailing.clicks.length),
      unsubs_pct: rate(unsubs.get(domain) ?? 0, mailing.unsubscribes.length),
    }));
}
