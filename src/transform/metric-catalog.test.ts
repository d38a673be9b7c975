import { describe, expect, it } from 'vitest';
import { alertRules } from './metric-alerts.ts';
import { formulaText, loadMetricCatalog, parseMetricCatalog } from './metric-catalog.ts';

const entry = `
vendors: { mailchimp: Mailchimp }
advice: { '1': { en: Look, vi: Xem } }
marts: {}
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

  it('has advice in both languages for each of the 21, in words of its own', () => {
    const { advice } = loadMetricCatalog();
    expect(Object.keys(advice).map(Number)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    for (const { en, vi } of Object.values(advice)) {
      expect(en).toMatch(/\.$/);
      expect(vi).toMatch(/[àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/);
    }
  });

  it('compares with the definitions of the twelve services', () => {
    const { metrics, vendors } = loadMetricCatalog();
    const told = new Set(metrics.flatMap(({ esp }) => Object.keys(esp)));
    const silent = Object.keys(vendors).filter((vendor) => !told.has(vendor));
    // Drift has no campaign e-mail at all; the other four are no e-mail services.
    expect(
      silent.filter((vendor) => !['ga4', 'glockapps', 'google_postmaster', 'spamassassin'].includes(vendor)),
    ).toEqual(['drift']);
    const ratio = metrics.find(({ key }) => key === 'click_to_open_rate')?.esp['hubspot'];
    expect(ratio).toMatchObject({ name: 'Click-through rate', scale: 100 });
    expect(ratio?.formula).toEqual({ numerator: 'human_unique_click_count', denominator: 'human_unique_open_count' });
  });

  it('writes formulas that can be computed as they stand: sums and differences in parentheses', () => {
    const { metrics } = loadMetricCatalog();
    const margin = metrics.find(({ key }) => key === 'profit_margin')!;
    expect(formulaText(margin)).toBe('profit_amount / (revenue_amount - refund_amount + conversion_value_amount)');
    const hubspot = metrics.find(({ key }) => key === 'click_to_open_rate')!;
    expect(formulaText(hubspot, '÷')).toBe('human_unique_click_count ÷ human_unique_open_count');
    expect(formulaText({ numerator: 'a - b' })).toBe('a - b');
  });

  it('has an alert rule for every threshold with a value, with the article’s numbers', () => {
    const catalog = loadMetricCatalog();
    const rules = new Map(alertRules(catalog).map((rule) => [rule.rule, rule]));
    for (const { key, threshold, available } of catalog.metrics) {
      if (threshold?.value !== undefined && available) expect([key, rules.has(key)]).toEqual([key, true]);
    }
    const said = (key: string) => [rules.get(key)?.good_side, rules.get(key)?.threshold_value];
    expect(said('active_audience')).toEqual(['above', 0.25]);
    expect(said('bounce_rate')).toEqual(['below', 0.7]);
    expect(said('click_to_open_rate')).toEqual(['above', 0.0777]);
    expect(said('complaint_rate')).toEqual(['below', 0.003]);
    expect(said('complaint_sent_rate')).toEqual(['below', 0.05]);
    expect(said('profit')).toEqual(['above', 0]);
    // What does harm is told at once; readers of a young campaign are still reading.
    expect(rules.get('unsubscribes')).toMatchObject({
      kind: 'rise',
      metric: 'unsubscribe_rate',
      good_side: 'below',
      settle_days: 0,
    });
    expect(rules.get('open_rate')).toMatchObject({ kind: 'median', good_side: 'above', settle_days: 3 });
    expect(rules.get('complaint_rate')).toMatchObject({ settle_days: 0 });
    expect(rules.get('monthly_profit')).toMatchObject({ settle_days: 5 });
    const { article } = catalog.metrics.find(({ key }) => key === 'profit')!;
    expect(rules.get('profit')?.advice).toBe(catalog.advice[article ?? 0]?.en);
    // What is not of a campaign is judged at once, over the window that the article names.
    expect(rules.get('active_audience')).toMatchObject({ settle_days: 0, window_text: '90 days' });
    expect(rules.get('click_to_open_rate')).toMatchObject({ settle_days: 3, window_text: null });
  });

  it('watches only what metric_values has: another rule would never find a row', () => {
    const catalog = loadMetricCatalog();
    const martOf = new Map(catalog.metrics.map(({ key, mart }) => [key, mart]));
    const rules = alertRules(catalog);
    const levelsOf = ({ metric }: (typeof rules)[number]) => catalog.marts[martOf.get(metric) ?? '']?.levels ?? [];
    const blind = rules.filter(
      (rule) =>
        !levelsOf(rule).some(
          (level) =>
            (level.scope === rule.scope || level.scope_column !== undefined) &&
            (level.periods as readonly string[]).includes(rule.period),
        ),
    );
    expect(rules.length).toBeGreaterThan(15);
    expect(blind.map(({ rule, scope, period }) => `${rule}: ${scope}, ${period}`)).toEqual([]);
  });

  it('has no rule of what is not known, and 0 is a threshold', () => {
    const catalog = loadMetricCatalog();
    const unknown = catalog.metrics.map((metric) =>
      metric.key === 'profit' ? { ...metric, available: false } : metric,
    );
    const rulesOf = (metrics: typeof catalog.metrics) =>
      alertRules({ ...catalog, metrics }, { bounce_rate: { threshold: 0 } });
    expect(rulesOf(catalog.metrics).some(({ rule }) => rule === 'profit')).toBe(true);
    expect(rulesOf(unknown).some(({ rule }) => rule === 'profit')).toBe(false);
    expect(rulesOf(unknown).find(({ rule }) => rule === 'bounce_rate')?.threshold_value).toBe(0);
  });

  it('leaves out a rule that is off and takes another threshold', () => {
    const rules = alertRules(loadMetricCatalog(), { profit: { on: false }, active_audience: { threshold: 0.2 } });
    expect(rules.some(({ rule }) => rule === 'profit')).toBe(false);
    expect(rules.filter(({ rule }) => rule === 'active_audience').map((rule) => rule.threshold_value)).toEqual([
      0.2, 0.2, 0.2,
    ]);
  });

  it('reads a minimal entry', () => {
    expect(parseMetricCatalog(entry).metrics[0]).toMatchObject({ key: 'open_rate', available: true });
  });

  it.each([
    ['an unknown goal', entry.replace('[lead_generation]', '[leads]'), /goals/],
    [
      'a vendor that is not listed',
      entry.replace('esp: {}', 'esp: { klaviyo: { name: n, difference: None } }'),
      /klaviyo/,
    ],
    ['an article number without advice', entry.replace("{ '1':", "{ '2':"), /no advice 1/],
    [
      'an alert on a threshold that has no value',
      entry.replace('esp: {}', 'threshold: { text: t, source: s }\n    alert: { kind: threshold }\n    esp: {}'),
      /needs its value/,
    ],
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
