import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { connectClient } from '../../src/temporal/connection.ts';
import { dataConverterFor } from '../../src/temporal/data-converter.ts';
import type { WorkerRecord } from '../../src/temporal/worker-record.ts';
import type { PipelineProgress, TransformProgress } from '../../workflows/index.ts';
import type { Bench } from '../e2e/harness.ts';

/** 'ended' when no pipeline runs. */
export type PipelineStep = PipelineProgress['step'] | 'ended';

/** Where the pipeline is, asked of the workflow itself, as the progress display does. */
export type Watch = {
  step(): Promise<PipelineStep>;
  modelsDone(): Promise<number>;
  close(): Promise<void>;
};

/** Looks at the pipeline through the server that the bench's worker uses. */
export async function watchPipeline(bench: Bench): Promise<Watch> {
  const state = path.join(bench.folder, '.mailmart');
  const record = JSON.parse(readFileSync(path.join(state, 'worker.json'), 'utf8')) as WorkerRecord;
  const client = await connectClient(record, {}, dataConverterFor(path.join(state, 'temporal-key')));
  return {
    step: async () => {
      if (!(await isRunning(client, 'pipeline'))) return 'ended';
      return (await ask<PipelineProgress>(client, 'pipeline'))?.step ?? 'planning';
    },
    modelsDone: async () => {
      const progress = await ask<TransformProgress>(client, 'transform');
      return progress === undefined ? 0 : progress.done + progress.failed + progress.skipped;
    },
    close: async () => await client.connection.close(),
  };
}

async function isRunning(client: Client, workflowId: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return false;
    throw error;
  }
}

/** A workflow that has not begun yet, or a worker that is just starting, has no answer. */
async function ask<T>(client: Client, workflowId: string): Promise<T | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + 5_000, () =>
      client.workflow.getHandle(workflowId).query<T>('progress'),
    );
  } catch (error) {
    const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: number } };
    if (['WorkflowNotFoundError', 'QueryNotRegisteredError', 'QueryRejectedError'].includes(name ?? ''))
      return undefined;
    // CANCELLED, DEADLINE_EXCEEDED, FAILED_PRECONDITION, UNAVAILABLE
    if ([1, 4, 9, 14].includes(cause?.code ?? 0)) return undefined;
    throw error;
  }
}

/** What the workers that were lost had been at, oldest first: each new worker says it when it starts. */
export function lostActivities(bench: Bench): readonly (readonly string[])[] {
  const log = readFileSync(path.join(bench.folder, '.mailmart/logs/mailmart.log'), 'utf8');
  return log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly msg?: string; readonly activities?: readonly string[] })
    .flatMap(({ msg, activities }) => (msg?.startsWith('an earlier worker was lost') ? [activities ?? []] : []));
}
