import { createHash } from 'node:crypto';
import { plainStorage, type Action, type Graph } from './graph.ts';
import { closedMonthsName } from '../warehouse/closed-months.ts';
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
export function fingerprints(
  graph: Graph,
  declared: ReadonlyMap<string, string>,
  stepsCode = stepsCodeHash(),
): ReadonlyMap<string, Fingerprint> {
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
        ...storage(graph, action),
        ...action.reads.map((read) => `${read}=${definitions.get(read) ?? ''}`),
      ]),
    );
    data.set(
      action.name,
      dataOf(action, (read) => data.get(read) ?? stateOf(read)),
    );
  }
  return new Map(
    graph.actions.map(({ name }) => [name, `${definitions.get(name) ?? ''}.${data.get(name) ?? ''}`] as const),
  );
}

const dataOf = (action: Action, dataOfRead: (read: string) => string | undefined): string =>
  digest(action.reads.map((read) => `${read}=${dataOfRead(read) ?? 'absent'}`));

/** Whether an action last ran on its inputs as they are: both fingerprints as stored. Of inputs that are models. */
export function isAbreast(action: Action, stored: (name: string) => Fingerprint | undefined): boolean {
  const data = (name: string): string | undefined => stored(name)?.split('.')[1];
  return data(action.name) === dataOf(action, data);
}

/** Whether two fingerprints come from the same SQL. */
export const sameDefinition = (a: Fingerprint, b: Fingerprint): boolean => a.split('.')[0] === b.split('.')[0];

/** What stands in the place of each mart, by a digest of the mart's fingerprint. */
type Swapped = ReadonlyMap<string, string>;

export const swappedAs = (fingerprint: Fingerprint): string => digest([fingerprint]).slice(0, 12);

/** The swap's own: one row of the run log says of every mart, whichever was selected, what stands in its place. */
export const swapFingerprint = (swapped: Swapped): Fingerprint =>
  `swap.${[...swapped].map(([mart, print]) => `${mart}=${print}`).join(' ')}`;

/** Empty where nothing was swapped yet, or by a version that remembered one hash of them all. */
export function swappedIn(fingerprint: Fingerprint | undefined): Swapped {
  const pairs = fingerprint?.replace(/^swap\./, '').matchAll(/(\S+)=(\S+)/g) ?? [];
  return new Map(Array.from(pairs, ([, mart = '', print = '']) => [mart, print] as const));
}

/** How BigQuery is to store the table: another form is another table. DuckDB has none, and most models have none. */
function storage({ engine }: Graph, { bigquery }: Action): readonly string[] {
  const isPlain = JSON.stringify(bigquery) === JSON.stringify(plainStorage);
  return engine === 'bigquery' && !isPlain ? [JSON.stringify(bigquery)] : [];
}

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
