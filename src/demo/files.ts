import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { stringify } from 'csv-stringify/sync';

import { instantOf } from './instant.ts';
import type { Seconds, World } from './types.ts';
import { worldAt } from './world.ts';

/**
 * What the company's own books give the `file` source, one CSV file (UTF-8, comma, header line, RFC 4180 quoting) each:
 *
 * - `costs.csv`: cost_id, campaign_account_id, campaign_id, variant, kind, amount, currency, incurred_on
 * - `conversions.csv`: conversion_id, email, campaign_account_id, campaign_id, variant, kind, converted_at, value, currency,
 *   utm_source, utm_medium, utm_campaign, utm_content
 * - `fx_rates.csv`: rate_date, from_currency, to_currency, rate
 * - `other_revenue.csv`: revenue_id, kind, amount, currency, received_on
 *
 * `campaign_id` is Mailchimp's; `campaign_account_id` then is the id of that source in mailmart.yaml (`shop-newsletter`). Both are
 * empty for what belongs to no campaign. Instants are ISO 8601 in UTC, dates calendar dates, amounts exact decimals with a point.
 * An address stands as the form spelt it: capitals and blanks around it are for the reader to mend.
 */
export const companyFiles = ['costs.csv', 'conversions.csv', 'fx_rates.csv', 'other_revenue.csv'] as const;

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
      utm_source: conversion.utm?.source ?? '',
      utm_medium: conversion.utm?.medium ?? '',
      utm_campaign: conversion.utm?.campaign ?? '',
      utm_content: conversion.utm?.content ?? '',
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
  };
}
