import type { Action, ActionSql, Declaration, DocumentedColumn, Engine, Graph } from './graph.ts';
import { arrange, plainStorage } from './graph.ts';
import { TransformError } from './errors.ts';
import type { Step } from './step.ts';

type Target = { readonly schema: string; readonly name: string; readonly database?: string };
type Documented = {
  readonly actionDescriptor?: {
    readonly description?: string;
    readonly columns?: readonly { readonly description?: string; readonly path: readonly string[] }[];
  };
};
type CompiledTable = Documented & {
  readonly type: 'table' | 'view' | 'incremental';
  readonly target: Target;
  readonly query: string;
  readonly incrementalQuery?: string;
  readonly preOps?: readonly string[];
  readonly postOps?: readonly string[];
  readonly incrementalPreOps?: readonly string[];
  readonly incrementalPostOps?: readonly string[];
  readonly uniqueKey?: readonly string[];
  readonly bigquery?: {
    readonly partitionBy?: string;
    readonly clusterBy?: readonly string[];
    readonly requirePartitionFilter?: boolean;
  };
  readonly dependencyTargets?: readonly Target[];
};
type CompiledAssertion = Documented & {
  readonly target: Target;
  readonly query: string;
  readonly dependencyTargets?: readonly Target[];
  readonly parentAction?: Target;
};
type CompiledOperations = Documented & {
  readonly target: Target;
  readonly queries: readonly string[];
  readonly dependencyTargets?: readonly Target[];
};

/** The parts of `dataform compile --json` that the runner reads. */
export type CompiledGraph = {
  readonly tables?: readonly CompiledTable[];
  readonly assertions?: readonly CompiledAssertion[];
  readonly operations?: readonly CompiledOperations[];
  readonly declarations?: readonly (Documented & { readonly target: Target })[];
  readonly projectConfig: { readonly defaultDatabase: string };
  readonly graphErrors?: {
    readonly compilationErrors?: readonly CompilationError[];
  };
};

/** Dataform's graph and the TypeScript steps as one graph of typed actions. */
export function parseGraph(
  compiled: CompiledGraph,
  settings: { readonly engine: Engine; readonly timeZone: string; readonly currency: string },
  steps: readonly Step[],
): Graph {
  const errors = compiled.graphErrors?.compilationErrors ?? [];
  if (errors.length > 0) {
    throw new TransformError(`The SQL project does not compile:\n${listed(errors)}`, {
      kind: 'compile',
      fix: 'Correct the files named above, in sql/.',
    });
  }
  const declarations = (compiled.declarations ?? []).map((one): Declaration => ({
    name: nameOf(one.target),
    ...documentation(one),
  }));
  const actions = [
    ...(compiled.tables ?? []).map(tableAction),
    ...assertionActions(compiled.assertions ?? []),
    ...(compiled.operations ?? []).map(operationsAction),
    ...steps.map(stepAction),
  ];
  return arrange({ ...settings, database: compiled.projectConfig.defaultDatabase, declarations }, actions);
}

type CompilationError = { readonly message?: string; readonly fileName?: string };

/** A broken include breaks every model that uses it: so many errors are shown, those of includes first. */
const shownErrors = 8;

function listed(errors: readonly CompilationError[]): string {
  const rank = ({ fileName = '' }: CompilationError): number => (fileName.startsWith('includes/') ? 0 : 1);
  const lines = errors
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ fileName = 'sql', message = 'unknown error' }) => `${fileName}: ${message}`);
  const distinct = [...new Set(lines)];
  const more = distinct.length - shownErrors;
  return [
    ...distinct.slice(0, shownErrors),
    ...(more > 0 ? [`... and ${more} more, many of which may follow from these.`] : []),
  ].join('\n');
}

const nameOf = (target: Target): string => `${target.schema}.${target.name}`;
const names = (targets: readonly Target[] | undefined): readonly string[] =>
  [...new Set((targets ?? []).map(nameOf))].toSorted();
const statements = (operations: readonly string[] | undefined): readonly string[] =>
  (operations ?? []).map((text) => text.trim()).filter((text) => text !== '');

function documentation(one: Documented): { description: string; columns: readonly DocumentedColumn[] } {
  return {
    description: one.actionDescriptor?.description ?? '',
    columns: (one.actionDescriptor?.columns ?? []).map((column) => ({
      name: column.path.join('.'),
      description: column.description ?? '',
    })),
  };
}

