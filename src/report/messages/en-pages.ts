import { markup, type HtmlValue } from '../html.ts';
import type { Article } from './articles.ts';

/** Names of the pages and of their groups in the menu. */
export const pages = {
  overview: 'Overview',
  groups: { overview: 'At a glance', goals: 'By goal', metrics: 'The 21 metrics', details: 'Details' },
};

const titles: Readonly<Record<Article, string>> = {
  1: 'Open rate',
  2: 'Mobile open rate',
  3: 'Opens per opener',
  4: 'Open time',
  5: 'Bounce rate',
  6: 'Delivery rate (reach)',
  7: 'Clicks on links',
  8: 'Click-through rate',
  9: 'Unsubscribes',
  10: 'Unsubscribe rate',
  11: 'Audience growth',
  12: 'Conversion rate',
  13: 'Purchase rate',
  14: 'Profit',
  15: 'Revenue per open',
  16: 'Value of a subscriber',
  17: 'View time',
  18: 'Active audience',
  19: 'Warm replies',
  20: 'Spam score and complaints',
  21: 'E-mail clients',
};

/** Words of the pages of single metrics. */
export const metricPages = {
  titles,
  number: (number: string, all: string) => `Metric ${number} of ${all}.`,
  now: 'The number now',
  todo: 'What to do',
  definition: 'How it is defined',
  notInCatalog: 'The metric catalog has no entry for this metric yet.',
  noSingleNumber: 'no single number; see how it splits below.',
  noMart: (mart: string) =>
    `not measured: the table ${mart} is not published. The next run builds it once a source gives what it needs.`,
  dateBasis: 'Counts on',
  basis: {
    cohort: 'the day of the send: what followed belongs to the campaign',
    event: 'the day it happened',
    toDate: 'all time, up to now',
  },
  goals: 'Goals that look at it first',
  effect: {
    known: (name: string, human: string, reported: string, gap: string) =>
      markup`${name}: ${human} by people; with machines counted, as e-mail services report it, ${reported} (${gap}).`,
    unknown: (name: string) =>
      `${name}: what machines add cannot be said, because people’s number or the reported one is not known.`,
  },
  vendors: 'How the services’ own numbers differ',
  vendorsCaption: 'What each service calls it and how its number differs',
  vendor: 'Service',
  metric: 'Metric',
  calledThere: 'Called there',
  difference: 'How it differs',
  same: 'The same number',
  noVendor: 'No connected service shows a number of its own for it.',
  trend: {
    title: (name: string) => `${name} by month`,
    profitTitle: 'Profit by month of the campaign’s send',
    captions: {
      sends: (name: string) => `${name} by month of sending`,
      events: (name: string) => `${name} by month, each event on its own date`,
      states: (name: string) => `${name} at the end of each month`,
    },
    finding: (
      name: string,
      now: string,
      month: string,
      low: string,
      lowMonth: string,
      high: string,
      highMonth: string,
    ) => `${name}: ${now} in ${month}; between ${low} (${lowMonth}) and ${high} (${highMonth}) over the months shown.`,
    single: (name: string, now: string, month: string) => `${name}: ${now} in ${month}; no other month has a value.`,
    empty: 'No month has a value to draw.',
  },
  campaigns: {
    title: (name: string) => `${name} by campaign`,
    finding: (best: HtmlValue, high: string, worst: HtmlValue, low: string, count: string) =>
      markup`Of the period’s campaigns with a value (${count}), ${best} has the highest with ${high} and ${worst} the lowest with ${low}.`,
    empty: (smallest: string) =>
      `No campaign of the period that reached at least ${smallest} people has a value; the notes under the table say why.`,
    caption: 'Highest and lowest of the period, then the newest campaigns',
  },
};

/** Words of the pages of goals. */
export const goalPages = {
  intro: {
    lead_generation:
      'Content should interest people enough to leave a lead: look at clicks, conversions, reading time and who leaves.',
    customer_acquisition:
      'People should buy: look at purchases, conversions, revenue per open and profit; opens and clicks support them.',
    customer_marketing:
      'Customers should stay and use what they have: look at the active audience, repeated opens, replies and use.',
  },
  campaigns: (current: string, all: string) => `Campaigns with this goal: ${current} in the period, ${all} in all.`,
  noCampaign: 'No campaign has this goal; mailmart.yaml gives goals by rule (`campaigns:`).',
  first: 'This goal’s numbers',
  support: 'Numbers that support them',
  missing: 'Also of this goal, without one number here:',
  campaignsHeading: 'Its campaigns',
  caption: (goal: string) => `Campaigns with the goal “${goal}”, newest first`,
  wholeCompany: 'Of the whole company, not of these campaigns only',
  allMatched: 'Every campaign has a goal.',
  unmatched: (count: string, newest: HtmlValue, none: string) =>
    markup`Campaigns that no rule gives a goal (“${none}”), so that no goal’s page holds them: ${count}; the newest is ${newest}.`,
};
