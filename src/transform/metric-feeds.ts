import type { Fact, Feed, Feeds } from '../contracts/facts.ts';
import { ARTICLE_METRICS, type Metric, type MetricCatalog } from './metric-catalog.ts';

/** Whether a source by itself feeds a metric: from single records, from totals, or not. */
export type FedLevel = 'yes' | 'aggregate only' | 'no';

export type Fed = {
  readonly level: FedLevel;
  /** Per fact that limits it: what is missing, or the condition of a yes. */
  readonly why: readonly { readonly fact: Fact; readonly text: string }[];
  /** Facts that the source brings to a metric that it does not feed alone. */
  readonly brings: readonly Fact[];
};

/** A feed is as good as the weakest of the facts that the metric needs. */
export function fedBy(feeds: Feeds, needs: Metric['needs']): Fed {
  const parts = Object.entries(needs).map(([name, depth]) => {
    const fact = name as Fact;
    return { fact, ...judged(feeds[fact], depth) };
  });
  const level = parts.some(({ level }) => level === 'no')
    ? 'no'
    : parts.some(({ level }) => level === 'aggregate only')
      ? 'aggregate only'
      : 'yes';
  const limiting = parts.filter((part) => part.level === level && part.text !== undefined);
  return {
    level,
    why: limiting.map(({ fact, text = '' }) => ({ fact, text })),
    brings: level === 'no' ? parts.filter((part) => part.level !== 'no').map(({ fact }) => fact) : [],
  };
}

/** Numbers of the article's list that no metric of the catalog has yet. */
export function missingArticles({ metrics }: MetricCatalog): readonly number[] {
  const known = new Set(metrics.map(({ article }) => article));
  return Array.from({ length: ARTICLE_METRICS }, (_, index) => index + 1).filter((number) => !known.has(number));
}

function judged(feed: Feed, depth: 'each' | 'total'): { readonly level: FedLevel; readonly text?: string } {
  if (feed === 'yes') return { level: 'yes' };
  if ('yes' in feed) return { level: 'yes', text: feed.yes };
  if ('no' in feed) return { level: 'no', text: feed.no };
  return depth === 'total'
    ? { level: 'aggregate only', text: feed.aggregate }
    : { level: 'no', text: `totals only: ${feed.aggregate}` };
}
