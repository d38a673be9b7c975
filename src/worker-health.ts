import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { redact } from '../connectors/_kit/redact.ts';
import { connectClient } from './temporal/connection.ts';
import { readWorkerRecord } from './temporal/worker-record.ts';

/**
 * Whether the worker of a project works, for a container's health check; it runs beside the worker, in the same container:
 *
 *     node dist/src/worker-health.js FOLDER
 *
 * A process can live and do nothing, so the Temporal server is asked when that very worker last asked it for work. Ends
 * with 0, or with 1 and the reason in one line.
 */
async function main(folder: string): Promise<string | undefined> {
  const record = readWorkerRecord(join(resolve(folder), '.mailmart', 'worker.json'));
  if (record === undefined) return `No worker of ${resolve(folder)} runs (or it is still starting).`;
  const client = await connectClient(record, process.env, {}, 1_000);
  try {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: record.namespace,
      // Of the queue's two kinds, unsaid, the server takes that of workflow tasks: it is asked even while all places are taken.
      taskQueue: { name: record.taskQueue },
    });
    const ours = (pollers ?? []).filter(({ identity }) => identity === `${record.pid}@${hostname()}`);
    const ages = ours.map(({ lastAccessTime }) => Date.now() / 1000 - Number(lastAccessTime?.seconds ?? 0));
    const age = Math.round(Math.min(...ages));
    if (age <= patienceSeconds) return undefined;
    return ours.length === 0
      ? `Process ${record.pid} runs, but Temporal at ${record.address} has not heard of it for minutes.`
      : `Process ${record.pid} last asked Temporal at ${record.address} for work ${age} s ago.`;
  } finally {
    await client.connection.close();
  }
}

/**
 * A worker with nothing to do asks once a minute: the server holds the question that long, and counts from its own
 * answer. One that froze is therefore found after three minutes at the latest.
 */
const patienceSeconds = 120;

let complaint: string | undefined;
try {
  complaint = await main(process.argv[2] ?? '.');
} catch (error) {
  complaint = redact(error instanceof Error ? error.message : String(error));
}
if (complaint !== undefined) {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 1;
}
