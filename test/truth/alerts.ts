import { Decimal } from 'decimal.js';
import { alertRules, type AlertRule } from '../../src/transform/metric-alerts.ts';
import { loadMetricCatalog } from '../../src/transform/metric-catalog.ts';
import { addDays } from './calendar.ts';
import type { Facts } from './fact-types.ts';
import { metricValues } from './metric-values.ts';
import type { TruthRow } from './tally.ts';
import { truthOf } from './truth-of.ts';

type Point = {
  readonly row: TruthRow;
  readonly day: string;
  readonly value: number;
  readonly part: number;
  readonly whole: number;
};
type Verdict = {
  readonly bad: boolean;
  readonly back: boolean;
  readonly limit: number | null;
  readonly usual: number | null;
  readonly p: number | null;
};

/** Every open day of every rule, from the truth of metric_values: the rules are data, what they do is written a second time. */
export function alerts(facts: Facts): readonly TruthRow[] {
  const values = truthOf(metricValues, facts);
  return alertRules(loadMetricCatalog()).flatMap((rule) => {
    const watched = values.filter(
      (row) =>
        row['metric'] === rule.metric &&
        row['scope'] === rule.scope &&
        row['period'] === rule.period &&
        (row['window_text'] ?? null) === rule.window_text &&
        row['value'] !== null,
    );
    const series = Map.groupBy(
      watched,
      (row) =>
        `${String(row['source'])} ${String(row['account_id'])} ${rule.scope === 'campaign' ? '' : String(row['scope_id'])}`,
    );
    return [...series.values()].flatMap((rows) =>
      incidents(
        rule,
        rows.map((row) => point(rule, row)),
        facts.asOf,
      ),
    );
  });
}

function point(rule: AlertRule, row: TruthRow): Point {
  const day = String(rule.period === 'lifetime' ? row['period_start'] : row['period_end']);
  const of = (column: string): number => new Decimal((row[column] as Decimal | null) ?? Number.NaN).toNumber();
  return { row, day, value: of('value'), part: of('numerator'), whole: of('denominator') };
}

function incidents(rule: AlertRule, unordered: readonly Point[], asOf: string): readonly TruthRow[] {
  const points = unordered.toSorted((a, b) =>
    `${a.day} ${String(a.row['scope_id'])}` < `${b.day} ${String(b.row['scope_id'])}` ? -1 : 1,
  );
  const judged = points
    .filter(
      ({ day, whole }) => (Number.isNaN(whole) || whole >= rule.least_count) && addDays(day, rule.settle_days) <= asOf,
    )
    .map((one) => ({ one, verdict: judge(rule, one, points) }));
  const rows: TruthRow[] = [];
  for (let start = 0; start < judged.length; start += 1) {
    if (judged[start]?.verdict.bad !== true) continue;
    // The incident reaches to the first run of good ones that is long enough.
    const end = judged.findIndex(
      (_, at) =>
        at - start >= rule.close_after &&
        judged.slice(at - rule.close_after + 1, at + 1).every(({ verdict }) => verdict.back),
    );
    const members = judged.slice(start, end === -1 ? undefined : end);
    const last = members.findLast(({ verdict }) => verdict.bad);
    for (const { one, verdict } of members) {
      rows.push({
        rule: rule.rule,
        scope: rule.scope,
        source: one.row['source'] ?? null,
        account_id: one.row['account_id'] ?? null,
        scope_id: one.row['scope_id'] ?? null,
        day: one.day,
        value: one.value,
        threshold_value: rule.kind === 'threshold' ? rule.threshold_value : verdict.limit,
        baseline_value: verdict.usual,
        p_value: verdict.p,
        is_past_threshold: verdict.bad,
        first_seen_date: members[0]?.one.day ?? '',
        last_seen_date: last?.one.day ?? '',
        closed_date: judged[end]?.one.day ?? null,
      });
    }
    if (end === -1) break;
    start = end;
  }
  return rows;
}

