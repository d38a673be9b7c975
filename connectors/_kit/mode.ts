import type { AnyStream } from './contract.ts';

/** How the rows of a stream come to us; of several words that hold, the one that says most. */
export type StreamMode = 'push' | 'export' | 'file' | 'per_parent' | 'incremental' | 'snapshot';

// eslint-disable-next-line typescript/no-explicit-any -- whatever the connector's config is
export function modeOf(stream: AnyStream<any>): StreamMode {
  if (stream.push !== undefined) return 'push';
  if ('read' in stream && stream.mode !== undefined) return stream.mode;
  if (stream.parent !== undefined) return 'per_parent';
  return stream.cursor === 'full-refresh' ? 'snapshot' : 'incremental';
}
