import type { Facts } from './fact-types.ts';
import type { TruthRow } from './tally.ts';

type Truth = (facts: Facts) => readonly TruthRow[];

const known = new WeakMap<Facts, Map<Truth, readonly TruthRow[]>>();

/** The truth of facts, computed once: its own mart, metric_values, the alerts and the next comparison ask for the same. */
export function truthOf(truth: Truth, facts: Facts): readonly TruthRow[] {
  const ofFacts = known.get(facts) ?? new Map<Truth, readonly TruthRow[]>();
  known.set(facts, ofFacts);
  const rows = ofFacts.get(truth) ?? truth(facts);
  ofFacts.set(truth, rows);
  return rows;
}
