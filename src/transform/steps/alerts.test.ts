import { describe, expect, it } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import { alertRules, type AlertRule } from '../metric-alerts.ts';
import { loadMetricCatalog } from '../metric-catalog.ts';
import { alerts } from './alerts.ts';

const rules = alertRules(loadMetricCatalog());
const ruleOf = (name: string, scope?: string): AlertRule => {
  const found = rules.find(({ rule, scope: own }) => rule === name && (scope === undefined || own === scope));
  if (found === undefined) throw new Error(`no rule ${name}`);
  return found;
};

const dayAt = (index: number): string => new Date(Date.UTC(2026, 0, 1) + index * 86_400_000).toISOString().slice(0, 10);

/** A value as int_alert_values holds it. */
function value(rule: AlertRule, index: number, numerator: number, denominator: number | null, more: Row = {}): Row {
  return {
    ...rule,
    source: 'mailchimp',
    account_id: 'shop',
    scope_id: rule.scope === 'campaign' ? `c${index}` : 'shop',
    scope_name: `Mail ${index}`,
    day: dayAt(index),
    numerator: String(numerator),
    denominator: denominator === null ? null : String(denominator),
    value: denominator === null ? numerator : numerator / denominator,
    currency_code: rule.unit === 'money' ? 'EUR' : null,
    low_value: null,
    high_value: null,
    as_of_date: '2026-12-31',
    ...more,
  };
}

