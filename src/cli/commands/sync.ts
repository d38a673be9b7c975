import { connectors } from '../../../connectors/index.ts';
import type { SyncAccountResult } from '../../../workflows/index.ts';
import type { SourceConfig } from '../../config/check-config.ts';
import { nearest } from '../../config/suggest.ts';
import { newRunId, startSync } from '../../temporal/start.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { forPeople, runWork } from '../hosting.ts';
import { endOfSyncs } from '../run-outcome.ts';
import { showEnd } from '../summary.ts';
import { requireSource, requireSources } from './check.ts';

export type SyncFlags = { readonly stream?: readonly string[] };

/** `mailmart sync [source] [--stream …]` */
export async function sync(context: Context, wanted: string | undefined, flags: SyncFlags): Promise<ExitName> {
  const project = await context.project();
  requireSources(project);
  const sources = wanted === undefined ? project.config.sources : [requireSource(project, wanted)];
  if (flags.stream !== undefined) requireStreams(sources, flags.stream);
  const startedMs = performance.now();
  const finished = await runWork<SyncAccountResult>(context, project, ({ client, taskQueue }, now) => {
    const runId = newRunId('sync', now);
    return Promise.all(
      sources.map((source) => {
        const streams = flags.stream?.filter((stream) => stream in (connectors[source.type]?.streams ?? {}));
        return startSync(
          { client, taskQueue, onRunning: 'attach' },
          {
            tuning: forPeople,
            source: connectors[source.type]?.name ?? source.type,
            accountId: source.id,
            // One id for all would make one run of them in the run log.
            runId: sources.length === 1 ? runId : `${runId}-${source.id}`,
            ...(streams === undefined ? {} : { streams }),
          },
        );
      }),
    );
  });
  const runId = finished.map((one) => one.runId).join(', ');
  const attached = finished.some((one) => one.attached);
  const results = finished.map(({ result }) => result);
  return showEnd(context, 'sync', endOfSyncs(runId, attached, results, performance.now() - startedMs));
}

function requireStreams(sources: readonly SourceConfig[], wanted: readonly string[]): void {
  const known = [...new Set(sources.flatMap((source) => Object.keys(connectors[source.type]?.streams ?? {})))];
  for (const stream of wanted) {
    if (known.includes(stream)) continue;
    const suggestion = nearest(stream, known);
    throw new CliError({
      code: 'CONFIG_STREAM',
      exit: 'usage',
      what: `There is no stream ${JSON.stringify(stream.slice(0, 60))}.`,
      where: sources.map((source) => source.id).join(', '),
      fix: suggestion === undefined ? `Use some of: ${known.join(', ')}` : `Did you mean ${suggestion}?`,
    });
  }
}
