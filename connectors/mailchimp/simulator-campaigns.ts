import type { Campaign } from '../../src/demo/types.ts';
import { type Answer, between, type Body, type Call, many, notFound, timestamp } from './simulator-answer.ts';
import type { Mailing, Snapshot } from './simulator-snapshot.ts';
import { reportTotals } from './simulator-totals.ts';

/** Campaigns of the account; automation e-mails and the children of tests are not among them. */
export function getCampaigns(call: Call): Answer {
  const { snapshot, query } = call;
  const sent = between(call, 'since_send_time', 'before_send_time');
  const created = between(call, 'since_create_time', 'before_create_time');
  const member = query['member_id'];
  const campaigns = snapshot.world.campaigns.filter((campaign) => {
    if (campaign.type === 'automation' || !sent(campaign.sentAt) || !created(campaign.createdAt)) return false;
    if (query['type'] !== undefined && campaign.type !== query['type']) return false;
    if (query['status'] !== undefined && statusOf(snapshot, campaign) !== query['status']) return false;
    if (query['list_id'] !== undefined && campaign.listId !== query['list_id']) return false;
    if (query['folder_id'] !== undefined && query['folder_id'] !== '') return false;
    return member === undefined || isRecipient(snapshot, campaign, member);
  });
  const field = query['sort_field'];
  if (field !== undefined) {
    const sign = query['sort_dir'] === 'DESC' ? -1 : 1;
    const value = (campaign: Campaign): number => (field === 'send_time' ? (campaign.sentAt ?? 0) : campaign.createdAt);
    campaigns.sort((left, right) => sign * (value(left) - value(right)) || left.webId - right.webId);
  }
  return many(
    'campaigns',
    campaigns,
    (campaign) => campaignBody(snapshot, campaign),
    (row) => `/campaigns/${String(row['id'])}`,
  );
}

function isRecipient(snapshot: Snapshot, campaign: Campaign, emailId: string): boolean {
  return (snapshot.mailing(campaign.id)?.sends ?? []).some(
    (send) => snapshot.contact(send.member)?.membership.emailId === emailId,
  );
}

/** A campaign, or the child of a test: its settings are the parent's with its own subject and sender. */
export function getCampaign(call: Call): Answer {
  const { snapshot } = call;
  const id = call.path['campaign_id'] ?? '';
  const campaign = snapshot.campaign(id);
  if (campaign !== undefined && campaign.type !== 'automation')
    return { kind: 'one', body: campaignBody(snapshot, campaign) };
  const child = snapshot.mailing(id);
  if (child === undefined || child.parent === null) throw notFound();
  const { variate_settings: _settings, ...body } = campaignBody(snapshot, child.parent);
  const { subject, fromName } = childFace(child);
  const settings = { ...settingsBody(child.parent), subject_line: subject, from_name: fromName };
  return {
    kind: 'one',
    body: { ...body, id, parent_campaign_id: child.parent.id, emails_sent: child.sends.length, settings },
  };
}

/** Subject and sender of a test's child. */
export function childFace({ id, parent }: Mailing): { readonly subject: string; readonly fromName: string } {
  const variate = parent?.variate;
  if (parent === null || variate === null || variate === undefined) throw new Error(`${id} is no child of a test`);
  const combination =
    variate.combinations.find((candidate) => candidate.id === id) ?? variate.combinations[variate.winner ?? 0];
  return {
    subject: variate.subjectLines[combination?.subjectLine ?? 0] ?? parent.subject,
    fromName: variate.fromNames[combination?.fromName ?? 0] ?? parent.fromName,
  };
}

function statusOf(snapshot: Snapshot, campaign: Campaign): string {
  if (campaign.sentAt === null) return campaign.draftStatus ?? 'save';
  return campaign.sentAt <= snapshot.at ? 'sent' : 'schedule';
}

function campaignBody(snapshot: Snapshot, campaign: Campaign): Body {
  const mailing = snapshot.mailing(campaign.id);
  const list = snapshot.list(campaign.listId);
  const contacts = snapshot.contactsOf(campaign.listId).filter(({ state }) => state.status === 'subscribed');
  const target = campaign.segmentTag;
  return {
    id: campaign.id,
    web_id: campaign.webId,
    type: campaign.type,
    create_time: timestamp(campaign.createdAt),
    archive_url: `http://eepurl.example/c/${campaign.id}`,
    long_archive_url: `https://mailchi.example/acme/${campaign.id}`,
    status: statusOf(snapshot, campaign),
    emails_sent: mailing?.sends.length ?? 0,
    send_time: timestamp(campaign.sentAt),
    content_type: campaign.type === 'plaintext' ? 'html' : 'template',
    needs_block_refresh: false,
    resendable: mailing !== undefined,
    recipients: {
      list_id: campaign.listId,
      list_is_active: true,
      list_name: list?.name ?? '',
      segment_text: target === null ? '' : `<p>Tags: contact is tagged ${target}</p>`,
      recipient_count:
        mailing?.sends.length ??
        contacts.filter(({ membership }) => target === null || membership.tags.includes(target)).length,
    },
    settings: settingsBody(campaign),
    ...(campaign.variate === null ? {} : { variate_settings: variateBody(snapshot, campaign) }),
    ...(campaign.abSplit === null ? {} : { ab_split_opts: abSplitBody(snapshot, campaign) }),
    tracking: trackingBody(campaign),
    ...(mailing === undefined ? {} : { report_summary: summaryBody(snapshot, mailing) }),
    delivery_status: { enabled: false },
  };
}