describe('a threshold', () => {
  // Just on the good side, then just past it; the values on the threshold itself are the article's.
  it.each<[string, number, number, number, boolean]>([
    ['active_audience', 400, 1000, 0.4, false],
    ['active_audience', 250, 1000, 0.25, false],
    ['active_audience', 249, 1000, 0.249, true],
    ['bounce_rate', 69, 100, 0.69, false],
    ['bounce_rate', 70, 100, 0.7, true],
    ['click_to_open_rate', 777, 10_000, 0.0777, false],
    ['click_to_open_rate', 776, 10_000, 0.0776, true],
    ['complaint_rate', 2, 1000, 0.002, false],
    ['complaint_rate', 3, 1000, 0.003, true],
    ['complaint_sent_rate', 49, 1000, 0.049, false],
    ['complaint_sent_rate', 50, 1000, 0.05, true],
  ])('of %s: %i of %i is %d, an alert: %s', (name, part, whole, rate, isAlert) => {
    const row = value(ruleOf(name), 1, part, whole);
    expect(row['value']).toBe(rate);
    expect(alerts.run([row]).length).toBe(isAlert ? 1 : 0);
  });

  it('of profit is a loss: nothing earned is none', () => {
    expect(alerts.run([value(ruleOf('profit'), 1, 0, null)])).toEqual([]);
    const [found] = alerts.run([value(ruleOf('profit'), 1, -0.01, null)]);
    expect(found?.['text']).toBe('Profit of campaign Mail 1 is -0.01 EUR; it should be at least 0.00 EUR');
  });

  it('of a month’s books is the whole company’s, once the month is over and its late costs are in', () => {
    expect(rules.filter(({ rule }) => rule === 'monthly_profit')).toMatchObject([{ scope: 'all', period: 'month' }]);
    const rule = ruleOf('monthly_profit');
    const loss = (asOf: string) => value(rule, 30, -250, null, { scope_id: 'all', as_of_date: asOf });
    expect(alerts.run([loss(dayAt(34))])).toEqual([]);
    const [found] = alerts.run([loss(dayAt(35))]);
    expect(found).toMatchObject({
      day: '2026-01-31',
      severity: 'warning',
      text: 'Profit of the month of the whole company is -250.00 EUR; it should be at least 0.00 EUR',
    });
  });

  it('is not judged on too few people, nor while readers are still reading', () => {
    expect(alerts.run([value(ruleOf('complaint_rate'), 1, 5, 99)])).toEqual([]);
    expect(alerts.run([value(ruleOf('complaint_rate'), 1, 5, 100)])).toHaveLength(1);
    const young = { as_of_date: dayAt(3) };
    expect(alerts.run([value(ruleOf('click_to_open_rate'), 1, 1, 1000, young)])).toEqual([]);
    expect(alerts.run([value(ruleOf('click_to_open_rate'), 1, 1, 1000, { as_of_date: dayAt(4) })])).toHaveLength(1);
    // What does harm is told at once.
    expect(alerts.run([value(ruleOf('complaint_rate'), 1, 50, 1000, { as_of_date: dayAt(1) })])).toHaveLength(1);
  });

  it('is less severe where a few people decide', () => {
    const rule = ruleOf('complaint_rate');
    const [sure] = alerts.run([value(rule, 1, 50, 1000, { low_value: 0.038, high_value: 0.065 })]);
    const [unsure] = alerts.run([value(rule, 1, 3, 1000, { low_value: 0.001, high_value: 0.0088 })]);
    expect([sure?.['severity'], unsure?.['severity']]).toEqual(['critical', 'warning']);
  });

  it.each<[string, number, number, string]>([
    ['active_audience', 0.22, 0.2499, 'warning'],
    ['active_audience', 0.22, 0.25, 'info'],
    ['complaint_rate', 0.003, 0.01, 'critical'],
    ['complaint_rate', 0.0029, 0.01, 'warning'],
  ])('of %s is for sure beyond the interval from %d to %d: %s', (name, low, high, severity) => {
    const row = value(ruleOf(name), 1, name === 'complaint_rate' ? 4 : 240, 1000, { low_value: low, high_value: high });
    expect(alerts.run([row])).toMatchObject([{ severity }]);
  });

  it('below nothing is back by the margin towards nothing', () => {
    const rule = { ...ruleOf('profit'), threshold_value: -100 };
    const of = (...profits: readonly number[]) =>
      alerts.run(profits.map((part, index) => value(rule, index, part, null)));
    expect(of(-101, -95, -95)[0]).toMatchObject({ closed_date: null });
    expect(of(-101, -90, -90)[0]).toMatchObject({ closed_date: dayAt(2) });
  });

  it('says what, where, how much and against what, with digits enough to see the difference', () => {
    const [found] = alerts.run([value(ruleOf('active_audience', 'account'), 1, 2496, 10_000)]);
    expect(found?.['text']).toBe(
      'Active audience of account Mail 1 is 24.96 % (2,496 of 10,000); it should be at least 25 %',
    );
    expect(found?.['advice']).toContain('inactive');
  });

  it('names a list as the models do: with its account where another one has a list of that name', () => {
    const list = (account: string) =>
      value(ruleOf('active_audience', 'list'), 1, 200, 1000, {
        account_id: account,
        scope_id: 'l1',
        scope_name: `Newsletter (${account})`,
      });
    const found = alerts.run([list('club'), list('shop')]);
    expect(found.map((row) => row['scope_name'])).toEqual(['Newsletter (club)', 'Newsletter (shop)']);
    expect(found.map((row) => row['text'])).toEqual([
      'Active audience of list Newsletter (club) is 20 % (200 of 1,000); it should be at least 25 %',
      'Active audience of list Newsletter (shop) is 20 % (200 of 1,000); it should be at least 25 %',
    ]);
  });

  it('says a name in one line, with nothing that turns or hides text, and cuts a long one', () => {
    const said = (name: string): string => {
      const [found] = alerts.run([value(ruleOf('complaint_rate'), 1, 5, 100, { scope_name: name })]);
      return /of campaign (.*) is 5 % \(5 of 100\)/su.exec(String(found?.['text']))?.[1] ?? '';
    };
    expect(said(' Sale\r\nWhat to do:\tnothing\u2028\u0000 now ')).toBe('Sale What to do: nothing now');
    expect(said('\u202Eelas\u2066\u200B ever\uFEFF\u001B[31m')).toBe('elas ever [31m');
    expect(said('👩‍👩‍👧 Đặt hàng ngay')).toBe('👩‍👩‍👧 Đặt hàng ngay');
    expect(said('😀'.repeat(200))).toBe(`${'😀'.repeat(79)}…`);
  });

  it('says of a domain what a person would', () => {
    const said = (domain: string): unknown =>
      alerts.run([value(ruleOf('domain_complaint_rate'), 1, 1, 125, { scope_id: domain, scope_name: domain })])[0]?.[
        'text'
      ];
    const rest = 'is 0.8 % (1 of 125); it should be below 0.3 %';
    expect(said('gmail.example')).toBe(`Complaint rate of domain gmail.example ${rest}`);
    expect(said('unknown')).toBe(`Complaint rate of mails whose domain is not known ${rest}`);
    const [list] = alerts.run([value(ruleOf('active_audience', 'list'), 1, 2, 100, { scope_name: 'unknown' })]);
    expect(list?.['text']).toMatch(/^Active audience of list unknown is 2 %/);
  });

  it('shows a part of a whole only of a rate: a score is no part of its messages', () => {
    const rule = rules.find(({ metric }) => metric === 'spam_score');
    if (rule === undefined) throw new Error('no rule of spam_score');
    const [found] = alerts.run([value(rule, 1, 7.1, 1)]);
    expect(found?.['text']).toMatch(/ is 7\.1; it should be at least 8$/);
  });
});

