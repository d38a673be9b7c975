import { connectors } from '../../../connectors/index.ts';
import { nearest } from '../../config/suggest.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { tableText } from '../table.ts';

/** One stream as `discover` shows it. */
export type StreamFacts = {
  readonly name: string;
  readonly table: string;
  readonly description: string;
  readonly primary_key: readonly string[];
  readonly cursor: string | null;
  /** snapshot: read whole; incremental: by cursor; per_parent: one work item a parent; push: posted to `mailmart receive`. */
  readonly kind: 'snapshot' | 'incremental' | 'per_parent' | 'push';
  /** Who filters: the source, mailmart (the whole is read and old rows dropped), re-reads by age, nobody; or nothing is asked for. */
  readonly incremental: 'source' | 'here' | 'by_age' | 'no' | 'posts';
  readonly parent: string | null;
  readonly person_field: string | null;
  readonly permission: string | null;
  readonly selected: boolean;
};

type AnyConnector = (typeof connectors)[string];
type AnyStream = AnyConnector['streams'][string];

/** What the connector itself declares: no request is made. */
export function streamFacts(connectorName: string, name: string, stream: AnyStream, selected: boolean): StreamFacts {
  const { cursor, parent, push } = stream;
  const byCursor = cursor !== 'full-refresh';
  const filtered = byCursor && cursor.params !== undefined;
  const aged = parent?.ageing !== undefined;
  return {
    name,
    table: `raw.${connectorName}__${name}`,
    description: stream.description,
    primary_key: [...stream.primaryKey],
    cursor: byCursor ? cursor.field : null,
    kind: push !== undefined ? 'push' : parent !== undefined ? 'per_parent' : byCursor ? 'incremental' : 'snapshot',
    incremental: push !== undefined ? 'posts' : aged ? 'by_age' : filtered ? 'source' : byCursor ? 'here' : 'no',
    parent: parent?.stream ?? null,
    person_field: stream.person ?? null,
    permission: stream.permission ?? null,
    selected,
  };
}

const incrementalWords: Readonly<Record<StreamFacts['incremental'], string>> = {
  source: 'yes, by cursor',
  here: 'reads all, keeps new',
  by_age: 'by age of parent',
  no: 'no, read whole',
  posts: 'yes, what is posted',
};

/** `mailmart discover [source]` */
export async function discover(context: Context, wanted: string | undefined): Promise<ExitName> {
  const { output } = context;
  const sources = await chosen(context, wanted);
  output.document('discover', { sources });
  for (const source of sources) {
    output.data(
      `${source.id === null ? source.title : `${source.id} (${source.title})`}: ${source.streams.length} streams`,
    );
    output.data(
      tableText(
        ['stream', 'key', 'kind', 'cursor', 'incremental', 'person', 'synced'],
        source.streams.map((stream) => [
          stream.name,
          stream.primary_key.join(', '),
          stream.parent === null ? stream.kind : `per ${stream.parent}`,
          stream.cursor,
          incrementalWords[stream.incremental],
          stream.person_field,
          stream.selected ? 'yes' : 'no',
        ]),
      ),
    );
    const permissions = source.streams.filter((stream) => stream.permission !== null);
    if (permissions.length > 0) output.data('');
    for (const stream of permissions) output.data(`  ${stream.name} needs: ${stream.permission ?? ''}`);
    output.data('');
  }
  return 'done';
}

type SourceFacts = {
  readonly id: string | null;
  readonly type: string;
  readonly title: string;
  readonly docs: string;
  readonly streams: readonly StreamFacts[];
};

async function chosen(context: Context, wanted: string | undefined): Promise<readonly SourceFacts[]> {
  const named = wanted === undefined ? undefined : connectors[wanted];
  if (wanted !== undefined && named !== undefined) return [facts(wanted, named, null, 'all')];
  const project = await context.project();
  const { sources } = project.config;
  if (sources.length === 0) {
    throw new CliError({
      code: 'CONFIG_MISSING_KEY',
      exit: 'config',
      what: 'The project has no source yet.',
      where: project.file,
      fix: `Add one with \`mailmart init\`, or look at a connector: mailmart discover ${Object.keys(connectors)[0] ?? ''}`,
    });
  }
  const found = wanted === undefined ? sources : sources.filter((source) => source.id === wanted);
  if (found.length === 0)
    throw noSuchSource(
      wanted ?? '',
      sources.map((source) => source.id),
    );
  return found.flatMap((source) => {
    const connector = connectors[source.type];
    return connector === undefined ? [] : [facts(source.type, connector, source.id, source.streams)];
  });
}

function noSuchSource(wanted: string, ids: readonly string[]): CliError {
  const names = [...ids, ...Object.keys(connectors)];
  const suggestion = nearest(wanted, names);
  return new CliError({
    code: 'CONFIG_SOURCE_ID',
    exit: 'usage',
    what: `There is no source or connector ${JSON.stringify(wanted.slice(0, 60))}.`,
    fix: suggestion === undefined ? `Use one of: ${names.join(', ')}` : `Did you mean ${suggestion}?`,
  });
}

function facts(
  type: string,
  connector: AnyConnector,
  id: string | null,
  selection: 'all' | readonly string[],
): SourceFacts {
  return {
    id,
    type,
    title: connector.title,
    docs: connector.docs,
    streams: Object.entries(connector.streams).map(([name, stream]) =>
      streamFacts(connector.name, name, stream, selection === 'all' || selection.includes(name)),
    ),
  };
}
