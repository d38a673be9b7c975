import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { loadMetricCatalog } from '../transform/metric-catalog.ts';
import type { Company, Context } from './context.ts';
import { createFormat } from './format.ts';
import { readKpis } from './kpis/select.ts';
import { languages, type Language } from './messages/index.ts';
import { page, type Section } from './page/page.ts';
import { readPeriod } from './period.ts';
import { createReader, type PublishedReader } from './reader.ts';
import { testSection } from './sections/ab-tests.ts';
import { audienceSection } from './sections/audience.ts';
import { campaignSection } from './sections/campaigns.ts';
import { glossarySection } from './sections/glossary.ts';
import { headerSection } from './sections/header.ts';
import { kpiSection } from './sections/kpi-cards.ts';
import { linkSection } from './sections/links.ts';
import { profitSection } from './sections/profit.ts';
import { qualitySection } from './sections/quality.ts';
import { reconciliationSection } from './sections/reconciliation.ts';
import { summarySection } from './sections/summary.ts';
import { trendSection } from './sections/trends.ts';

export type ReportOptions = {
  readonly published: PublishedReader;
  readonly project: { readonly config: { readonly company: Company } };
  readonly language?: Language;
};

/** Writes the report as one HTML file that needs nothing else; a reader never sees half of it. */
export async function writeReport({ out, ...options }: ReportOptions & { readonly out: string }): Promise<void> {
  const text = await renderReport(options);
  const target = resolve(out);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  await mkdir(dirname(target), { recursive: true });
  try {
    await writeFile(temporary, text);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The report as text: the same data give the same bytes, for it holds no current time. */
export async function renderReport({ published, project, language = 'en' }: ReportOptions): Promise<string> {
  const { company } = project.config;
  const messages = languages[language];
  const reader = await createReader(published);
  const context: Context = {
    reader,
    messages,
    company,
    format: createFormat(messages.locale, company.time_zone, company.currency),
    catalog: loadMetricCatalog(),
    period: await readPeriod(reader),
  };
  const kpis = await readKpis(context);
  const sections: readonly Section[] = [
    { id: 'summary', title: messages.summary.heading, content: await summarySection(context, kpis) },
    { id: 'kpis', title: messages.kpis.heading, content: kpiSection(context, kpis) },
    { id: 'trends', title: messages.trends.heading, content: await trendSection(context, kpis) },
    { id: 'campaigns', title: messages.campaigns.heading, content: await campaignSection(context) },
    { id: 'profit', title: messages.profit.heading, content: await profitSection(context) },
    { id: 'audience', title: messages.audience.heading, content: await audienceSection(context) },
    { id: 'tests', title: messages.abTests.heading, content: await testSection(context) },
    { id: 'links', title: messages.links.heading, content: await linkSection(context) },
    {
      id: 'reconciliation',
      title: messages.reconciliation.heading,
      content: await reconciliationSection(context),
    },
    { id: 'quality', title: messages.quality.heading, content: await qualitySection(context) },
    { id: 'glossary', title: messages.glossary.heading, content: glossarySection(context) },
  ];
  return page(context, await headerSection(context), sections);
}
