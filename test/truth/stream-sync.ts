import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt } from '../../activities/attempts.ts';
import type { Deps } from '../../activities/deps.ts';
import { extractBatch } from '../../activities/extract-batch.ts';
import { finishStream } from '../../activities/finish-stream.ts';
import { loadBatch } from '../../activities/load-batch.ts';
import { planStream } from '../../activities/plan-stream.ts';
import type { StreamSummary } from '../../activities/types.ts';
import { ConnectorError } from '../../connectors/_kit/errors.ts';
import { noCounts } from '../../src/contracts/counts.ts';

const batchSlices = 40;
/** How often, and after how long, an export is looked at again. */
const looks = 200;
const lookMs = 20;

/** What the workflow of a stream does, without Temporal. */
export async function syncStream(deps: Deps, key: StreamSummary['key'], runId: string): Promise<StreamSummary> {
  let counts = noCounts;
  let done = 0;
  let planned = 0;
  for (let round = 0; ; round += 1) {
    const plan = await planStream(deps, { key, runId, round });
    planned = plan.slices;
    for (; done < plan.slices; done = Math.min(done + batchSlices, plan.slices)) {
      const batch = { key, runId, from: done, to: Math.min(done + batchSlices, plan.slices) };
      const read = await extractPatiently(deps, batch).catch(async (error: unknown) => {
        // What was read before a failure is loaded, and the next run does not read it again.
        await loadBatch(deps, { ...batch, fence: plan.fence, partial: 1 });
        throw error;
      });
      const loaded = await loadBatch(deps, { ...batch, fence: plan.fence });
      counts = {
        slices: counts.slices + read.slicesDone,
        pages: counts.pages + read.pages,
        requests: counts.requests + read.requests,
        rowsRead: counts.rowsRead + read.rows,
        rowsInserted: counts.rowsInserted + loaded.inserted,
        rowsUpdated: counts.rowsUpdated + loaded.updated,
        rowsUnchanged: counts.rowsUnchanged + loaded.unchanged,
        rowsDeleted: counts.rowsDeleted + loaded.deleted,
        rowsQuarantined: counts.rowsQuarantined + loaded.quarantined,
        bytesRead: counts.bytesRead + read.bytes,
      };
    }
    if (!plan.again) break;
  }
  return await finishStream(deps, { key, runId, counts, planned, durationMs: 0 });
}

/** An export that is not ready yet is looked at again, as the workflow does after its timer. */
async function extractPatiently(
  deps: Deps,
  batch: Parameters<typeof extractBatch>[1],
): Promise<Awaited<ReturnType<typeof extractBatch>>> {
  const attempt = { signal: new AbortController().signal, report: () => {} } as unknown as Attempt;
  for (let look = 1; ; look += 1) {
    try {
      return await extractBatch(deps, batch, attempt);
    } catch (error) {
      if (!(error instanceof ConnectorError && error.kind === 'pending') || look === looks) throw error;
      await delay(lookMs);
    }
  }
}
