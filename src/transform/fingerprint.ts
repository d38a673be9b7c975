import { createHash } from 'node:crypto';
import type { Action, Graph } from './graph.ts';
import { closedMonthsName } from './money-settings.ts';
import { stepsCodeHash } from './steps/index.ts';

/**
 * `<definition>.<data>`: the first part moves when the SQL of an action or of anything above it changes (an incremental
 * table is then built anew), the second when rows above it changed. Equal to the stored one: nothing to do.
 */
export type Fingerprint = string;

const digest = (parts: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 24);
};

/** Fingerprints of all actions, from the SQL and from the fingerprints of the declared tables alone: before anything runs. */
export function fingerprints(graph: Graph, declared: ReadonlyMap<string, string>): ReadonlyMap<string, Fingerprint> {
  const stepsCode = stepsCodeHash();
  // A memory of what was published: it matters when its reader is built for another reason, and is none itself.
  const stateOf = (read: string): string => (read === closedMonthsName ? 'memory' : (declared.get(read) ?? 'absent'));
  const definitions = new Map<string, string>();
  const data = new Map<string, string>();
  for (const action of graph.actions) {
    definitions.set(
      action.name,
      digest([
        graph.engine,
        action.kind,
        action.step === undefined ? '' : stepsCode,
        ...texts(action),
        ...action.reads.map((read) => `${read}=${definitions.get(read) ?? ''}`),
      ]),
    );
    data.set(action.name, digest(action.reads.map((read) => `${read}=${data.get(read) ?? stateOf(read)}`)));
  }
  return new Map(
    graph.actions.map(({ name }) => [name, `${definitions.get(name) ?? ''}.${data.get(name) ?? ''}`] as const),
  );
}

/** Whether two fingerprints come from the same SQL. */
export const sameDefinition = (a: Fingerprint, b: Fingerprint): boolean => a.split('.')[0] === b.split('.')[0];

function texts(action: Action): readonly string[] {
  const { full, incremental } = action;
  return [
    full.query,
    ...full.preOps,
    ...full.postOps,
    incremental?.query ?? '',
    ...(incremental?.preOps ?? []),
    ...(incremental?.postOps ?? []),
    ...action.uniqueKey,
  ];
}