describe('an incident', () => {
  const rule = ruleOf('active_audience', 'account');
  const days = (parts: readonly number[]) => alerts.run(parts.map((part, index) => value(rule, index, part, 1000)));

  it('does not flap on the edge: one incident, however often the value crosses it', () => {
    const found = days([300, 249, 250, 249, 251, 248, 252, 249, 260]);
    expect(new Set(found.map((row) => row['incident_id'])).size).toBe(1);
    expect(found.map((row) => row['is_past_threshold'])).toEqual([true, false, true, false, true, false, true, false]);
    expect(found[0]).toMatchObject({ first_seen_date: dayAt(1), last_seen_date: dayAt(7), closed_date: null });
  });

  it('closes when it is back by the margin, seven days in a row, and not earlier', () => {
    const back = [275, 275, 275, 275, 275, 275];
    expect(days([249, ...back])[0]).toMatchObject({ closed_date: null });
    // 27.4 % is above the threshold, but not by a tenth of it: the count begins anew.
    expect(days([249, ...back, 274, ...back])[0]).toMatchObject({ closed_date: null });
    const closed = days([249, ...back, 275, 249]);
    expect(closed[0]).toMatchObject({ first_seen_date: dayAt(0), last_seen_date: dayAt(0), closed_date: dayAt(7) });
    expect(closed.at(-1)).toMatchObject({ first_seen_date: dayAt(8), closed_date: null });
    expect(new Set(closed.map((row) => row['incident_id'])).size).toBe(2);
  });

  it('is one for the campaigns of an account that follow each other, and another for another account', () => {
    const complaint = ruleOf('complaint_rate');
    const rows = [1, 2, 3].flatMap((index) => [
      value(complaint, index, 20, 1000),
      value(complaint, index, 20, 1000, { account_id: 'other' }),
    ]);
    expect(new Set(alerts.run(rows).map((row) => row['incident_id'])).size).toBe(2);
  });

  it('is another one for each list, scope and source', () => {
    const of = (scope: string, more: Row = {}) =>
      value(ruleOf('active_audience', scope), 1, 20, 1000, { scope_id: 'x', ...more });
    const found = alerts.run([
      of('list'),
      of('list', { scope_id: 'y' }),
      of('account'),
      of('list', { source: 'file' }),
    ]);
    expect(new Set(found.map((row) => row['incident_id'])).size).toBe(4);
    expect(new Set(found.map((row) => row['source']))).toEqual(new Set(['mailchimp', 'file']));
  });

  it('of what does harm is over below the threshold by the margin, not before', () => {
    const complaint = ruleOf('complaint_rate');
    const of = (...parts: readonly number[]) =>
      alerts.run(parts.map((part, index) => value(complaint, index, part, 10_000)))[0];
    expect(of(40, 28, 28)).toMatchObject({ closed_date: null });
    expect(of(40, 26, 26)).toMatchObject({ closed_date: dayAt(2) });
  });

  it('follows campaigns of one day by their ids, and two of them have two ids', () => {
    const complaint = ruleOf('complaint_rate');
    const rows = [40, 20, 20, 40].map((part, index) => value(complaint, index, part, 10_000, { day: dayAt(0) }));
    const found = alerts.run(rows.toReversed());
    expect(found.map((row) => row['scope_id'])).toEqual(['c0', 'c1', 'c3']);
    expect(new Set(found.map((row) => row['incident_id'])).size).toBe(2);
  });

  it('is named by ids: it stays the same when its campaign is called otherwise', () => {
    const complaint = ruleOf('complaint_rate');
    const ids = (name: string) =>
      alerts.run([value(complaint, 1, 20, 1000, { scope_name: name })]).map((row) => row['incident_id']);
    expect(ids('Spring')).toEqual(ids('Spring, corrected'));
  });

  it('is the same whatever order the rows come in', () => {
    const rows = [249, 250, 300, 249, 240].map((part, index) => value(rule, index, part, 1000));
    expect(alerts.run(rows.toReversed())).toEqual(alerts.run(rows));
  });
});