export function settingsBody(campaign: Campaign): Body {
  return {
    subject_line: campaign.subject,
    preview_text: campaign.previewText,
    title: campaign.title,
    from_name: campaign.fromName,
    reply_to: campaign.replyTo,
    use_conversation: false,
    to_name: '*|FNAME|*',
    folder_id: '',
    authenticate: true,
    auto_footer: false,
    inline_css: false,
    auto_tweet: false,
    fb_comments: false,
    timewarp: false,
    template_id: 1,
    drag_and_drop: true,
  };
}

export function trackingBody(campaign: Campaign): Body {
  return {
    opens: campaign.tracksOpens,
    html_clicks: campaign.tracksClicks,
    text_clicks: campaign.tracksClicks,
    goal_tracking: false,
    ecomm360: true,
    google_analytics: '',
    clicktale: '',
  };
}

/** Combination ids are the ids of the child campaigns (the vendor does not say so; users of the API found it). */
function variateBody(snapshot: Snapshot, campaign: Campaign): Body {
  const { variate } = campaign;
  if (variate === null) throw new Error(`${campaign.id} is no multivariate campaign`);
  const size = (id: string): number => snapshot.mailing(id)?.sends.length ?? 0;
  return {
    winning_combination_id: variate.winner === null ? '' : (variate.combinations[variate.winner]?.id ?? ''),
    winning_campaign_id: variate.winningCampaignId ?? '',
    winner_criteria: variate.winnerCriteria,
    wait_time: variate.waitMinutes,
    test_size: variate.testSize,
    subject_lines: variate.subjectLines,
    send_times: [],
    from_names: variate.fromNames,
    reply_to_addresses: variate.fromNames.map(() => campaign.replyTo),
    contents: [''],
    combinations: variate.combinations.map((combination) => ({
      id: combination.id,
      subject_line: combination.subjectLine,
      send_time: 0,
      from_name: combination.fromName,
      reply_to: combination.fromName,
      content_description: 0,
      recipients: size(combination.id),
    })),
  };
}

function abSplitBody(snapshot: Snapshot, campaign: Campaign): Body {
  const { abSplit } = campaign;
  if (abSplit === null) throw new Error(`${campaign.id} is no A/B split`);
  return {
    split_test: abSplit.splitTest,
    pick_winner: abSplit.pickWinner,
    wait_units: 'hours',
    wait_time: abSplit.waitHours,
    split_size: abSplit.splitSize,
    from_name_a: abSplit.fromNameA,
    from_name_b: abSplit.fromNameB,
    reply_email_a: campaign.replyTo,
    reply_email_b: campaign.replyTo,
    subject_a: abSplit.subjectA,
    subject_b: abSplit.subjectB,
    send_time_a: timestamp(campaign.sentAt),
    send_time_b: timestamp(campaign.sentAt),
    send_time_winner: abSplit.winnerSentAt <= snapshot.at ? timestamp(abSplit.winnerSentAt) : '',
  };
}

/** Lacks what `/reports` knows of proxies. */
export function summaryBody(snapshot: Snapshot, mailing: Mailing, hasShop = true): Body {
  const totals = reportTotals(snapshot, mailing);
  return {
    opens: totals.opens,
    unique_opens: totals.uniqueOpens,
    open_rate: totals.openRate,
    clicks: totals.clicks,
    subscriber_clicks: totals.clickers,
    click_rate: totals.clickRate,
    ...(hasShop
      ? { ecommerce: { total_orders: totals.orders, total_spent: totals.spent, total_revenue: totals.revenue } }
      : {}),
  };
}

/** The mail itself; the answer has `variate_contents` for tests. */
export function getContent(call: Call): Answer {
  const campaign = call.snapshot.campaign(call.path['campaign_id'] ?? '');
  if (campaign === undefined) throw notFound();
  const text = [campaign.subject, campaign.previewText, ...campaign.links.map((link) => link.url)].join('\n');
  const anchors = campaign.links.map(
    (link, index) => `<a href="${link.url.replaceAll('&', '&amp;')}">Link ${index + 1}</a>`,
  );
  const html = `<html><body><h1>${campaign.title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</h1>${anchors.join('')}</body></html>`;
  const contents =
    campaign.variate === null ? {} : { variate_contents: [{ content_label: '', plain_text: text, html }] };
  return { kind: 'one', body: { ...contents, plain_text: text, html, archive_html: html } };
}
