import { connectors } from '../../../connectors/index.ts';
import type { Hook } from '../../../connectors/_kit/hook.ts';
import { parseBytes } from '../../config/bytes.ts';
import type { Project } from '../../config/load.ts';
import { clockFromEnv } from '../../contracts/clock.ts';
import { InboxTaken } from '../../inbox/writer.ts';
import { EndpointError, endpointsOf, type Endpoint } from '../../receiver/endpoints.ts';
import { startReceiver, type Receiver, type ReceiverOptions } from '../../receiver/receiver.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { openLog } from '../log-file.ts';
import type { GlobalOptions } from '../output.ts';

export type ReceiveFlags = GlobalOptions & { readonly port?: string; readonly host?: string };

/** What the receiver needs to know of the connectors, by type. */
// eslint-disable-next-line typescript/no-explicit-any -- hooks of connectors have different configurations
export type PushingSources = Readonly<Record<string, { readonly hooks?: Readonly<Record<string, Hook<any>>> }>>;

/** Requests under way get this long when the receiver is stopped, ms: what is not stored by then, its sender posts again. */
const patienceMs = 500;

/** `mailmart receive`: stores what services post until it is stopped. */
export async function receive(
  context: Context,
  flags: ReceiveFlags,
  sources: PushingSources = connectors,
): Promise<ExitName> {
  const { output, signal } = context;
  const project = await context.project();
  const { receive: config } = project.config;
  const port = portOf(flags, config.port);
  const host = flags.host ?? config.host;
  const { endpoints, hooks } = findHooks(project, sources);
  if (!endpoints.some(isServed)) throw nothingToReceive(hooks);
  if (endpoints.some(({ signsAddress }) => signsAddress) && config.public_url === undefined) {
    throw new CliError({
      code: 'CONFIG_MISSING_KEY',
      exit: 'config',
      what: 'A service signs the address that it posts to, so the receiver must know it.',
      where: project.file,
      fix: 'Add receive: { public_url: https://hooks.example.com }, as the service sees it.',
    });
  }
  const receiver = await start({
    projectDir: project.dir,
    endpoints,
    host,
    port,
    maxBody: parseBytes(config.max_body) ?? 0,
    maxDisk: parseBytes(config.max_disk) ?? 0,
    publicUrl: config.public_url ?? '',
    clock: clockFromEnv(context.env),
    logger: openLog(project, context.env),
  });
  const base = config.public_url ?? receiver.address;
  const shown = endpoints.map((endpoint) => ({
    account_id: endpoint.accountId,
    hook: endpoint.hook,
    description: hooks.get(endpoint.path)?.description ?? '',
    signed_url: endpoint.verifier === null ? null : `${base}${endpoint.path}`,
    // The secret itself is for the service's page, not for terminals and logs.
    unsigned_url: endpoint.isPathSecret === undefined ? null : `${base}${endpoint.path}/<path secret>`,
    problem: isServed(endpoint) ? null : 'Not served: neither a key nor a path secret is configured.',
  }));
  output.document('receive', { event: 'started', address: receiver.address, hooks: shown });
  output.say(`Receiver listens on ${receiver.address}. Log: ${project.paths.logs}/mailmart.log`);
  for (const { account_id: account, hook, description, signed_url: signed, unsigned_url: unsigned, problem } of shown) {
    output.say(`${account}, ${hook}: ${description}`);
    if (signed !== null) output.say(`  signed:   POST ${signed}`);
    if (unsigned !== null) output.say(`  unsigned: POST ${unsigned} (only hints what to read again)`);
    if (problem !== null) output.say(`  ${problem}`);
  }
  output.say('Stop it with Ctrl-C.');
  await new Promise<void>((stopped) => {
    if (signal.aborted) stopped();
    signal.addEventListener('abort', () => stopped(), { once: true });
  });
  await receiver.stop(patienceMs);
  return 'done';
}

function findHooks(
  project: Project,
  sources: PushingSources,
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

function isServed(endpoint: Endpoint): boolean {
  return endpoint.verifier !== null || endpoint.isPathSecret !== undefined;
}

function nothingToReceive(hooks: ReadonlyMap<string, unknown>): CliError {
  const addresses = [...hooks.keys()].map((path) => path.replace(/^\/hooks\//, ''));
  return new CliError({
    code: 'RECEIVER_NOTHING',
    exit: 'config',
    what: 'No source has anything to receive.',
    ...(addresses.length === 0
      ? {}
      : { why: `Neither a key nor a path secret is configured for ${addresses.join(', ')}.` }),
    fix:
      addresses.length === 0
        ? 'Nothing to do: mailmart run reads these sources.'
        : 'Add the key that the service shows for its webhook to the source: mailmart schema lists the names.',
  });
}

function portOf(flags: ReceiveFlags, configured: number): number {
  if (flags.port === undefined) return configured;
  const port = Number(flags.port);
  if (/^\d+$/.test(flags.port) && port <= 65_535) return port;
  throw new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: '--port is not a port.',
    fix: 'Write a number from 1 to 65535, or 0 for any free one.',
  });
}

async function start(options: ReceiverOptions): Promise<Receiver> {
  try {
    return await startReceiver(options);
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
