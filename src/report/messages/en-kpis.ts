/** Words of the cards and of the monthly charts. */
export const kpis = {
  heading: 'Key numbers',
  intro: (from: string, to: string, previousFrom: string, previousTo: string) =>
    `Campaigns sent from ${from} to ${to}, compared with those from ${previousFrom} to ${previousTo} and with what is usual here. Rates are ratios of sums, never means of rates.`,
  groups: {
    reach: 'Reach',
    reading: 'Reading',
    leaving: 'Leaving and complaints',
    results: 'Results',
    money: 'Money',
    audience: 'Audience',
  },
  windowed: (name: string, days: number) => `${name}, ${days} days`,
  average: (name: string) => `Average ${name.toLowerCase()}`,
  previous: 'Previous period',
  previousStock: '90 days earlier',
  lastYear: '52 weeks earlier',
  median: {
    campaigns: 'Median campaign',
    periods: 'Median of earlier periods',
    days: 'Median day',
  },
  points: (difference: string) => `${difference} points`,
  status: {
    meets: {
      above: (value: string) => `Reaches ${value}`,
      below: (value: string) => `Under the limit of ${value}`,
    },
    misses: {
      above: (value: string) => `Short of ${value}`,
      below: (value: string) => `Not under the limit of ${value}`,
    },
    better: 'Better than usual',
    worse: 'Worse than usual',
    usual: 'As usual',
    none: 'No threshold set',
    unknown: 'Not known',
    beside: {
      meets: {
        better: (text: string) => `${text}, and better than usual`,
        worse: (text: string) => `${text}, but worse than usual`,
      },
      misses: {
        better: (text: string) => `${text}, but better than usual`,
        worse: (text: string) => `${text}, and worse than usual`,
      },
    },
  },
  openAlerts: (count: string) => `Open alerts: ${count}`,
  details: 'How it is computed',
  question: 'Question',
  formula: 'Formula',
  sums: 'Sums',
  interval: '95 % interval',
  between: (low: string, high: string) => `${low} to ${high}`,
  intervalMethod: 'Wilson’s score interval of the sums, as if each were drawn by itself.',
  window: 'Window',
  days: (from: string, to: string) => `${from} to ${to}`,
  toDate: 'All time',
  caution: 'Read with care',
  thresholdText: 'Threshold',
  freshness: 'Data up to',
  leftOut: (out: string, all: string, of: 'campaigns' | 'links' | 'checks') =>
    `${out} of ${all} ${of} are left out: their value is not known.`,
  incomplete: 'Incomplete',
  reason: {
    noCampaign: 'no campaign in the period',
    noBase: (column: string) => `“${column}” is not above 0 or not known, so there is nothing to divide by`,
    noRows: 'the mart has no row for it',
    notKnown: 'the source does not tell',
  },
  trend: (from: string, to: string, first: string, last: string) => `Trend by month, ${from} ${first} to ${to} ${last}`,
  noTrend: 'No trend: the mart knows today only.',
  missing: 'Not measured yet',
};

export const trends = {
  caption: (title: string) => `${title}, by month of sending`,
  month: 'Month',
  sent: {
    title: 'E-mails sent',
    finding: (total: string, campaigns: string, peak: string, month: string) =>
      `${total} e-mails over all months (campaigns: ${campaigns}); most in ${month}: ${peak}.`,
  },
  machine: {
    title: 'Who opened: people, machines, not told apart',
    finding: (share: string, machine: string, all: string) =>
      `${share} of all opens (${machine} of ${all}) came from machines, not people.`,
    none: 'No opens are known.',
  },
  money: {
    title: 'Net revenue and profit',
    finding: (best: string, month: string, total: string) =>
      `${total} of profit in all; the best month was ${month} with ${best}.`,
    unknown: 'No money is known yet.',
  },
};
