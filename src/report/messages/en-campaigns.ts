import { markup, type HtmlValue } from '../html.ts';

/** Words about campaigns, their profit, tests and links. */
export const campaigns = {
  heading: 'Campaigns',
  caption: 'Campaigns, newest first',
  intro:
    'With a script allowed, a column’s heading sorts the table. Small numbers beside a value lead to the reason for what is missing.',
  empty: 'No campaign has been sent yet.',
  noGoal: 'No goal',
  goals: {
    lead_generation: 'Lead generation',
    customer_acquisition: 'Customer acquisition',
    customer_marketing: 'Customer marketing',
  },
  scatter: {
    title: 'Opening and clicking, campaign by campaign',
    finding: (name: HtmlValue, click: string, open: string, count: string, smallest: string) =>
      markup`Of ${count} campaigns with both rates and at least ${smallest} people reached, ${name} was clicked most: ${click} of people reached, with ${open} opening.`,
    empty: 'No campaign of some size has both rates.',
    caption: 'Campaigns by click rate, the 25 highest',
  },
};

export const profit = {
  heading: 'Profit',
  intro:
    'Campaigns sent in the period, lifetime to date, with the costs that are booked on them or shared out to them; costs of no campaign stand in the table by month.',
  steps: {
    title: 'From revenue to profit',
    finding: (income: string, costs: string, profit: string, margin: string) =>
      `Of ${income} that came in, ${costs} went into costs; ${profit} (${margin}) is left.`,
    findingLoss: (income: string, costs: string, profit: string) =>
      `${income} came in, ${costs} went into costs: a result of ${profit}.`,
    empty: 'No campaign in the period has money on record.',
    caption: 'Sums over the period’s campaigns',
    step: 'Step',
    amount: 'Amount',
  },
  ranking: {
    title: 'Profit by campaign: highest and lowest',
    finding: (name: HtmlValue, profit: string, losses: string, all: string) =>
      markup`${name} earned most: ${profit}. ${losses} of ${all} campaigns cost more than they brought.`,
    empty: 'No campaign has a profit on record.',
    caption: 'Highest and lowest profit of the period',
  },
  goals: {
    title: 'Profit by goal',
    finding: (goal: string, profit: string) => `Most comes from “${goal}”: ${profit}.`,
    caption: 'Sums by goal over the period’s campaigns',
    goal: 'Goal',
    campaigns: 'Campaigns',
  },
  caption: 'Profit of the period’s campaigns, newest first',
};

export const abTests = {
  heading: 'Tests',
  intro:
    'Difference to the control with its 95 % interval. An interval that crosses 0 proves nothing, whatever the higher number is.',
  empty: 'No campaign tested variants.',
  older: 'Older tests, newest first',
  more: (count: string) => `${count} older tests are in the mart.`,
  summary: (name: HtmlValue, date: string) => markup`${name} <span class="muted">${date}</span>`,
  proven: (metrics: string) => `Proven difference: ${metrics}`,
  notProven: 'No difference is proven',
  chartTitle: (name: string) => `Differences to the control, in percentage points: ${name}`,
  chartFinding: (proven: string, all: string) =>
    `${proven} of ${all} comparisons are proven; filled points are, hollow ones are not.`,
  noChart: 'No comparison has an interval.',
  holdOut: 'hold-out, never mailed',
  control: 'control',
  unnamed: (id: HtmlValue) => markup`no name known, id ${id}`,
  caption: (name: string) => `Variants and measures: ${name}`,
  captionMoney: (name: string) => `Money by variant: ${name}`,
  methodHeading: 'Method',
  kinds: (metric: string) => {
    const kind = metric.replace(/_rate$/, '').replaceAll('_', ' ');
    return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} rate`;
  },
  verdicts: {
    baseline: 'Control',
    'not enough evidence': 'Not enough evidence',
    'not testable': 'Not testable',
  },
  winsOver: (winner: HtmlValue, loser: HtmlValue) => markup`${winner} wins over ${loser}`,
};

export const links = {
  heading: 'Links',
  title: 'Most clicked links',
  finding: (url: HtmlValue, clicks: string, share: string) =>
    markup`${url} got most clicks by people: ${clicks}. The ten strongest links got ${share} of all clicks.`,
  caption: 'Links of the period’s campaigns, most clicks by people first',
  empty: 'No link was clicked in the period.',
  people: 'People',
  machines: 'Machines',
  unknown: 'Not told apart',
};
