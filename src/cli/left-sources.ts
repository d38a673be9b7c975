import { connectors } from '../../connectors/index.ts';
import type { Project } from '../config/load.ts';
import { WarehouseError } from '../warehouse/port.ts';
import type { Context } from './context.ts';
import type { StreamStatus } from './published-status.ts';
import { readLast } from './read-last.ts';

/** Says before the work which rows count although nobody reads them any more. */
export async function warnOfLeftSources({ output }: Context, project: Project): Promise<void> {
  try {
    const text = leftSourcesText(project, (await readLast(project)).streams);
    if (text !== undefined) output.warn(text);
  } catch (error) {
    // A damaged copy is no hindrance: a run publishes a new one.
    if (!(error instanceof WarehouseError)) throw error;
  }
}

/**
 * Sources with rows that mailmart.yaml does not name. Who left a service keeps its history this way; who gave a source another
 * id has all of it twice.
 */
export function leftSourcesText(project: Project, streams: readonly StreamStatus[]): string | undefined {
  const isRead = ({ source, account_id }: StreamStatus): boolean =>
    project.config.sources.some(({ id, type }) => id === account_id && (connectors[type]?.name ?? type) === source);
  const left = new Set(
    streams.filter((stream) => (stream.rows ?? 0) > 0 && !isRead(stream)).map((stream) => stream.account_id),
  );
  if (left.size === 0) return undefined;
  return (
    `The tables hold rows of sources that mailmart.yaml does not name, as they were read last, and count them: ${[...left].join(', ')}. ` +
    'Where a source got another id, give it back its own, or its rows count twice; ' +
    'to be without them, begin a new warehouse (warehouse: in mailmart.yaml): all is read again.'
  );
}
