import type { Stream } from '../connectors/_kit/contract.ts';
import { ConnectorError } from '../connectors/_kit/errors.ts';
import { registerSecret } from '../connectors/_kit/redact.ts';
import { registerSecretsIn } from '../connectors/_kit/secrets.ts';
import type { RawTable, StreamKey } from '../src/contracts/sync.ts';
import type { AnyConnector, ConfiguredSource, Deps } from './deps.ts';

/** A configured source with its connector. Cheap, without secrets. */
export type Account = {
  readonly connector: AnyConnector;
  readonly source: ConfiguredSource;
};

export type OpenAccount = Account & { readonly config: unknown; readonly salt: string };

export type AnyStream = Stream<unknown, unknown>;

/** The account of mailmart.yaml, or a failure that says what to do. */
export function accountOf(deps: Pick<Deps, 'project' | 'connectors'>, accountId: string): Account {
  const source = deps.project.source(accountId);
  const connector = deps.connectors[source.type];
  if (connector === undefined) {
    throw new ConnectorError(
      `The source ${accountId} has the type ${source.type}, which this mailmart does not know.`,
      {
        kind: 'config',
        connector: source.type,
        fix: `Use one of: ${Object.keys(deps.connectors).join(', ')}.`,
      },
    );
  }
  return { connector, source };
}

/** A stream's declaration, or a failure that names the streams there are. */
export function streamOf(connector: AnyConnector, stream: string): AnyStream {
  const found = connector.streams[stream];
  if (found === undefined) {
    throw new ConnectorError(`${connector.title} has no stream named ${stream}.`, {
      kind: 'config',
      connector: connector.name,
      fix: `Use one of: ${Object.keys(connector.streams).join(', ')}.`,
    });
  }
  return found;
}

/** Where the stream's rows live in raw. */
export function tableOf(connector: AnyConnector, key: StreamKey): RawTable {
  const stream = streamOf(connector, key.stream);
  return {
    source: key.source,
    stream: key.stream,
    partitioned: stream.partitionBy !== undefined,
    keyNamesItem: keyNamesItem(stream),
    immutable: stream.immutable === true,
  };
}

/** Items are parents, and each parent's own key is a field of the child's. A plan of its own may cut items otherwise. */
function keyNamesItem({ parent, moreParents = [], plan, primaryKey }: AnyStream): boolean {
  if (parent === undefined || plan !== undefined) return false;
  const fields: readonly string[] = primaryKey;
  return [parent, ...moreParents].every(
    ({ key, params, inherit }) =>
      params === undefined && Object.entries(inherit).some(([child, of]) => of === key && fields.includes(child)),
  );
}

/** The account ready to be asked: secrets resolved for this call, known to the redactor, and held by nobody else. */
export function openAccount(deps: Deps, accountId: string): OpenAccount {
  const account = accountOf(deps, accountId);
  const config = deps.project.secret(accountId);
  const salt = deps.project.salt();
  registerSecrets(account.connector, config, salt);
  return { ...account, config, salt };
}

/** Makes an account's secrets known to this thread's redactor. */
export function registerSecrets(connector: AnyConnector, config: unknown, salt: string): void {
  registerSecretsIn(connector, config);
  registerSecret(salt);
}
