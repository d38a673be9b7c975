import type { ModelRun, TableKind, Warehouse } from '../warehouse/port.ts';
import { TransformError } from './errors.ts';
import { fingerprints, isAbreast, sameDefinition, swapFingerprint, swappedAs, swappedIn } from './fingerprint.ts';
import {
  builtAs,
  followedBy,
  isMart,
  martsSchema,
  schemaOf,
  swapName,
  tableOf,
  upstreamOf,
  type Action,
  type Graph,
} from './graph.ts';

/** Why an action runs: its table is not there or it never ended well; its SQL (or that above it) changed; rows above it changed; asked for. */
export type PlanReason = 'missing' | 'definition' | 'inputs' | 'full';

/** One action to run; small and plain, so that it may travel through workflow history. */
export type PlannedAction = {
  readonly name: string;
  readonly kind: ModelRun['kind'];
  readonly fingerprint: string;
  readonly reason: PlanReason;
  /** Only what is new is computed; false builds the whole table. */
  readonly incremental: boolean;
  /** Fingerprint of its last run that ended well, if any. */
  readonly before?: string;
  /** What stands in its place; absent: nothing. */
  readonly stands?: TableKind;
  /** Planned actions that must have ended well before this one starts. */
  readonly waitsFor: readonly string[];
  /** Swap: the marts to bring into place. */
  readonly marts?: readonly string[];
};

export type TransformPlan = {
  /** In an order in which they may run one after the other. */
  readonly actions: readonly PlannedAction[];
  /** Actions whose SQL and inputs are what they were when they last ran. */
  readonly unchanged: readonly string[];
};

/**
 * What has to run, in dependency order: everything selected whose fingerprint moved or whose table is missing. `select`
 * holds names (`campaign_performance`, `core.dim_list`) or patterns (`core.*`); what they need and their checks come with them.
 */
export async function planTransform(options: {
  readonly warehouse: Warehouse;
  readonly graph: Graph;
  readonly select?: readonly string[];
  /** Runs everything selected, and builds incremental tables anew. */
  readonly full?: boolean;
  /** Fingerprints of the declared tables; default: as they are now. */
  readonly declared?: ReadonlyMap<string, string>;
}): Promise<TransformPlan> {
  const { warehouse, graph, full = false } = options;
  const prints = fingerprints(graph, options.declared ?? (await warehouse.tableFingerprints()));
  const stored = await warehouse.modelFingerprints();
  const present = await warehouse.tables();
  const select = options.select ?? [];
  const selected = select.length === 0 ? everything(graph) : selection(graph, select, await warehouse.failedModels());
  const swap = planSwap({ graph, selected, prints, present, full, before: stored.get(builtAs(swapName)) });
  const planned: Omit<PlannedAction, 'waitsFor'>[] = [];
  /** What they changed in this plan, or last, is not all that those who follow them must know. */
  const rebuilt = new Set<string>();
  const unchanged: string[] = [];
  for (const action of graph.actions) {
    if (!selected.has(action.name)) continue;
    const isSwap = action.name === swapName;
    const fingerprint = isSwap ? swap.fingerprint : (prints.get(action.name) ?? 'unknown');
    const before = stored.get(builtAs(action.name));
    const isThere = tablesAreThere(present, action, swap.marts);
    if (isSwap ? swap.marts.length === 0 : !full && before === fingerprint && isThere) {
      unchanged.push(action.name);
      continue;
    }
    const follows = followedBy(graph, action);
    const incremental =
      !full &&
      action.incremental !== undefined &&
      isThere &&
      before !== undefined &&
      sameDefinition(before, fingerprint) &&
      (follows.length === 0 ||
        (!follows.some((name) => rebuilt.has(name)) && isAbreast(action, (name) => stored.get(builtAs(name)))));
    if (!incremental) rebuilt.add(action.name);
    const stands = present.get(builtAs(action.name));
    planned.push({
      name: action.name,
      kind: action.kind,
      fingerprint,
      reason: full ? 'full' : reasonOf(before, fingerprint, isThere),
      incremental,
      ...(before !== undefined && { before }),
      ...(stands !== undefined && { stands }),
      ...(isSwap && { marts: swap.marts }),
    });
  }
  const names = new Set(planned.map(({ name }) => name));
  return {
    actions: planned.map((action) => ({
      ...action,
      waitsFor: (graph.waitsFor.get(action.name) ?? []).filter((name) => names.has(name)),
    })),
    unchanged,
  };
}

function reasonOf(before: string | undefined, fingerprint: string, isThere: boolean): PlanReason {
  if (!isThere || before === undefined) return 'missing';
  return sameDefinition(before, fingerprint) ? 'inputs' : 'definition';
}

