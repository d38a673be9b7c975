import type { Metric } from './metric-catalog.ts';

/** What stands around the catalog's texts in the metric dictionary; another language is one more object of this type. */
export type DictionaryWords = {
  readonly title: string;
  readonly intro: readonly string[];
  /** Heading of the metrics that have no number of their own. */
  readonly beside: string;
  readonly formula: string;
  readonly units: Readonly<Record<Metric['unit'], string>>;
  readonly column: string;
  readonly notConnected: string;
  readonly grain: string;
  readonly window: string;
  readonly goodIs: string;
  readonly directions: Readonly<Record<Metric['direction'], string>>;
  readonly article: (number: number) => string;
  readonly threshold: string;
  readonly alert: (severity: Severity) => string;
  readonly below: (figure: string) => string;
  readonly atLeast: (figure: string) => string;
  readonly kinds: { readonly rise: string; readonly median: string };
  readonly by: (scopes: readonly Scope[]) => string;
  readonly from: (count: number) => string;
  readonly over: (periods: number, margin: number | null) => string;
  readonly caution: string;
  readonly goals: (goals: Metric['goals']) => string;
  readonly advice: (advice: { readonly en: string; readonly vi: string }) => readonly string[];
  readonly vendors: string;
  readonly inPercent: string;
};

type Severity = 'info' | 'warning' | 'critical';
export type Scope = 'all' | 'account' | 'campaign' | 'list' | 'domain';

export const englishDictionary: DictionaryWords = {
  title: 'Metrics',
  intro: [
    'Every metric that exists here, once: its formula, what it is compared with, what each e-mail service calls it, and what',
    'to do about it. `mailmart metrics NAME` shows an entry; `marts.metric_values` has the values; `marts.as_esp_shows` has',
    'each service’s own definition computed on the same events. Ratios are made from sums and never averaged.',
  ],
  beside: 'Beside the 21',
  formula: 'Formula',
  units: {
    rate: 'a share, 0 to 1',
    ratio: 'a ratio',
    money: 'money in the reporting currency',
    count: 'a count',
    seconds: 'seconds',
  },
  column: 'Column',
  notConnected: 'NULL until its inputs are connected',
  grain: 'Grain',
  window: 'Window',
  goodIs: 'Good is',
  directions: { up: 'more', down: 'less', neutral: 'neither more nor less by itself' },
  article: (number) => `Article: number ${number}`,
  threshold: 'Threshold',
  alert: (severity) => `Alert (${severity})`,
  below: (figure) => `below ${figure}`,
  atLeast: (figure) => `at or above ${figure}`,
  kinds: {
    rise: 'a rise that is both significant and marked against the account’s own past year',
    median: 'significantly below the median of the account’s own past year',
  },
  by: (scopes) => `by ${scopes.join(', ')}`,
  from: (count) => `from ${count} on`,
  over: (periods, margin) =>
    `over after ${periods} in a row that are back${margin === null ? '' : ` by ${margin * 100} %`}`,
  caution: 'Where it is off',
  goals: (goals) => `Goals: ${goals.join(', ')}`,
  advice: ({ en, vi }) => [`What to do: ${en}`, `Nên làm gì: ${vi}`],
  vendors: 'What each service calls it, and how its own number differs',
  inPercent: 'in percent',
};
