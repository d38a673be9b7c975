import type { Deps, Notified } from './deps.ts';

/** Writes the readers' copy and swaps it in. The path stays here: history knows no machine's folders. */
export async function publish(deps: Deps, { runId }: { readonly runId: string }): Promise<void> {
  await deps.warehouse.publish(runId);
}

/** Writes the HTML report, where one is configured. */
export async function report(
  deps: Deps,
  { runId }: { readonly runId: string },
): Promise<{ readonly written: boolean }> {
  if (deps.report === undefined) return { written: false };
  await deps.report(runId);
  return { written: true };
}

/** Tells the alert channels what is new. A channel that does not answer is no failure of the run. */
export async function notify(deps: Deps, signal: AbortSignal): Promise<Notified> {
  if (deps.notify === undefined) return { opened: 0, closed: 0, failed: [] };
  const told = await deps.notify(signal);
  for (const { channel, message } of told.failed) deps.logger.warn({ channel }, `alerts could not be sent: ${message}`);
  return { ...told, failed: told.failed.map(({ channel, message }) => ({ channel, message: message.slice(0, 200) })) };
}
