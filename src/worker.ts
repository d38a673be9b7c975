import type { Logger } from '../activities/index.ts';
import type { Project } from './config/load.ts';
import type { Clock } from './contracts/clock.ts';
import type { Env } from './temporal/server.ts';
import { hostWorker, type HostWorkerOptions } from './temporal/worker-host.ts';

export type WorkerOptions = Omit<HostWorkerOptions, 'project' | 'env' | 'clock' | 'logger' | 'schedule'> & {
  readonly project: Project;
  readonly env: Env;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the worker in order. */
  readonly signal: AbortSignal;
  /** Called when it takes work. */
  readonly onReady?: (place: { readonly address: string; readonly taskQueue: string }) => void;
};

/**
 * `mailmart worker`: takes work for the project until the signal aborts, and keeps its Schedule as configured. Rejects
 * when the worker fails or its server is gone.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { signal, onReady, ...rest } = options;
  const worker = await hostWorker({ ...rest, schedule: true });
  try {
    onReady?.({ address: worker.address, taskQueue: worker.taskQueue });
    const aborted = new Promise<'aborted'>((resolve) => {
      if (signal.aborted) resolve('aborted');
      signal.addEventListener('abort', () => resolve('aborted'), { once: true });
    });
    if ((await Promise.race([aborted, worker.done])) !== 'aborted') {
      throw new Error(`The worker stopped: the Temporal server at ${worker.address} has gone. See .mailmart/logs.`);
    }
  } finally {
    await worker.shutdown();
  }
}
