import { markup, type HtmlValue } from '../html.ts';

/** Words of what metrics are cut by. */
export const splits = {
  noMart: (mart: string) =>
    `Not measured: the table ${mart} is not published. It is built once a source gives what it needs.`,
  emptyMart: (mart: string) => `Nothing to show: no source has given any data for the table ${mart} so far.`,
  sendTime: {
    title: {
      reporting: 'When people open, in the company’s time zone',
      recipient: 'When people open, in their own time zone',
    },
    caption: 'Share of all opens by people, hour by weekday; stronger shade, larger share',
    hour: 'Hour',
    weekday: 'Weekday',
    empty: {
      reporting: 'No open of the last 90 days could be told from a machine’s.',
      recipient: 'No reader’s own time zone is known.',
    },
    finding: (day: string, hour: string, share: string) =>
      `Most opens fall on ${day} in the hour from ${hour}: ${share} of all.`,
    speed: (median: string, p90: string) =>
      `Half of the first opens come within ${median} of the send, nine in ten within ${p90}.`,
    sendsCaption: (fewest: string) => `How mails sent in an hour were opened (hours with at least ${fewest} sends)`,
    noSends: (fewest: string) => `No hour has at least ${fewest} sends whose opens are known one by one.`,
  },
  clients: {
    title: 'What people read with',
    caption: 'Newest month with known clients, by client, device and system; what proxies fetched stands apart',
    client: 'Client',
    device: 'Device',
    os: 'System',
    proxy: 'Proxy',
    empty: 'No open by a person tells its client.',
    finding: (month: string, client: HtmlValue, share: string, machines: string) =>
      markup`In ${month}, ${client} leads with ${share} of the opens by people whose client is known; machines opened ${machines} times beside them.`,
    trend: {
      title: 'Clients by month',
      caption: 'Share of opens by people with a known client, the strongest five',
      empty: 'No month has an open whose client is known.',
      single: (name: string, share: string, month: string) =>
        `${name}: ${share} of known opens in ${month}, the only month that is known.`,
      finding: (name: string, first: string, firstMonth: string, last: string, lastMonth: string) =>
        `${name}: ${first} of known opens in ${firstMonth}, ${last} in ${lastMonth}.`,
    },
    devices: {
      title: 'Opens by kind of device',
      caption: 'Share of opens by people with a known device, by month',
      empty: 'No month has an open whose device is known.',
      single: (name: string, share: string, month: string) =>
        `Device “${name}”: ${share} of known opens in ${month}, the only month that is known.`,
      finding: (name: string, first: string, firstMonth: string, last: string, lastMonth: string) =>
        `Device “${name}”: ${first} of known opens in ${firstMonth}, ${last} in ${lastMonth}.`,
    },
  },
  subjects: {
    title: 'Subject lines',
    caption: 'Subjects with most deliveries, over all campaigns; 95 % interval by Wilson’s score',
    empty: 'No subject has a known open rate.',
    finding: (best: HtmlValue, high: string, worst: HtmlValue, low: string, isApart: boolean) =>
      markup`Among those drawn, “${best}” is opened most (${high}) and “${worst}” least (${low}); their intervals ${isApart ? 'lie apart, so that it is hardly chance' : 'overlap, so that it may be chance'}.`,
    classes: { short: 'Short (under 35)', medium: 'Medium (35–66)', long: 'Long (over 66)' },
    group: (length: string, hasName: boolean) => `${length}, ${hasName ? 'with name' : 'without name'}`,
    lengthTitle: 'Subjects by length and by the reader’s name',
    lengthCaption: 'All subjects, by characters and by a merge tag for the name',
    lengthFinding: (group: string, rate: string) =>
      `Opened most: ${group}, ${rate}. Subjects also differ in what they are about, so test before you believe it.`,
    subjectCount: 'Subjects',
  },
  viewTime: {
    title: 'Glanced, skimmed, read',
    caption: 'Opens with a measured time by campaign: under 2 seconds, 2 to 8, over 8',
    empty: 'No open of the period’s campaigns has a measured time.',
    finding: (glanced: string, skimmed: string, read: string, unknown: string) =>
      `Of the period’s measured opens ${glanced} were glances, ${skimmed} skimmed and ${read} read; ${unknown} opens could not be measured.`,
  },
  replies: {
    title: 'Answers by class',
    caption: 'Answers by campaign; automatic ones, out-of-office notes and bounces are nobody’s answer',
    empty: 'No answer to the period’s campaigns is known.',
    finding: (all: string, warm: string, automatic: string) =>
      `${all} answers to the period’s campaigns: ${warm} positive; ${automatic} came from machines.`,
  },
  domains: {
    domain: 'Recipient domain',
    unknown: 'domain not known',
    caption: 'Messages sent in the period, by recipient domain',
    empty: 'No message of the period is known one by one.',
    title: {
      bounce_rate: 'Bounce rate by recipient domain',
      delivery_rate: 'Delivery rate by recipient domain',
      complaint_rate: 'Complaint rate by recipient domain',
    },
    finding: {
      bounce_rate: (high: HtmlValue, highRate: string, low: HtmlValue, lowRate: string) =>
        markup`Of the largest domains ${high} turns away most with ${highRate}, ${low} least with ${lowRate}.`,
      delivery_rate: (high: HtmlValue, highRate: string, low: HtmlValue, lowRate: string) =>
        markup`Of the largest domains ${high} lets most through with ${highRate}, ${low} least with ${lowRate}.`,
      complaint_rate: (high: HtmlValue, highRate: string, low: HtmlValue, lowRate: string) =>
        markup`Of the largest domains readers at ${high} complain most with ${highRate}, those at ${low} least with ${lowRate}.`,
    },
  },
  reasons: {
    title: 'Why mails bounce',
    caption: 'Bounces of the period by stated reason and recipient domain',
    empty: 'Nothing bounced in the period.',
    finding: (reason: string, share: string, all: string) => `Of ${all} bounces ${share} fall under: ${reason}.`,
  },
  reputation: {
    caption: 'What providers say themselves, and where test copies arrived, newest first',
    empty: 'No provider states a reputation or a rate of complaints, and no test copies were sent.',
  },
  spam: {
    title: 'Spam checks before the send',
    caption: 'Checks, newest first; scores run from 0 to 10, 10 is best',
    checked: 'Checked',
    passed: 'passed',
    failed: 'not passed',
    finding: (passed: string, all: string) => `${passed} of ${all} checks with a score passed their threshold.`,
  },
  months: {
    title: 'Profit by month of booking',
    caption: 'All accounts, newest month first: campaigns + other revenue − costs of no campaign = profit',
    accounts: 'By account, newest month first',
    empty: 'No month has money on record.',
    finding: (best: string, amount: string, losses: string, all: string) =>
      `The best month was ${best} with ${amount}; ${losses} of ${all} months made a loss.`,
    campaigns: 'Campaigns',
    other: 'Other revenue',
    unallocated: 'Costs of no campaign',
  },
  cohorts: {
    title: 'Value of a sign-up, month by month',
    empty: 'No month since a sign-up is over yet.',
    finding: (people: string, first: string, last: string, months: string, retention: string) =>
      `Of the ${people} people who signed up at least ${months} months ago, one brought ${first} in the first month and ${last} up to month ${months} on average; ${retention} still read or bought in that month.`,
    curveCaption:
      'By whole months since the sign-up, the same people in every row: who signed up long enough ago to be in the last one',
    gridCaption: 'Revenue per subscriber since the sign-up, newest cohorts first',
    noCohort: (smallest: string) => `No month of sign-up has at least ${smallest} people.`,
    monthsSince: 'Months since',
    after: (months: number) => `Month ${months}`,
    cohorts: 'Cohorts',
    people: 'People',
    revenue: 'Revenue per person',
    profit: 'Profit per person',
    retention: 'Still read or buy',
  },
  backtest: {
    title: 'The projection, tried on months that are over',
    caption: 'What would have been foretold from what was known before, beside what came',
    empty: 'There are not enough months with orders to try the projection on.',
    finding: (months: string, predicted: string, actual: string, isCovered: boolean) =>
      `Of the last ${months} months, held out, ${predicted} would have been foretold and ${actual} came, ${isCovered ? 'within' : 'outside'} the bounds.`,
    heldOut: 'Months held out',
    predictedOrders: 'Orders foretold',
    actualOrders: 'Orders that came',
    predicted: 'Foretold',
    low: 'Low (95 %)',
    high: 'High (95 %)',
    actual: 'Came',
    error: 'Error',
    covered: 'Within bounds',
  },
};

export const alerts = {
  heading: 'Alerts',
  intro:
    'An alert opens when a number passes its threshold or leaves what is usual, and closes when it has been back for several periods.',
  counted: (open: string, all: string) => `Open: ${open} of ${all} on record.`,
  caption: 'Alerts, open ones first',
  empty: 'No number has passed a threshold or left what is usual.',
  severity: 'Severity',
  severities: { critical: 'Critical', warning: 'Warning', info: 'Notice' },
  scope: 'Where',
  everything: 'whole company',
  value: 'Value',
  baseline: 'Usual',
  firstSeen: 'First seen',
  lastSeen: 'Last seen',
  closed: 'Closed',
  stillOpen: 'open',
  method: 'How it was judged',
  noneOpen: 'No alert is open.',
  open: (count: string, names: string) => `Open alerts: ${count} (${names}).`,
};

export const espView = {
  heading: 'As the e-mail service shows it',
  intro:
    'The service’s own definition, computed on the data held here, beside the number that it states itself and the metric of this report.',
  caption: 'The newest campaigns of each account',
  empty: 'No campaign has a number that its service shows.',
  shownName: 'Called there',
  shown: 'Its definition, computed here',
  stated: 'As it states it',
  ours: 'This report’s metric',
};
