import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { depths, factNames } from '../contracts/facts.ts';
import { sqlFolder } from './compile.ts';

const goal = z.enum(['lead_generation', 'customer_acquisition', 'customer_marketing']);

const threshold = z.strictObject({
  /** In the metric's own unit: 0.25 for a rate of 25 %. */
  value: z.number().optional(),
  compare: z.enum(['above', 'below']).optional(),
  text: z.string().min(1),
  source: z.string().min(1),
});

const vendor = z.strictObject({
  /** What the vendor calls the number. */
  name: z.string().min(1),
  /** How its own number differs; `None` when it does not. */
  difference: z.string().min(1),
});

/** How many metrics the article lists. */
export const ARTICLE_METRICS = 21;

const metric = z
  .strictObject({
    key: z.string().regex(/^[a-z][a-z0-9_]*$/),
    column: z.string().regex(/^[a-z][a-z0-9_]*$/),
    mart: z.string().regex(/^[a-z][a-z0-9_]*$/),
    name: z.string().min(1),
    /** Number in the list of 21 metrics; absent for metrics that are our own. */
    article: z.int().min(1).max(ARTICLE_METRICS).optional(),
    question: z.string().endsWith('?'),
    /** Columns of the mart, or an expression of them; `mart.column` for one of another mart. */
    numerator: z.string().min(1),
    denominator: z.string().min(1).nullish(),
    /** What the metric is made of; from it and a connector's `feeds` follows which source feeds it. */
    needs: z
      .partialRecord(z.enum(factNames), z.enum(depths))
      .refine((needs) => Object.keys(needs).length > 0, { message: 'a metric is made of something' }),
    grain: z.string().min(1),
    window: z.string().min(1),
    /** rate: 0–1; ratio: any number; money: in the row's currency_code; count: whole number. */
    unit: z.enum(['rate', 'ratio', 'money', 'count']),
    /** Which way is good. */
    direction: z.enum(['up', 'down', 'neutral']),
    threshold: threshold.optional(),
    esp: z.record(z.string(), vendor),
    /** In which direction the number is off, and why. */
    bias: z.string().min(1),
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
  .refine(({ unit, denominator, available }) => !available || unit === 'money' || (unit === 'count') === !denominator, {
    message: 'a rate or ratio has a denominator, a count has none',
  });

const catalog = z
  .strictObject({ metrics: z.array(metric).min(1), columns: z.record(z.string(), z.string().min(1)) })
  .superRefine(({ metrics }, context) => {
    const keys = new Set<string>();
    const places = new Set<string>();
    for (const { key, mart, column } of metrics) {
      if (keys.has(key)) context.addIssue({ code: 'custom', message: `two metrics have the key ${key}` });
      if (places.has(`${mart}.${column}`)) {
        context.addIssue({ code: 'custom', message: `two metrics are the column ${mart}.${column}` });
      }
      keys.add(key);
      places.add(`${mart}.${column}`);
    }
  });

/** Every metric that exists, and the description of every other column of the marts. */
export type MetricCatalog = z.infer<typeof catalog>;

/** Checks the catalog's text; throws with every mistake and its place. */
export function parseMetricCatalog(text: string): MetricCatalog {
  const result = catalog.safeParse(parse(text));
  if (!result.success) throw new Error(`sql/includes/metrics.yaml is not valid:\n${z.prettifyError(result.error)}`);
  return result.data;
}

/** The project's catalog, the only list of metrics there is. */
export function loadMetricCatalog(path: string = join(sqlFolder(), 'includes', 'metrics.yaml')): MetricCatalog {
  return parseMetricCatalog(readFileSync(path, 'utf8'));
}
