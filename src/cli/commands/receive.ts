import { connectors } from '../../../connectors/index.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import type { GlobalOptions } from '../output.ts';
import { findHooks, isServed, startProjectReceiver, type PushingSources } from '../receiving.ts';

export type ReceiveFlags = GlobalOptions & { readonly port?: string; readonly host?: string };

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
  const receiver = await startProjectReceiver(context, project, { endpoints, host, port });
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
