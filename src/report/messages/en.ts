import { abTests, campaigns, links, profit } from './en-campaigns.ts';
import { audience, glossary, quality, reconciliation } from './en-data.ts';
import { columns } from './en-columns.ts';
import { kpis, trends } from './en-kpis.ts';
import { goalPages, metricPages, pages } from './en-pages.ts';
import { alerts, espView, splits } from './en-splits.ts';
import { values } from './en-values.ts';

/** English. Numbers, dates and money come in already written by Intl; names come as elements that isolate them. */
export const en = {
  language: 'en',
  locale: 'en-GB',
  direction: 'ltr',
  /** Texts of the catalog and of marts, which are English, in this language. */
  phrases: {} as Readonly<Record<string, string>>,
  notAvailable: 'n/a',
  /** Where a cell has no meaning, as the difference of the control to itself. */
  none: '–',
  yes: 'yes',
  no: 'no',
  page: {
    title: (company: string) => `${company}: e-mail marketing report`,
    skip: 'Skip to the numbers',
    contents: 'Pages',
    heading: 'E-mail marketing report',
    period: (from: string, to: string, days: number) => `${from} to ${to} (${days} days)`,
    periodPast: (asOf: string) =>
      `No campaign was sent in the 90 days to ${asOf}, so the 90 days to the newest campaign are shown.`,
    footer: (zone: string, currency: string) =>
      `Dates in ${zone}, money in ${currency}. A campaign counts on the day it was sent, with everything that followed from it. Opens and clicks are those of people, unless a line says “as reported”. Written by mailmart from the marts; nothing is loaded from the network.`,
  },
  header: {
    period: 'Period',
    asOf: 'Data up to',
    published: 'Published',
    campaigns: 'Campaigns in the period',
    verdict: {
      complete: 'Complete: everything that the sources can show was read.',
      incomplete: 'Incomplete: something is missing, see below.',
      suspiciously_empty: 'Doubtful: a source that had data before returned nothing.',
      unknown: 'Unknown: no run is on record.',
    },
    missing: 'Missing',
    gaps: 'Known gaps',
    more: (count: string) => `and ${count} more`,
    freshness: 'Freshness by source',
    freshnessCaption: 'When each source was last read and last changed',
    columns: {
      account_id: 'Source',
      source: 'Kind',
      stream_count: 'Streams',
      read_at: 'Last read',
      changed_at: 'Last change',
      row_count: 'Rows held',
      verdict_kind: 'Verdict',
    },
    noSources: 'No source has been read yet.',
  },
  verdicts: {
    complete: 'Complete',
    incomplete: 'Incomplete',
    suspiciously_empty: 'Doubtful',
  },
  summary: {
    heading: 'In short',
    money: (campaigns: string, revenue: string, conversions: string | null, costs: string, profit: string) =>
      `The period’s campaigns (${campaigns}) brought ${revenue} after refunds${conversions === null ? '' : `, and conversions worth ${conversions}`}; ${profit} of profit is left once their costs of ${costs} are paid.`,
    noMoney: 'No revenue is known for the period.',
    reading: (openRate: string, reported: string) =>
      `${openRate} of the people reached opened; counting machines, as e-mail services do, it would read ${reported}.`,
    active: (rate: string, active: string, mailed: string) =>
      `${active} of ${mailed} people mailed in the last 90 days opened or clicked: an active audience of ${rate}.`,
    misses: (names: string) => `Outside their threshold: ${names}.`,
    allMeet: 'Every known number that has a threshold is within it.',
    reconciled: (within: string, all: string) =>
      `${within} of ${all} totals agree with the source’s own, or their gap has a known reason.`,
    empty: 'There are no campaigns yet. Run `mailmart run` once a source has sent some.',
  },
  table: {
    empty: 'Nothing to show.',
    printed: (count: string) => `Printed are the first ${count} rows; the page itself and the mart hold all.`,
    notes: (count: string) => `${count} notes on values that are missing or incomplete`,
    more: (shown: string, more: string) => `${shown} rows are shown; ${more} more are in the mart.`,
  },
  figure: { data: 'Numbers as a table' },
  email: {
    number: 'Number',
    value: 'Value, and before',
    status: 'Status',
    footer:
      'This is the report in short; the whole of it, with every campaign, alert and definition, is the HTML file.',
  },
  pages,
  metricPages,
  goalPages,
  splits,
  alerts,
  espView,
  kpis,
  trends,
  campaigns,
  profit,
  audience,
  abTests,
  links,
  reconciliation,
  quality,
  glossary,
  columns,
  values,
  joinNames: (names: readonly string[]) => new Intl.ListFormat('en', { type: 'conjunction' }).format(names),
};
