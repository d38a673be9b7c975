import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { depths, factNames } from '../contracts/facts.ts';
import { alertSpec } from './metric-alerts.ts';
import { sqlFolder } from './sql-folder.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]*$/);
const words = z.string().min(1);
const goal = z.enum(['lead_generation', 'customer_acquisition', 'customer_marketing']);

const threshold = z.strictObject({
  /** In the metric's own unit: 0.25 for a rate of 25 %. */
  value: z.number().optional(),
  /** Good is at or above the value, or below it: 25 % of active readers will do, 5 % of complaints will not. */
  compare: z.enum(['above', 'below']).optional(),
  text: words,
  source: words,
});

const fraction = z.strictObject({ numerator: words, denominator: words.optional() });

const vendor = z.strictObject({
  /** What the vendor calls the number. */
  name: words,
  /** How its own number differs; `None` when it does not. */
  difference: words,
  /** Its own definition, in columns of campaign_performance (and unique_link_click_count): `as_esp_shows` computes it. */
  formula: fraction.optional(),
  /** The number that it states itself, in measures of `fct_campaign_counter`. */
  stated: fraction.optional(),
  /** Factor of its scale: 100 where it shows percent. */
  scale: z.literal([1, 100]).default(1),
});

/** How many metrics the article lists. */
export const ARTICLE_METRICS = 21;

const metric = z
  .strictObject({
    key: name,
    column: name,
    mart: name,
    name: words,
    /** Number in the list of 21 metrics, and key of `advice`; absent for metrics that are our own. */
    article: z.int().min(1).max(ARTICLE_METRICS).optional(),
    question: z.string().endsWith('?'),
    /** Columns of the mart, or an expression of them; `mart.column` for one of another mart. */
    numerator: words,
    denominator: words.nullish(),
    /** What the metric is made of; from it and a connector's `feeds` follows which source feeds it. */
    needs: z
      .partialRecord(z.enum(factNames), z.enum(depths))
      .refine((needs) => Object.keys(needs).length > 0, { message: 'a metric is made of something' }),
    grain: words,
    window: words,
    /** rate: 0–1; ratio: any number; money: in the row's currency_code; count: whole number; seconds: a span of time. */
    unit: z.enum(['rate', 'ratio', 'money', 'count', 'seconds']),
    /** Which way is good. */
    direction: z.enum(['up', 'down', 'neutral']),
    threshold: threshold.optional(),
    /** What is not as for every threshold, and rules without one: see metric-alerts.ts. */
    alert: alertSpec.optional(),
    esp: z.record(z.string(), vendor),
    /** In which direction the number is off, and why. */
    bias: words,
    goals: z.array(goal).readonly(),
    /** False while its inputs are not connected and the column is NULL everywhere. */
    available: z.boolean().default(true),
  })
  .refine(
    ({ threshold: { value, compare } = { text: '', source: '' } }) => (value === undefined) === (compare === undefined),
    {
      message: 'a threshold with a value says on which side of it is good, and the other way round',
    },
  )
  .refine(
    ({ unit, denominator, available }) =>
      !available || unit === 'money' || (unit === 'count' || unit === 'seconds') === !denominator,
    { message: 'a rate or ratio has a denominator, a count and a span of time have none' },
  )
  .refine(({ alert, threshold: found }) => (alert?.kind ?? 'baseline') !== 'threshold' || found?.value !== undefined, {
    message: 'an alert on a threshold needs its value',
  });

const scopes = z.enum(['all', 'account', 'campaign', 'list', 'subscriber_cohort', 'domain']);
const periods = z.enum(['day', 'month', 'lifetime', 'window']);

/** What the rows of a mart are and what they add up to; a mart that has this is in `metric_values` with all its plain sums. */
const martRows = z.strictObject({
  /** Whether a row belongs to one account of one source. */
  account: z.boolean(),
  /** Whether it says in `unavailable_reason` why a column is NULL. */
  reasons: z.boolean().default(true),
  /** The rows' date, by the mart's date basis. */
  date: name.optional(),
  /** Days of a row's window, which ends with its date. */
  window: name.optional(),
  levels: z
    .array(
      z.strictObject({
        scope: scopes.optional(),
        /** Column that holds the scope, where the rows are of several. */
        scope_column: name.optional(),
        /** Column, or expression, of the scope's id; accounts and the whole company need none. */
        id: words.optional(),
        periods: z.array(periods).min(1),
      }),
    )
    .min(1),
});

const advice = z.strictObject({ en: words, vi: words });

const catalog = z
  .strictObject({
    /** The e-mail services that definitions are compared with, by connector name. */
    vendors: z.record(name, words),
    /** By article number: what to do about the number, in our own words. */
    advice: z.record(z.string().regex(/^\d+$/), advice),
    marts: z.record(name, martRows),
    metrics: z.array(metric).min(1),
    columns: z.record(z.string(), words),
  })
  .superRefine(({ metrics, vendors, advice: texts }, context) => {
    const issue = (message: string): void => context.addIssue({ code: 'custom', message });
    const keys = new Set<string>();
    const places = new Set<string>();
    for (const { key, mart, column, esp, article } of metrics) {
      if (keys.has(key)) issue(`two metrics have the key ${key}`);
      if (places.has(`${mart}.${column}`)) issue(`two metrics are the column ${mart}.${column}`);
      keys.add(key);
      places.add(`${mart}.${column}`);
      for (const id of Object.keys(esp)) if (!(id in vendors)) issue(`${key}: ${id} is not among the vendors`);
      if (article !== undefined && !(article in texts)) issue(`${key}: there is no advice ${article}`);
    }
  });

/** Every metric that exists, and the description of every other column of the marts. */
export type MetricCatalog = z.infer<typeof catalog>;
export type Metric = MetricCatalog['metrics'][number];

/** Checks the catalog's text; throws with every mistake and its place. */
export function parseMetricCatalog(text: string): MetricCatalog {
  const result = catalog.safeParse(parse(text));
  if (!result.success) throw new Error(`sql/includes/metrics.yaml is not valid:\n${z.prettifyError(result.error)}`);
  return result.data;
}

let loaded: MetricCatalog | undefined;

/** The project's catalog, the only list of metrics there is; read once a process. */
export function loadMetricCatalog(): MetricCatalog {
  loaded ??= parseMetricCatalog(readFileSync(join(sqlFolder(), 'includes', 'metrics.yaml'), 'utf8'));
  return loaded;
}

/** Numerator over denominator as people read it: sums and differences in parentheses. */
export function formulaText(
  { numerator, denominator }: { readonly numerator: string; readonly denominator?: string | null | undefined },
  over = '/',
): string {
  const part = (text: string): string => (/ [+-] /.test(text) ? `(${text})` : text);
  return denominator ? `${part(numerator)} ${over} ${part(denominator)}` : numerator;
}
