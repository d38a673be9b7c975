import { connectors } from '../../connectors/index.ts';
import type { Hook } from '../../connectors/_kit/hook.ts';
import { parseBytes } from '../config/bytes.ts';
import type { Project } from '../config/load.ts';
import { clockFromEnv } from '../contracts/clock.ts';
import { InboxTaken } from '../inbox/writer.ts';
import { EndpointError, endpointsOf, type Endpoint } from '../receiver/endpoints.ts';
import { startReceiver, type Receiver } from '../receiver/receiver.ts';
import { CliError } from './cli-error.ts';
import type { Context } from './context.ts';
import { workerOptions } from './hosting.ts';

/** What the receiver needs to know of the connectors, by type. */
// eslint-disable-next-line typescript/no-explicit-any -- hooks of connectors have different configurations
export type PushingSources = Readonly<Record<string, { readonly hooks?: Readonly<Record<string, Hook<any>>> }>>;

/** Addresses that the project's sources post to, with the hook behind each path. */
export function findHooks(
  project: Project,
  sources: PushingSources = connectors,
): { readonly endpoints: readonly Endpoint[]; readonly hooks: ReadonlyMap<string, Hook<unknown>> } {
  const accounts = project.config.sources.flatMap(({ id, type }) => {
    const hooks = sources[type]?.hooks;
    return hooks === undefined ? [] : [{ accountId: id, hooks, config: project.secret(id) }];
  });
  try {
    const endpoints = endpointsOf(accounts);
    const hooks = accounts.flatMap((account) => Object.values(account.hooks));
    return { endpoints, hooks: new Map(endpoints.map(({ path }, index) => [path, hooks[index] as Hook<unknown>])) };
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error;
    throw new CliError({
      code: 'CONFIG_VALUE',
      exit: 'config',
      what: error.message,
      where: project.file,
      fix: error.fix,
    });
  }
}

/** Whether any post to it can be taken. */
export function isServed(endpoint: Endpoint): boolean {
  return endpoint.verifier !== null || endpoint.isPathSecret !== undefined;
}

/** Starts the project's receiver, or says why it cannot. */
export async function startProjectReceiver(
  context: Context,
  project: Project,
  options: { readonly endpoints: readonly Endpoint[]; readonly host: string; readonly port: number },
): Promise<Receiver> {
  const { receive: config } = project.config;
  try {
    return await startReceiver({
      ...options,
      projectDir: project.dir,
      maxBody: parseBytes(config.max_body) ?? 0,
      maxDisk: parseBytes(config.max_disk) ?? 0,
      publicUrl: config.public_url ?? '',
      clock: clockFromEnv(context.env),
      logger: workerOptions(context, project).logger,
    });
  } catch (error) {
    if (error instanceof InboxTaken) {
      throw new CliError({
        code: 'RECEIVER_ACTIVE',
        exit: 'error',
        what: error.message,
        fix: 'Nothing to do: it receives. To replace it, stop it first.',
      });
    }
    const code = error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined || !['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND'].includes(code)) throw error;
    throw new CliError({
      code: 'RECEIVER_ADDRESS',
      exit: 'error',
      what: `The receiver cannot listen on ${options.host}, port ${options.port} (${code}).`,
      fix: code === 'EADDRINUSE' ? 'Choose another port: --port.' : 'Choose another address: --host.',
    });
  }
}
