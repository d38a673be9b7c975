import { markup, type HtmlValue } from '../html.ts';

/** Words about audience, agreement with the sources, data quality and the glossary. */
export const audience = {
  heading: 'Audience',
  intro:
    'Active: opened or clicked in the window. Passive: not in it, but in the 180 days before it. Inactive: neither. The three make up everyone mailed in the window.',
  classes: {
    title: 'Active, passive and inactive readers (90 days)',
    finding: (active: string, passive: string, inactive: string) =>
      `Of people mailed in the last 90 days, ${active} are active, ${passive} passive and ${inactive} inactive.`,
    empty: 'No day has a mailing yet.',
    caption: 'Whole company, 90 days, one day a week',
    bases: { human: 'People', 'human+unknown': 'People and not told apart' },
  },
  rates: {
    title: 'Active audience by window',
    finding: (now: string, side: 'above' | 'below', threshold: string, change: string | null) =>
      `With ${now} over 90 days the active audience is ${side} the ${threshold} at which to act${change === null ? '' : `, ${change} points against 90 days earlier`}.`,
    plain: (now: string) => `${now} over 90 days.`,
    window: (days: number) => `${days} days`,
    threshold: (value: string) => `act below ${value}`,
    caption: 'Active share, one day a week',
  },
  growth: {
    title: 'Who came and who left',
    finding: (arrived: string, left: string, net: string, imported: string | null, hasFirstDay: boolean) =>
      `In the period ${arrived} list memberships began or came back and ${left} ended: ${net} net.${imported === null ? '' : ` The import up to ${imported} is in the table only.`}${hasFirstDay ? ' The first day of each list, which brings everyone who was on it already, is in the table only.' : ''}`,
    empty: 'No list has members yet.',
    caption: 'All lists, by month',
    joined: 'Joined or returned',
    unsubscribed: 'Unsubscribed',
    removed: 'Cleaned or deleted',
  },
  size: {
    title: 'Members by list',
    finding: (total: string, largest: HtmlValue, count: string) =>
      markup`${total} list memberships: who is on two lists counts twice. The largest list (${largest}) has ${count}.`,
    caption: 'List memberships at the end of each month',
  },
  engagement: {
    title: 'Subscribers by class',
    finding: (share: string, active: string) =>
      `Active readers brought ${share} of all lifetime value; they are ${active} of known people.`,
    noneActive: 'Nobody opened or clicked in the last 90 days, or nobody has brought anything yet.',
    caption: 'All known people, 90 days',
    classes: {
      active: 'Active',
      passive: 'Passive',
      inactive: 'Inactive',
      not_mailed: 'Not mailed',
      unknown: 'Not known',
    },
    people: 'People',
    orders: 'Orders',
    value: 'Lifetime value to date',
  },
  value: {
    title: 'Lifetime value: how it is spread',
    finding: (without: string, top: string) =>
      `${without} of people have not ordered anything yet; the top tenth brought ${top} of all value.`,
    caption: 'People by lifetime value to date',
    none: 'Nothing yet',
    loss: 'Below 0',
    range: (from: string, to: string) => `${from}–${to}`,
    above: (from: string) => `over ${from}`,
    band: 'Lifetime value to date',
    people: 'People',
    empty: 'No subscriber is known yet.',
  },
  cohorts: {
    title: 'Value per subscriber by month of sign-up',
    finding: (best: string, value: string) =>
      `People who signed up in ${best} have brought most so far: ${value} each. Younger cohorts had less time.`,
    empty: 'No month of sign-up is known.',
    caption: 'Cohorts by month of sign-up, to date',
    people: 'People',
    buyers: 'With an order',
    perPerson: 'Value per person',
    unknown: 'Not known',
  },
};

export const reconciliation = {
  heading: 'Agreement with the sources',
  intro: 'What was counted here from single recipients and events, against the totals that each source states itself.',
  empty: 'No source states totals to compare with.',
  chart: {
    title: 'Totals compared, by measure',
    finding: (equal: string, explained: string, unexplained: string) =>
      `${equal} totals are equal, ${explained} differ for a known reason, ${unexplained} differ without one.`,
    caption: 'Campaigns by outcome and measure',
    equal: 'Equal',
    explained: 'Known reason',
    unexplained: 'Unexplained',
    gap: 'Sum of gaps',
  },
  unexplained: 'Unexplained gaps, largest first',
  noneUnexplained: 'No unexplained gap.',
  explained: 'Gaps with a known reason, largest first',
  noneExplained: 'No gap with a known reason.',
  measures: {
    sent: 'Sent',
    delivered: 'Delivered',
    hard_bounces: 'Hard bounces',
    soft_bounces: 'Soft bounces',
    opens_total: 'All opens',
    unique_opens: 'Openers',
    proxy_excluded_opens: 'Opens without proxies',
    proxy_excluded_unique_opens: 'Openers without proxies',
    clicks_total: 'All clicks',
    unique_subscriber_clicks: 'Clickers',
    unsubscribed: 'Unsubscribes',
    abuse_reports: 'Complaints',
    orders: 'Orders',
    revenue: 'Revenue',
  },
};

export const quality = {
  heading: 'Data quality',
  intro: 'How the data came to be: what was refused, what each stream read, and the last runs.',
  quarantine: 'Refused records that are not mended, by reason',
  noQuarantine: 'No refused record is left.',
  streams: 'Streams, last read',
  noStreams: 'No stream has been read yet.',
  runs: 'Last runs',
  noRuns: 'No run is on record.',
  models: 'Models and checks that failed',
  noModels: (count: string) => `All ${count} models and checks passed.`,
  columns: {
    finished_at: 'Finished',
    started_at: 'Started',
    rows_read: 'Read',
    rows_inserted: 'New',
    rows_updated: 'Changed',
    rows_deleted: 'Gone',
    rows_quarantined: 'Refused',
    requests: 'Requests',
    missing: 'Missing or gap',
    open_count: 'Records',
    first_at: 'First',
    last_at: 'Last',
    run_id: 'Run',
    status: 'Ended',
    message: 'Message',
    kind: 'Kind',
    name: 'Name',
  },
  states: { done: 'Done', failed: 'Failed', cancelled: 'Cancelled', running: 'Running' },
};

export const glossary = {
  heading: 'Glossary',
  intro: 'From the metric catalog, the one list of metrics.',
  formula: 'Formula',
  grain: 'One value per',
  threshold: 'Threshold',
  caution: 'Read with care',
  all: (count: string) => `All ${count} metrics`,
};
