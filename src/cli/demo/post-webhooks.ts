import type { Project } from '../../config/load.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { findHooks, startProjectReceiver } from '../receiving.ts';
import { sendgridAccountId, type DemoPlace } from './prepare-demo.ts';
import type { RunningSimulator } from './start-simulator.ts';

/** What the simulator's `POST /hooks` answers. */
type Posted = { readonly to: string; readonly acknowledged: readonly unknown[]; readonly givenUp: readonly unknown[] };

/**
 * Lets the simulator post what SendGrid's webhook has learned since it last did, to a receiver that lives as long as
 * that takes. Returns the number of events.
 */
export async function postWebhooks(
  context: Context,
  project: Project,
  place: DemoPlace,
  { adminUrl }: RunningSimulator,
): Promise<number> {
  const { endpoints } = findHooks(project);
  const receiver = await startProjectReceiver(context, project, { endpoints, host: '127.0.0.1', port: 0 });
  try {
    const from = place.postedUntil();
    const response = await fetch(`${adminUrl}/hooks`, {
      method: 'POST',
      body: JSON.stringify({
        url: `${receiver.address}/hooks/${sendgridAccountId}/events`,
        ...(from === undefined ? {} : { from }),
      }),
      signal: context.signal,
    });
    const posted = (await response.json()) as Posted & { readonly error?: string };
    if (!response.ok || posted.givenUp.length > 0) {
      throw new CliError({
        code: 'RUN_FAILED',
        exit: 'error',
        what: `The simulator could not post its webhook: ${posted.error ?? `${posted.givenUp.length} events were refused`}.`,
        fix: 'Run it again with --fresh; report the message if it stays.',
      });
    }
    place.notePostedUntil(posted.to);
    return posted.acknowledged.length;
  } finally {
    await receiver.stop(1_000);
  }
}
