import { describe, expect, it } from 'vitest';
import { loadMetricCatalog, parseMetricCatalog } from './metric-catalog.ts';

const entry = `
metrics:
  - key: open_rate
    column: open_rate
    mart: campaign_performance
    name: Open rate
    article: 1
    question: Did the subject line reach the right people?
    numerator: human_unique_open_count
    denominator: delivered_count
    needs: { open: total, delivered: total }
    grain: campaign
    window: to date
    unit: rate
    direction: up
    esp: {}
    bias: Image blocking hides readers
    goals: [lead_generation]
columns: { day: Calendar day }
`;

describe('the metric catalog', () => {
  it('is valid, and has each of the 21 metrics', () => {
    const { metrics } = loadMetricCatalog();
    const articles = new Set(metrics.map(({ article }) => article));
    expect([...articles].filter((number) => number !== undefined).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 21 }, (_unused, index) => index + 1),
    );
    expect(metrics.find(({ key }) => key === 'active_audience')?.column).toBe('active_audience_rate');
  });

  it('reads a minimal entry', () => {
    expect(parseMetricCatalog(entry).metrics[0]).toMatchObject({ key: 'open_rate', available: true });
  });

  it.each([
    ['an unknown goal', entry.replace('[lead_generation]', '[leads]'), /goals/],
    ['a misspelt field', entry.replace('bias:', 'byas:'), /byas/],
    ['a rate without denominator', entry.replace('    denominator: delivered_count\n', ''), /has a denominator/],
    ['a metric number that the article has not', entry.replace('article: 1', 'article: 22'), /article/],
    ['a fact that no source tells', entry.replace('open: total', 'opened: total'), /opened/],
    ['a metric made of nothing', entry.replace('{ open: total, delivered: total }', '{}'), /made of something/],
    ['a depth that does not exist', entry.replace('open: total', 'open: some'), /needs\.open/],
    [
      'the same key twice',
      entry.replace(
        'columns:',
        entry.split('metrics:\n')[1]!.split('columns:')[0]!.trimStart().replace(/^/, '  ') + 'columns:',
      ),
      /two metrics have the key/,
    ],
    [
      'a threshold without a side',
      entry.replace('    esp: {}', '    threshold: { value: 1, text: t, source: s }\n    esp: {}'),
      /which side/,
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseMetricCatalog(text)).toThrow(message);
  });
});
