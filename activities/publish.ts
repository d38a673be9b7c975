import type { Deps } from './deps.ts';

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