function tableAction(table: CompiledTable): Action {
  const full: ActionSql = {
    query: table.query.trim(),
    preOps: statements(table.preOps),
    postOps: statements(table.postOps),
  };
  return {
    name: nameOf(table.target),
    kind: table.type,
    full,
    ...(table.type === 'incremental' && {
      incremental: {
        query: (table.incrementalQuery ?? table.query).trim(),
        preOps: statements(table.incrementalPreOps),
        postOps: statements(table.incrementalPostOps),
      },
    }),
    uniqueKey: table.uniqueKey ?? [],
    bigquery: {
      ...(table.bigquery?.partitionBy !== undefined && { partitionBy: table.bigquery.partitionBy }),
      clusterBy: table.bigquery?.clusterBy ?? [],
      requirePartitionFilter: table.bigquery?.requirePartitionFilter ?? false,
    },
    reads: names(table.dependencyTargets),
    checks: null,
    ...documentation(table),
  };
}

/**
 * Dataform gives a model one assertion per kind of rule; here they are one action, because each action costs a round
 * through the orchestrator. Its rows name the rule that they break.
 */
function assertionActions(assertions: readonly CompiledAssertion[]): readonly Action[] {
  const ofModels = new Map<string, CompiledAssertion[]>();
  const free: Action[] = [];
  for (const assertion of assertions) {
    if (assertion.parentAction === undefined) {
      // A check of several rules says itself which of them a row breaks.
      const rule = /\bas rule\b/.test(assertion.query) ? 'rule' : `${literal(tableNameOf(assertion))} as rule`;
      const query = `select ${rule} from (${assertion.query.trim()}) as broken`;
      free.push(assertionAction(`checks.${assertion.target.name}`, query, assertion, null));
      continue;
    }
    const parent = nameOf(assertion.parentAction);
    ofModels.set(parent, [...(ofModels.get(parent) ?? []), assertion]);
  }
  const inline = [...ofModels].map(([parent, group]) => {
    const query = group
      .map((one) => `select ${ruleOf(one)} as rule from (${one.query.trim()}) as broken`)
      .join('\nunion all\n');
    return assertionAction(`checks.${parent.replace('.', '_')}`, query, group[0], parent);
  });
  return [...free, ...inline];
}

/** The place in an assertion that lets all rows through, and says which ones a run has changed: see dialect.changedOnly. */
const changedRows = /\/\* all rows \*\/ true \/\* changed rows: ([^]*?) \*\//g;

function assertionAction(
  name: string,
  query: string,
  source: CompiledAssertion | undefined,
  checks: string | null,
): Action {
  const changedOnly = query.replaceAll(changedRows, (_, condition: string) => `(${condition.replaceAll('’', "'")})`);
  return {
    name,
    kind: 'assertion',
    full: { query, preOps: [], postOps: [] },
    ...(changedOnly !== query && { incremental: { query: changedOnly, preOps: [], postOps: [] } }),
    uniqueKey: [],
    bigquery: plainStorage,
    reads: checks === null ? names(source?.dependencyTargets) : [checks],
    checks,
    description: source?.actionDescriptor?.description ?? `Rules of ${checks ?? name}`,
    columns: [],
  };
}

const tableNameOf = (assertion: CompiledAssertion): string =>
  assertion.actionDescriptor?.description ?? assertion.target.name;
const literal = (text: string): string => `'${text.replaceAll('\\', '').replaceAll("'", '’')}'`;

/** SQL that names the broken rule: Dataform's key assertions group by the key, its row conditions carry their text. */
function ruleOf(assertion: CompiledAssertion): string {
  const key = /\n\s*group by ([^\n]+)\n/i.exec(assertion.query)?.[1];
  return key === undefined ? `'broken: ' || failing_row_condition` : literal(`repeated key (${key.trim()})`);
}

function operationsAction(operations: CompiledOperations): Action {
  return {
    name: nameOf(operations.target),
    kind: 'operations',
    full: { query: '', preOps: statements(operations.queries), postOps: [] },
    uniqueKey: [],
    bigquery: plainStorage,
    reads: names(operations.dependencyTargets),
    checks: null,
    ...documentation(operations),
  };
}

function stepAction(step: Step): Action {
  return {
    name: step.writes.table,
    kind: 'step',
    full: { query: '', preOps: [], postOps: [] },
    uniqueKey: [],
    bigquery: plainStorage,
    reads: [step.reads],
    checks: null,
    description: `TypeScript step ${step.name}`,
    columns: [],
    step,
  };
}
