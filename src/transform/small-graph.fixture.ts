import type { TableKind, Warehouse } from '../warehouse/port.ts';
import { builtAs, type Engine, type Graph } from './graph.ts';
import { parseGraph, type CompiledGraph } from './parse.ts';
import type { PlannedAction } from './plan.ts';
import type { Step } from './step.ts';

type CompiledTable = NonNullable<CompiledGraph['tables']>[number];

/** A model by name; all but what it reads has a default. */
export type SmallModel = Omit<Partial<CompiledTable>, 'target'> & { readonly reads?: readonly string[] };

export type SmallProject = {
  readonly engine?: Engine;
  readonly models: Readonly<Record<string, SmallModel>>;
  /** Rules by name: of the model `of`, or of none. */
  readonly checks?: Readonly<
    Record<string, { readonly of?: string; readonly reads?: readonly string[]; readonly query?: string }>
  >;
  readonly steps?: readonly Step[];
};

const targetOf = (name: string): CompiledTable['target'] => {
  const [schema = '', table = ''] = name.split('.');
  return { schema, name: table };
};

/** A compiled project of a few models. */
export function smallGraph({ engine = 'duckdb', models, checks = {}, steps = [] }: SmallProject): Graph {
  const compiled: CompiledGraph = {
    projectConfig: { defaultDatabase: 'p' },
    tables: Object.entries(models).map(([name, { reads = [], ...rest }]) => ({
      type: 'table',
      query: `select '${name}' as id`,
      ...rest,
      target: targetOf(name),
      dependencyTargets: reads.map(targetOf),
    })),
    assertions: Object.entries(checks).map(([name, { of, reads = [], query = 'select 1 as broken' }]) => ({
      target: targetOf(name),
      query,
      dependencyTargets: reads.map(targetOf),
      ...(of !== undefined && { parentAction: targetOf(of) }),
    })),
  };
  return parseGraph(compiled, { engine, timeZone: 'UTC', currency: 'EUR' }, steps);
}

/** What a plan looks at. */
export type SmallState = {
  readonly stored: Map<string, string>;
  readonly present: Map<string, TableKind>;
  readonly failed: Set<string>;
  readonly declared: Map<string, string>;
};

export const emptyState = (): SmallState => ({
  stored: new Map(),
  present: new Map(),
  failed: new Set(),
  declared: new Map(),
});

/** A warehouse for planning. */
export const planned = ({ stored, present, failed, declared }: SmallState): Warehouse =>
  ({
    modelFingerprints: () => Promise.resolve(stored),
    tables: () => Promise.resolve(present),
    failedModels: () => Promise.resolve(failed),
    tableFingerprints: () => Promise.resolve(declared),
  }) as Partial<Warehouse> as Warehouse;

/** Actions have ended well. */
export function endWell(state: SmallState, actions: readonly PlannedAction[]): void {
  for (const { name, kind, fingerprint, marts } of actions) {
    state.stored.set(builtAs(name), fingerprint);
    state.failed.delete(name);
    for (const mart of marts ?? []) state.present.set(mart, 'table');
    if (kind === 'table' || kind === 'incremental' || kind === 'step') state.present.set(builtAs(name), 'table');
    if (kind === 'view') state.present.set(builtAs(name), 'view');
  }
}
