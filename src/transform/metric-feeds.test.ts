import { describe, expect, it } from 'vitest';
import { factNames, type Feed, type Feeds } from '../contracts/facts.ts';
import { loadMetricCatalog } from './metric-catalog.ts';
import { fedBy, missingArticles } from './metric-feeds.ts';

const all = (feed: Feed): Feeds => Object.fromEntries(factNames.map((name) => [name, feed])) as Feeds;

describe('a source feeds a metric', () => {
  it('from single records when it tells every fact', () => {
    expect(fedBy(all('yes'), { open: 'total', delivered: 'each' })).toEqual({ level: 'yes', why: [], brings: [] });
  });

  it('with the conditions of its facts', () => {
    const feeds = { ...all('yes'), open: { yes: 'with a webhook' } };
    expect(fedBy(feeds, { open: 'each', sent: 'each' })).toMatchObject({
      level: 'yes',
      why: [{ fact: 'open', text: 'with a webhook' }],
    });
  });

  it('from totals when one fact has only totals and they will do', () => {
    const feeds = { ...all({ yes: 'mostly' }), open: { aggregate: 'counted' } };
    expect(fedBy(feeds, { open: 'total', sent: 'each' })).toEqual({
      level: 'aggregate only',
      why: [{ fact: 'open', text: 'counted' }],
      brings: [],
    });
  });

  it('not when a fact has only totals and single records are needed', () => {
    const feeds = { ...all('yes'), open: { aggregate: 'counted' } };
    expect(fedBy(feeds, { open: 'each', sent: 'each' })).toEqual({
      level: 'no',
      why: [{ fact: 'open', text: 'totals only: counted' }],
      brings: ['sent'],
    });
  });

  it('not when one fact is missing, however well it tells the others', () => {
    const feeds = { ...all('yes'), sent: { aggregate: 'counted' }, cost: { no: 'unknown' } };
    expect(fedBy(feeds, { order: 'each', sent: 'total', cost: 'each' })).toEqual({
      level: 'no',
      why: [{ fact: 'cost', text: 'unknown' }],
      brings: ['order', 'sent'],
    });
  });
});

it('knows which of the 21 metrics the catalog has not', () => {
  const catalog = loadMetricCatalog();
  expect(missingArticles(catalog)).toEqual([]);
  const without = { ...catalog, metrics: catalog.metrics.filter(({ article }) => article !== 1) };
  expect(missingArticles(without)).toEqual([1]);
});