function judge(rule: AlertRule, now: Point, all: readonly Point[]): Verdict {
  const threshold = rule.threshold_value ?? Number.NaN;
  const far = Math.abs(threshold) * rule.margin;
  const none = { limit: null, usual: null, p: null };
  if (rule.kind === 'threshold') {
    return rule.good_side === 'above'
      ? { bad: now.value < threshold, back: now.value >= threshold + far, ...none }
      : { bad: now.value >= threshold, back: now.value < threshold - far, ...none };
  }
  const past = all.filter(({ day, whole }) => day < now.day && day >= addDays(now.day, -365) && whole > 0);
  if (past.length < 8) return { bad: false, back: false, ...none };
  return rule.kind === 'median' ? belowMedian(past, now) : aboveUsual(past, now);
}

const middle = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
};

function belowMedian(past: readonly Point[], now: Point): Verdict {
  const rates = past.map(({ part, whole }) => part / whole);
  const usual = middle(rates);
  const mad = 1.4826 * middle(rates.map((rate) => Math.abs(rate - usual)));
  const sd = Math.sqrt(mad ** 2 + (usual * (1 - usual)) / now.whole);
  if (sd === 0) return { bad: false, back: false, limit: null, usual: null, p: null };
  const p = normal((now.part / now.whole - usual) / sd);
  return { bad: p < 0.005, back: p >= 0.05, limit: Math.max(0, usual - 2.5758293035489 * sd), usual, p };
}

/** Φ by Simpson's rule. */
function normal(z: number): number {
  const steps = 20_000;
  const from = Math.min(-12, z - 12);
  const h = (z - from) / steps;
  let sum = 0;
  for (let n = 0; n <= steps; n += 1) {
    sum += Math.exp(-((from + n * h) ** 2) / 2) * (n === 0 || n === steps ? 1 : n % 2 === 1 ? 4 : 2);
  }
  return (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

function aboveUsual(past: readonly Point[], now: Point): Verdict {
  const date = ({ day }: Point): Date => new Date(`${day}T00:00:00Z`);
  let weights = past.map(() => 1);
  let expect: (one: Point) => number = () => 0;
  let spread = 1;
  for (let round = 0; round < 3; round += 1) {
    const w = weights;
    const total = (pick: (one: Point) => number, only: (one: Point) => boolean = () => true): number =>
      past.reduce((sum, one, n) => sum + (only(one) ? (w[n] ?? 0) * pick(one) : 0), 0);
    const rate = (total(({ part }) => part) + 0.5) / total(({ whole }) => whole);
    const seasonal =
      (part: (one: Point) => number, base: (one: Point) => number) =>
      (one: Point): number => {
        const same = (other: Point): boolean => part(other) === part(one);
        return (
          base(one) * (past.some(same) ? (total(({ part: count }) => count, same) + 10) / (total(base, same) + 10) : 1)
        );
      };
    const weekday = seasonal(
      (one) => date(one).getUTCDay(),
      ({ whole }) => rate * whole,
    );
    const both = seasonal((one) => date(one).getUTCMonth(), weekday);
    expect = both;
    spread = Math.max(1.001, total((one) => (one.part - both(one)) ** 2 / both(one)) / (past.length - 1));
    const raw = past.map((one) => {
      const residual = (1.5 * (one.part ** (2 / 3) / both(one) ** (1 / 6) - both(one) ** 0.5)) / spread ** 0.5;
      return residual > 1 ? 1 / residual ** 2 : 1;
    });
    weights = raw.map((one) => (one / raw.reduce((a, b) => a + b, 0)) * past.length);
  }
  const usual = expect(now);
  const dispersion = spread * (1 + now.whole / past.reduce((sum, { whole }) => sum + whole, 0));
  const p = tail(now.part, usual, dispersion);
  let limit = Math.ceil(usual);
  while (tail(limit + 1, usual, dispersion) >= 0.005) limit += 1;
  return {
    bad: p < 0.005 && now.part >= 1.5 * usual,
    back: p >= 0.05,
    limit: Math.max(limit, Math.ceil(usual * 1.5) - 1),
    usual,
    p,
  };
}

/** P(X ≥ count), added up term by term: variance = dispersion × mean. */
function tail(count: number, mean: number, dispersion: number): number {
  const size = mean / (dispersion - 1);
  let term = Math.exp(-size * Math.log(dispersion));
  let below = 0;
  for (let k = 0; k < count; k += 1) {
    below += term;
    term *= ((k + size) / (k + 1)) * (1 - 1 / dispersion);
  }
  return 1 - below;
}