describe('unsubscribes', () => {
  const rule = ruleOf('unsubscribes');
  const usual = Array.from({ length: 20 }, (_, index) => value(rule, index * 3, 8 + (index % 3), 4000));

  it('are no alert at their usual level, and one after a marked rise, with the test named', () => {
    expect(alerts.run(usual)).toEqual([]);
    const [found] = alerts.run([...usual, value(rule, 70, 30, 4000)]);
    expect(found).toMatchObject({ first_seen_date: dayAt(70), is_past_threshold: true });
    expect(found?.['method']).toContain('negative binomial');
    expect(found?.['text']).toContain(`up to ${String(found?.['threshold_value'])} may be chance`);
    expect(Number(found?.['p_value'])).toBeLessThan(0.005);
    expect(Number(found?.['baseline_value'])).toBeCloseTo(9, 0);
    expect(found?.['text']).toMatch(
      /^Unsubscribes of campaign Mail 70: 30 of 4,000, where 8\.99 are usual and up to \d+ may be chance \(p < 0\.0001\)$/,
    );
  });

  it('are no alert where chance may do it, nor, however sure, where they are few more than usual', () => {
    expect(alerts.run([...usual, value(rule, 70, 16, 4000)])).toEqual([]);
    const many = usual.map((row) => ({ ...row, numerator: '900', denominator: '400000' }));
    expect(alerts.run([...many, value(rule, 70, 1150, 400_000)])).toEqual([]);
    expect(alerts.run([...many, value(rule, 70, 1400, 400_000)])).toMatchObject([{ metric: 'unsubscribe_rate' }]);
  });

  it('are not over while they are still unusual, though no alert by themselves', () => {
    const after = [20, 9].map((count, index) => value(rule, 71 + index, count, 4000));
    const found = alerts.run([...usual, value(rule, 70, 30, 4000), ...after]);
    expect(found.map((row) => [row['is_past_threshold'], row['closed_date']])).toEqual([
      [true, null],
      [false, null],
      [false, null],
    ]);
  });

  it('are over when two campaigns are usual again', () => {
    const after = [71, 72].map((index) => value(rule, index, 9, 4000));
    expect(alerts.run([...usual, value(rule, 70, 30, 4000), ...after])[0]).toMatchObject({ closed_date: dayAt(72) });
  });
});

describe('an open rate', () => {
  const rule = ruleOf('open_rate');

  it('is an alert far under the median of the account’s own past, which is named with its test', () => {
    const usual = Array.from({ length: 20 }, (_, index) => value(rule, index, 280 + (index % 5) * 10, 1000));
    const [found] = alerts.run([...usual, value(rule, 70, 230, 1000)]);
    expect(found).toMatchObject({ baseline_value: 0.3, method: expect.stringContaining('robust z-test') as unknown });
    expect(found?.['text']).toMatch(
      /^Open rate of campaign Mail 70 is 23 % \(230 of 1,000\); the account's own median is 30 % \(p = 0\.0004\)$/,
    );
  });
});
