import { accountOf, streamOf } from './account.ts';
import type { AnyConnector, Deps } from './deps.ts';
import type { AccountPlan, AccountPlanInput, PlannedStream } from './types.ts';

/** The account's streams in dependency order. */
export function planAccount(deps: Pick<Deps, 'project' | 'connectors'>, input: AccountPlanInput): AccountPlan {
  const { connector, source } = accountOf(deps, input.accountId);
  const chosen = input.streams ?? (source.streams === 'all' ? Object.keys(connector.streams) : source.streams);
  return {
    source: connector.name,
    accountId: source.id,
    streams: inOrder(connector, chosen),
  };
}

/** Streams that must be loaded before this one is planned: its parents, the summary rows that say what moved, and `after`. */
export function dependenciesOf(connector: AnyConnector, stream: string): readonly string[] {
  const { parent, moreParents, after } = streamOf(connector, stream);
  const parents = [...(parent === undefined ? [] : [parent]), ...(moreParents ?? [])];
  const names = new Set([
    ...parents.flatMap(({ stream: name, ageing }) =>
      ageing?.movedBy === undefined ? [name] : [name, ageing.movedBy.stream],
    ),
    ...(after ?? []),
  ]);
  names.delete(stream);
  return [...names];
}

/** The chosen streams and all that they depend on, each after those it depends on. */
function inOrder(connector: AnyConnector, chosen: readonly string[]): readonly PlannedStream[] {
  const planned = new Map<string, PlannedStream>();
  const visit = (stream: string, path: readonly string[]): void => {
    if (planned.has(stream)) return;
    if (path.includes(stream)) {
      throw new Error(`Streams of ${connector.name} wait for each other: ${[...path, stream].join(' → ')}`);
    }
    const dependsOn = dependenciesOf(connector, stream);
    for (const name of dependsOn) visit(name, [...path, stream]);
    planned.set(stream, { stream, dependsOn });
  };
  for (const stream of chosen) visit(stream, []);
  return [...planned.values()];
}
