import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { stringify } from 'csv-stringify/sync';

import { instantOf } from './instant.ts';
import type { CampaignRef, Checked, Measurements } from './measurement-types.ts';
import type { Seconds, World } from './types.ts';
import { worldAt } from './world.ts';

/**
 * What the company's own books give the `file` source, one CSV file (UTF-8, comma, header line, RFC 4180 quoting) each:
 *
 * - `costs.csv`: cost_id, campaign_account_id, campaign_id, variant, kind, amount, currency, incurred_on
 * - `conversions.csv`: conversion_id, email, campaign_account_id, campaign_id, variant, kind, converted_at, value, currency
 * - `fx_rates.csv`: rate_date, from_currency, to_currency, rate
 * - `other_revenue.csv`: revenue_id, kind, amount, currency, received_on
 * - `view_times.csv`: view_id, campaign_account_id, campaign_id, email, opened_at, seconds, class
 * - `replies.csv`: message_id, campaign_account_id, campaign_id, email, received_at, class
 * - `spam_checks.csv`: check_id, campaign_account_id, campaign_id, domain, day, tool, score, best, worst, threshold
 * - `seed_placements.csv`: test_id, campaign_account_id, campaign_id, domain, day, tool, provider, inbox, tabs, spam, missing
 * - `domain_reputations.csv`: day, domain, provider, tool, reputation, complaint_rate
 *
 * `campaign_id` is the e-mail service's; `campaign_account_id` then is the id of that source in mailmart.yaml
 * (`shop-newsletter`). Both are empty for what belongs to no campaign. Instants are ISO 8601 in UTC, dates calendar dates, amounts exact decimals with a point.
 * An address stands as the form spelt it: capitals and blanks around it are for the reader to mend.
 */
export const companyFiles = [
  'costs.csv',
  'conversions.csv',
  'fx_rates.csv',
  'other_revenue.csv',
  'view_times.csv',
  'replies.csv',
  'spam_checks.csv',
  'seed_placements.csv',
  'domain_reputations.csv',
] as const;

/** Writes the files as the books stood at an instant (default the world's `now`); a file appears whole or not at all. */
export async function writeCompanyFiles(
  timeline: World,
  folder: string,
  at: Seconds = timeline.now,
): Promise<readonly string[]> {
  const world = worldAt(timeline, at);
  await mkdir(folder, { recursive: true });
  const tables = companyTables(world);
  const paths: string[] = [];
  for (const name of companyFiles) {
    const path = join(folder, name);
    await writeFile(`${path}.part`, stringify([...tables[name]], { header: true }));
    await rename(`${path}.part`, path);
    paths.push(path);
  }
  return paths;
}

type Row = Readonly<Record<string, string>>;

/** The rows of each file of a snapshot, for readers that need no file. */
export function companyTables(world: World): Readonly<Record<(typeof companyFiles)[number], readonly Row[]>> {
  const attribution = (campaignId: string | null, variant: string | null): Row => ({
    campaign_account_id: campaignId === null ? '' : world.accountId,
    campaign_id: campaignId ?? '',
    variant: variant ?? '',
  });
  return {
    'costs.csv': world.costs.map((cost) => ({
      cost_id: cost.id,
      ...attribution(cost.campaignId, cost.variant),
      kind: cost.kind,
      amount: cost.amount,
      currency: cost.currency,
      incurred_on: cost.incurredOn,
    })),
    'conversions.csv': world.conversions.map((conversion) => ({
      conversion_id: conversion.id,
      email: conversion.address,
      ...attribution(conversion.campaignId, conversion.variant),
      kind: conversion.kind,
      converted_at: instantOf(conversion.at),
      value: conversion.value ?? '',
      currency: conversion.currency ?? '',
    })),
    'fx_rates.csv': world.fxRates.map((rate) => ({
      rate_date: rate.date,
      from_currency: rate.from,
      to_currency: rate.to,
      rate: rate.rate,
    })),
    'other_revenue.csv': world.otherRevenue.map((revenue) => ({
      revenue_id: revenue.id,
      kind: revenue.kind,
      amount: revenue.amount,
      currency: revenue.currency,
      received_on: revenue.receivedOn,
    })),
    ...measurementTables(world.measurements),
  };
}

type MeasurementFile = (typeof companyFiles)[4 | 5 | 6 | 7 | 8];

function measurementTables(measured: Measurements): Readonly<Record<MeasurementFile, readonly Row[]>> {
  const campaign = ({ accountId, campaignId }: CampaignRef): Row => ({
    campaign_account_id: accountId,
    campaign_id: campaignId,
  });
  const checked = (of: Checked): Row =>
    'domain' in of ? { campaign_account_id: '', campaign_id: '', domain: of.domain } : { ...campaign(of), domain: '' };
  return {
    'view_times.csv': measured.viewTimes.map((view) => ({
      view_id: view.id,
      ...campaign(view),
      email: view.address,
      opened_at: instantOf(view.openedAt),
      seconds: view.seconds ?? '',
      class: view.viewClass ?? '',
    })),
    'replies.csv': measured.replies.map((reply) => ({
      message_id: reply.id,
      ...campaign(reply),
      email: reply.address,
      received_at: instantOf(reply.at),
      class: reply.replyClass ?? '',
    })),
    'spam_checks.csv': measured.spamChecks.map((check) => ({
      check_id: check.id,
      ...checked(check.of),
      day: check.on,
      tool: check.tool,
      score: check.score,
      best: check.best,
      worst: check.worst,
      threshold: check.threshold ?? '',
    })),
    'seed_placements.csv': measured.seedPlacements.map((placement) => ({
      test_id: placement.id,
      ...checked(placement.of),
      day: placement.on,
      tool: placement.tool,
      provider: placement.provider,
      inbox: String(placement.inbox),
      tabs: String(placement.tabs),
      spam: String(placement.spam),
      missing: String(placement.missing),
    })),
    'domain_reputations.csv': measured.reputations.map((row) => ({
      day: row.on,
      domain: row.domain,
      provider: row.provider,
      tool: row.tool,
      reputation: row.word ?? '',
      complaint_rate: row.complaintRate ?? '',
    })),
  };
}
