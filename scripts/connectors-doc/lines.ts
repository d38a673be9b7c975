import path from 'node:path';
import type { AnyStream, Connector } from '../../connectors/_kit/contract.ts';
import { declarationsOf } from './declarations.ts';
import { code, table } from './table.ts';

/** A declaration of a regular API is no longer than this. */
export const REGULAR_LINES = 15;
/** A longer one says why. */
export const LINES_WITHOUT_WHY = 25;

// eslint-disable-next-line typescript/no-explicit-any -- connectors have different configs
type Registry = Readonly<Record<string, Connector<any>>>;

export type StreamLines = {
  readonly connector: string;
  /** One, or the several that stand in one declaration. */
  readonly streams: readonly string[];
  readonly file: string;
  readonly lines: number;
  readonly why: string | undefined;
};

/** Lines of every stream's declaration, longest first. */
export function linesOfStreams(registry: Registry, folder: string): readonly StreamLines[] {
  return Object.values(registry)
    .flatMap((connector) => {
      const own = connector.name.replaceAll('_', '-');
      return declarationsOf(path.join(folder, own), Object.keys(connector.streams)).map((declaration) => ({
        connector: connector.name,
        streams: declaration.shared ?? [declaration.stream],
        file: `connectors/${own}/${declaration.file}`,
        lines: declaration.lines,
        why: whyOf(connector.streams[declaration.stream]!),
      }));
    })
    .toSorted(
      (a, b) => b.lines - a.lines || `${a.connector} ${a.streams[0]}`.localeCompare(`${b.connector} ${b.streams[0]}`),
    );
}

/** The table, and how many declarations are regular. */
export function lineTable(registry: Registry, folder: string): string {
  const all = linesOfStreams(registry, folder);
  const regular = all.filter(({ lines }) => lines <= REGULAR_LINES).length;
  return [
    `Lines with code of each declaration, longest first; a builder or schema that several streams share is not counted. ${regular} of ${all.length} have at most ${REGULAR_LINES}; above ${LINES_WITHOUT_WHY} a declaration says why.`,
    table(
      ['lines', 'stream', 'file', 'why'],
      all.map(({ connector, streams, file, lines, why }) => [
        String(lines),
        streams.map((stream) => code(`${connector}.${stream}`)).join(', '),
        code(file),
        lines > REGULAR_LINES ? (why ?? '') : '',
      ]),
    ),
  ].join('\n\n');
}

// eslint-disable-next-line typescript/no-explicit-any -- as above
const whyOf = (stream: AnyStream<any>): string | undefined => stream.why ?? stream.plan?.why;
