import type { Automation, Campaign } from '../../src/demo/types.ts';
import { type Answer, between, type Body, type Call, many, notFound, timestamp } from './simulator-answer.ts';
import { settingsBody, summaryBody, trackingBody } from './simulator-campaigns.ts';
import type { Snapshot } from './simulator-snapshot.ts';
import { reportTotals } from './simulator-totals.ts';

export function getAutomations(call: Call): Answer {
  const { snapshot, query } = call;
  const created = between(call, 'since_create_time', 'before_create_time');
  const started = between(call, 'since_start_time', 'before_start_time');
  const automations = snapshot.world.automations.filter(
    (automation) =>
      created(automation.createdAt) &&
      started(automation.startedAt) &&
      (query['status'] === undefined || query['status'] === automationStatus(snapshot, automation)),
  );
  return many(
    'automations',
    automations,
    (automation) => automationBody(snapshot, automation),
    (row) => `/automations/${String(row['id'])}`,
  );
}

export function getAutomation(call: Call): Answer {
  return { kind: 'one', body: automationBody(call.snapshot, automationOf(call)) };
}

function automationOf(call: Call): Automation {
  const automation = call.snapshot.world.automations.find((candidate) => candidate.id === call.path['workflow_id']);
  if (automation === undefined) throw notFound();
  return automation;
}

function automationStatus(snapshot: Snapshot, automation: Automation): string {
  return automation.startedAt <= snapshot.at ? 'sending' : 'save';
}

function automationBody(snapshot: Snapshot, automation: Automation): Body {
  const mailings = automation.campaignIds.flatMap((id) => snapshot.mailing(id) ?? []);
  const first = snapshot.campaign(automation.campaignIds[0] ?? '');
  if (first === undefined) throw new Error(`automation ${automation.id} has no e-mail`);
  const totals = mailings.map((mailing) => reportTotals(snapshot, mailing));
  const sum = (pick: (total: (typeof totals)[number]) => number): number =>
    totals.reduce((all, total) => all + pick(total), 0);
  const delivered = sum((total) => total.delivered);
  return {
    id: automation.id,
    create_time: timestamp(automation.createdAt),
    start_time: automation.startedAt <= snapshot.at ? timestamp(automation.startedAt) : '',
    status: automationStatus(snapshot, automation),
    emails_sent: sum((total) => total.sent),
    recipients: {
      list_id: automation.listId,
      list_is_active: true,
      list_name: snapshot.list(automation.listId)?.name ?? '',
    },
    settings: {
      title: automation.title,
      from_name: first.fromName,
      reply_to: first.replyTo,
      use_conversation: false,
      to_name: '*|FNAME|*',
      authenticate: true,
      auto_footer: false,
      inline_css: false,
    },
    tracking: trackingBody(first),
    trigger_settings: {
      workflow_type: 'welcomeSeries',
      workflow_title: automation.title,
      workflow_emails_count: automation.campaignIds.length,
    },
    report_summary: {
      opens: sum((total) => total.opens),
      unique_opens: sum((total) => total.uniqueOpens),
      open_rate: delivered === 0 ? 0 : sum((total) => total.uniqueOpens) / delivered,
      clicks: sum((total) => total.clicks),
      subscriber_clicks: sum((total) => total.clickers),
      click_rate: delivered === 0 ? 0 : sum((total) => total.uniqueClicks) / delivered,
    },
  };
}

/** Takes no parameters. */
export function getAutomationEmails(call: Call): Answer {
  const { snapshot } = call;
  const automation = automationOf(call);
  const emails = automation.campaignIds.flatMap((id) => snapshot.campaign(id) ?? []);
  return many(
    'emails',
    emails,
    (email) => emailBody(snapshot, automation, email),
    (row) => `/automations/${automation.id}/emails/${String(row['id'])}`,
  );
}

function emailBody(snapshot: Snapshot, automation: Automation, email: Campaign): Body {
  const mailing = snapshot.mailing(email.id);
  const {
    timewarp: _timewarp,
    use_conversation: _conversation,
    to_name: _to,
    folder_id: _folder,
    ...settings
  } = settingsBody(email);
  return {
    id: email.id,
    web_id: email.webId,
    workflow_id: automation.id,
    position: email.position,
    delay: {
      amount: 1,
      type: 'day',
      direction: 'after',
      action: 'signup',
      action_description: 'subscribers join the list',
      full_description: '1 day after subscribers join the list',
    },
    create_time: timestamp(email.createdAt),
    start_time: automation.startedAt <= snapshot.at ? timestamp(automation.startedAt) : '',
    archive_url: `http://eepurl.example/c/${email.id}`,
    status: automationStatus(snapshot, automation),
    emails_sent: mailing?.sends.length ?? 0,
    send_time: timestamp(mailing?.sentAt),
    content_type: 'template',
    needs_block_refresh: false,
    has_logo_merge_tag: false,
    recipients: {
      list_id: email.listId,
      list_is_active: true,
      list_name: snapshot.list(email.listId)?.name ?? '',
      segment_text: '',
      recipient_count: mailing?.sends.length ?? 0,
    },
    settings,
    tracking: trackingBody(email),
    trigger_settings: {
      workflow_type: 'welcomeSeries',
      workflow_title: automation.title,
      workflow_emails_count: automation.campaignIds.length,
    },
    ...(mailing === undefined ? {} : { report_summary: summaryBody(snapshot, mailing, false) }),
  };
}
