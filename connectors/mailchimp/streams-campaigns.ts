import { z } from 'zod';
import { count, flag, id, instant, maybeInstant, part, text } from './fields.ts';
import { contentPlan } from './content-plan.ts';
import { paged, sentCampaign, whole, type Define } from './stream.ts';

const recipients = part({ list_id: text, segment_text: text, recipient_count: count });
const settings = part({
  subject_line: text,
  preview_text: text,
  title: text,
  from_name: text,
  reply_to: text,
});
const tracking = part({ opens: flag, html_clicks: flag, text_clicks: flag, ecomm360: flag });

const variateSettings = part({
  winner_criteria: text,
  winning_combination_id: text,
  winning_campaign_id: text,
  test_size: count,
  wait_time: count,
  subject_lines: z.array(z.string()).nullish(),
  from_names: z.array(z.string()).nullish(),
  contents: z.array(z.string()).nullish(),
  send_times: z.array(z.string()).nullish(),
  combinations: z
    .array(
      z.looseObject({
        id,
        subject_line: count,
        from_name: count,
        send_time: count,
        content_description: count,
        recipients: count,
      }),
    )
    .nullish(),
});

const abSplit = part({
  split_test: text,
  pick_winner: text,
  split_size: count,
  wait_time: count,
  wait_units: text,
  subject_a: text,
  subject_b: text,
  from_name_a: text,
  from_name_b: text,
  send_time_a: text,
  send_time_b: text,
  send_time_winner: text,
});

/** What was sent, and by which automation. */
export const campaignStreams = (stream: Define) => ({
  campaigns: stream({
    description: 'One row a campaign, drafts included, with its A/B and multivariate settings.',
    path: '/campaigns',
    ...paged('campaigns', [], { sort_field: 'create_time', sort_dir: 'ASC' }),
    schema: z.looseObject({
      id,
      type: id,
      status: id,
      create_time: instant,
      send_time: maybeInstant,
      emails_sent: count,
      recipients,
      settings,
      tracking,
      variate_settings: variateSettings,
      ab_split_opts: abSplit,
    }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
  }),

  campaign_content: stream({
    description: 'One row a sent campaign: its HTML and text, and those of its variants.',
    path: '/campaigns/{campaign_id}/content',
    records: '',
    paginate: { kind: 'single' },
    params: { exclude_fields: '_links,archive_html' },
    parent: sentCampaign,
    schema: z.looseObject({ campaign_id: id, html: text, plain_text: text }),
    primaryKey: ['campaign_id'],
    cursor: 'full-refresh',
    plan: contentPlan,
  }),

  automations: stream({
    description: 'One row a classic automation.',
    path: '/automations',
    ...paged('automations'),
    schema: z.looseObject({
      id,
      create_time: maybeInstant,
      start_time: maybeInstant,
      status: id,
      emails_sent: count,
      recipients: part({ list_id: text }),
      settings: part({ title: text, from_name: text, reply_to: text }),
      tracking,
    }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
  }),

  automation_emails: stream({
    description: 'One row an e-mail of an automation; its id is also the id of its report.',
    path: '/automations/{workflow_id}/emails',
    ...whole('emails'),
    // The one resource without any parameter: neither `count` nor `exclude_fields`.
    params: {},
    parent: { stream: 'automations', key: 'id', param: 'workflow_id', inherit: { workflow_id: 'id' } },
    schema: z.looseObject({
      id,
      workflow_id: id,
      position: count,
      status: id,
      create_time: maybeInstant,
      start_time: maybeInstant,
      send_time: maybeInstant,
      emails_sent: count,
      recipients,
      settings,
      tracking,
    }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
  }),
});
