import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { loadMetricCatalog } from '../transform/metric-catalog.ts';
import type { Company, Context } from './context.ts';
import { emailDocument } from './email/email.ts';
import { figure } from './figure.ts';
import { createFormat } from './format.ts';
import { readKpis, type Kpis } from './kpis/select.ts';
import { languages, type Language, type Messages } from './messages/index.ts';
import { markup } from './html.ts';
import { document, type Page } from './page/page.ts';
import { goalPages } from './pages/goal-pages.ts';
import { metricPages } from './pages/metric-pages.ts';
import { readPeriod } from './period.ts';
import { createReader, type PublishedReader } from './reader.ts';
import { testSection } from './sections/ab-tests.ts';
import { alertSection } from './sections/alerts.ts';
import { campaignSection } from './sections/campaigns.ts';
import { espView } from './sections/esp-view.ts';
import { glossarySection } from './sections/glossary.ts';
import { headerSection } from './sections/header.ts';
import { kpiSection } from './sections/kpi-cards.ts';
import { qualitySection } from './sections/quality.ts';
import { reconciliationSection } from './sections/reconciliation.ts';
import { summarySection } from './sections/summary.ts';
import { trends } from './sections/trends.ts';

export type { Language };

export type ReportForm = 'pages' | 'email';

export type ReportOptions = {
  readonly published: PublishedReader;
  readonly project: { readonly config: { readonly company: Company } };
  /** One that exists, or words for it. */
  readonly language?: Language | Messages;
};

/** A file to write, and which form of the report: `email` is in short, for the body of a mail. Default `pages`. */
export type ReportFile = { readonly out: string; readonly form?: ReportForm };

/** Writes the report, each form as one HTML file that needs nothing else; a reader never sees half of it. */
export async function writeReport(options: ReportOptions, ...files: readonly ReportFile[]): Promise<void> {
  const context = await contextOf(options);
  const kpis = await readKpis(context);
  for (const { out, form } of files) await writeWhole(resolve(out), await render(context, kpis, form));
}

async function writeWhole(target: string, text: string): Promise<void> {
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
export async function renderReport(options: ReportOptions, form?: ReportForm): Promise<string> {
  const context = await contextOf(options);
  return await render(context, await readKpis(context), form);
}

async function render(context: Context, kpis: Kpis, form: ReportForm = 'pages'): Promise<string> {
  if (form === 'email') return await emailDocument(context, kpis);
  const words = context.messages.pages.groups;
  return document(context, await headerSection(context), [
    { title: words.overview, pages: await overviewPages(context, kpis) },
    { title: words.goals, pages: await goalPages(context, kpis) },
    { title: words.metrics, pages: await metricPages(context, kpis) },
    { title: words.details, pages: await detailPages(context) },
  ]);
}

async function contextOf({ published, project, language = 'en' }: ReportOptions): Promise<Context> {
  const { company } = project.config;
  const messages = typeof language === 'string' ? languages[language] : language;
  const reader = await createReader(published);
  return {
    reader,
    messages,
    company,
    format: createFormat(messages.locale, company.time_zone, company.currency),
    catalog: loadMetricCatalog(),
    period: await readPeriod(reader),
  };
}

async function overviewPages(context: Context, kpis: Kpis): Promise<readonly Page[]> {
  const { messages } = context;
  return [
    {
      id: 'overview',
      title: messages.pages.overview,
      content: markup`${await summarySection(context, kpis)}
        <div class="grid">${await Promise.all(trends(context, kpis).map((each) => figure(context, each)))}</div>
        ${kpiSection(context, kpis)}`,
    },
  ];
}

async function detailPages(context: Context): Promise<readonly Page[]> {
  const { messages } = context;
  return [
    { id: 'campaigns', title: messages.campaigns.heading, content: await campaignSection(context) },
    { id: 'tests', title: messages.abTests.heading, content: await testSection(context) },
    { id: 'alerts', title: messages.alerts.heading, content: await alertSection(context) },
    {
      id: 'reconciliation',
      title: messages.reconciliation.heading,
      content: markup`${await reconciliationSection(context)} ${await espView(context)}`,
    },
    { id: 'quality', title: messages.quality.heading, content: await qualitySection(context) },
    { id: 'glossary', title: messages.glossary.heading, content: glossarySection(context) },
  ];
}
