import type { AnyStream, Connector } from '../../connectors/_kit/contract.ts';
import { modeOf } from '../../connectors/_kit/mode.ts';
import { code, table } from './table.ts';

// eslint-disable-next-line typescript/no-explicit-any -- connectors have different configs
type AnyConnector = Connector<any>;
// eslint-disable-next-line typescript/no-explicit-any -- as above
type SomeStream = AnyStream<any>;

/** What a connector reads, a line a stream. */
export function streamTable({ streams }: AnyConnector): string {
  return table(
    ['stream', 'a row', 'key', 'cursor', 'mode', 'partition', 'limit', 'permission', 'why it is special'],
    Object.entries(streams).map(([name, stream]) => [
      code(name),
      stream.description.replace(/^one row (a|per|an) /i, '').replace(/\.$/, ''),
      stream.primaryKey.map(code).join(', '),
      cursorText(stream),
      modeText(stream),
      stream.partitionBy === undefined ? '' : code(stream.partitionBy),
      code(stream.limit ?? 'default'),
      stream.permission ?? '',
      [stream.why, stream.plan?.why].filter((why) => why !== undefined).join('; '),
    ]),
  );
}

/** `default`: 10 at once; `logs`: 1 at once, 0.1/s. */
export function limitsText({ limits, rateHeaders }: AnyConnector): string {
  const rates = Object.entries(limits).map(
    ([name, { rps, concurrency }]) =>
      `${code(name)} ${concurrency} at once${rps === undefined ? '' : `, ${rateText(rps)}`}`,
  );
  const headers = rateHeaders === undefined ? [] : [`and what ${code(rateHeaders.remaining)} says is left`];
  return [...rates, ...headers].join('; ');
}

/** A rate below one a second is said by the minute or by the hour. */
function rateText(rps: number): string {
  const [count, unit] = rps >= 1 ? [rps, 'second'] : rps * 60 >= 1 ? [rps * 60, 'minute'] : [rps * 3600, 'hour'];
  return `${Number(count.toFixed(2))} a ${unit}`;
}

function cursorText({ cursor, push }: SomeStream): string {
  if (push !== undefined) return 'offset in the inbox';
  if (cursor === 'full-refresh') return 'whole';
  const filter = cursor.params === undefined ? 'filtered here, all is read' : 'filtered by the source';
  return `${code(cursor.field)} (${cursor.unit}), look-back ${cursor.lookback}, ${filter}`;
}

function modeText(stream: SomeStream): string {
  const mode = modeOf(stream);
  if (mode === 'push') return `push: posts to ${code(stream.push ?? '')}`;
  if (mode === 'export') return 'async export';
  if (mode !== 'per_parent') return mode;
  const parents = [stream.parent, ...(stream.moreParents ?? [])].filter((parent) => parent !== undefined);
  const names = parents.map((parent) => code(parent.stream)).join(', ');
  const isAged = parents.some((parent) => parent.ageing !== undefined);
  return `per parent: ${names}${isAged ? ', by age' : ''}`;
}