/** The selected marts that do not stand in their place as they are to be, and what stands in all places once they do. */
function planSwap(options: {
  readonly graph: Graph;
  readonly selected: ReadonlySet<string>;
  readonly prints: ReadonlyMap<string, string>;
  readonly present: ReadonlyMap<string, TableKind>;
  readonly full: boolean;
  readonly before: string | undefined;
}): { readonly marts: readonly string[]; readonly fingerprint: string } {
  const { graph, selected, prints, present, full, before } = options;
  const stand = swappedIn(before);
  const after = new Map<string, string>();
  const marts: string[] = [];
  for (const { name } of graph.actions.filter(isMart)) {
    const stands = present.has(name) ? stand.get(name) : undefined;
    const isSelected = selected.has(name);
    const wanted = isSelected ? swappedAs(prints.get(name) ?? 'unknown') : stands;
    if (isSelected && (full || wanted !== stands)) marts.push(name);
    if (wanted !== undefined) after.set(name, wanted);
  }
  return { marts, fingerprint: swapFingerprint(after) };
}

function tablesAreThere(present: ReadonlyMap<string, TableKind>, action: Action, marts: readonly string[]): boolean {
  if (action.kind === 'assertion') return true;
  if (action.name === swapName) return marts.every((mart) => present.has(mart));
  return action.kind === 'operations' || present.has(builtAs(action.name));
}

const everything = (graph: Graph): ReadonlySet<string> => new Set(graph.actions.map(({ name }) => name));

function selection(graph: Graph, select: readonly string[], failed: ReadonlySet<string>): ReadonlySet<string> {
  const selected = new Set<string>();
  for (const wanted of select) {
    const pattern = new RegExp(`^(?:[a-z_]+\\.)?${escape(wanted)}$`);
    const exact = new RegExp(`^${escape(wanted)}$`);
    const matches = graph.actions.filter(
      ({ name, kind }) => kind !== 'assertion' && name !== swapName && (exact.test(name) || pattern.test(name)),
    );
    if (matches.length === 0) {
      throw new TransformError(`No model is named ${wanted}.`, { kind: 'selection', fix: suggestion(graph, wanted) });
    }
    for (const { name } of matches) {
      selected.add(name);
      for (const needed of upstreamOf(graph, name)) selected.add(needed);
    }
  }
  addChecks(graph, selected, failed);
  if (graph.actions.some((action) => isMart(action) && selected.has(action.name))) selected.add(swapName);
  return selected;
}

/**
 * Adds the checks that hold up the swap: those of one model, and those between tables that are all selected. One that failed
 * last and reads a selected mart comes with all that it reads: until it holds, no mart that it reads may be swapped.
 */
function addChecks(graph: Graph, selected: Set<string>, failed: ReadonlySet<string>): void {
  const assertions = graph.actions.filter(({ kind }) => kind === 'assertion');
  const isDue = ({ name, checks, reads }: Action): boolean => {
    if (checks !== null) return selected.has(checks);
    const needed = graph.waitsFor.get(name) ?? [];
    if (needed.length > 0 && needed.every((one) => selected.has(one))) return true;
    return failed.has(name) && reads.some((read) => schemaOf(read) === martsSchema && selected.has(read));
  };
  // What one brings along may make another one due.
  for (let before = -1; before !== selected.size;) {
    before = selected.size;
    for (const action of assertions) {
      if (selected.has(action.name) || !isDue(action)) continue;
      selected.add(action.name);
      for (const needed of upstreamOf(graph, action.name)) selected.add(needed);
    }
  }
}

const escape = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\?]/g, String.raw`\$&`).replaceAll('*', '.*');

function suggestion(graph: Graph, wanted: string): string {
  const tail = wanted.replace(/^.*\./, '');
  const likeness = (name: string): number => {
    const table = tableOf(name);
    let same = 0;
    while (same < tail.length && table[same] === tail[same]) same += 1;
    return same;
  };
  const models = graph.actions.filter(({ kind, name }) => kind !== 'assertion' && name !== swapName);
  const near = models
    .map((action) => ({ name: action.name, likeness: likeness(action.name) }))
    .filter((one) => one.likeness >= 3)
    .toSorted((a, b) => b.likeness - a.likeness || (a.name < b.name ? -1 : 1))
    .slice(0, 4);
  const shown = near.length > 0 ? near : models.filter(isMart);
  return `Choose a model or a pattern such as 'core.*'. Near are: ${shown.map(({ name }) => name).join(', ')}.`;
}
