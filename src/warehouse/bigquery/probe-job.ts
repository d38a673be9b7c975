import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../contracts/json.ts';
import { objectAt, type Client } from './client.ts';
import { BigqueryFailure, refusalIn, type Refusal } from './errors.ts';

/** What a check found, as `mailmart check` shows it. */
export type Probe = {
  readonly item: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  readonly fix?: string;
};

/** How one job ended; asked once, because a refusal is what a check wants to see. */
export type Ended = { readonly jobId: string; readonly job: JsonObject; readonly refusal: Refusal | null };

export const newJobId = (): string => `mailmart_check_${randomUUID().replaceAll('-', '')}`;

/** Starts a job and waits for its end. A refusal is an answer; only a broken connection throws. */
export async function submit(client: Client, configuration: object, jobId = newJobId()): Promise<Ended> {
  const { project, location } = client;
  try {
    const body = { jobReference: { projectId: project, jobId, location }, configuration };
    const job = await client.call('Start a job', { method: 'POST', path: '/jobs', body }, 1);
    return await ended(client, jobId, job);
  } catch (error) {
    if (!(error instanceof BigqueryFailure) || error.refusal.status === 0) throw error;
    return { jobId, job: {}, refusal: error.refusal };
  }
}

/** Waits for the end of a job; `job`: as it was last seen. */
export async function ended(client: Client, jobId: string, job: JsonObject = {}): Promise<Ended> {
  const { location } = client;
  let last = job;
  while (objectAt(last, 'status')['state'] !== 'DONE') {
    last = await client.call('Wait for a job', { path: `/jobs/${jobId}`, query: { location } });
    if (objectAt(last, 'status')['state'] !== 'DONE')
      await new Promise((resume) => setTimeout(resume, client.isEmulator ? 10 : 300));
  }
  return { jobId, job: last, refusal: refusalIn(last) };
}

export const queryOf = (query: string, more: object = {}): object => ({
  query: { query, useLegacySql: false, ...more },
});

/** Runs a statement that has to work; else throws what BigQuery said. */
export async function must(client: Client, attempted: string, configuration: object, jobId?: string): Promise<Ended> {
  const end = await submit(client, configuration, jobId);
  if (end.refusal !== null) throw new BigqueryFailure(attempted, end.refusal);
  return end;
}

/** Bytes that a statement would read; nothing runs. */
export async function bytesOf(client: Client, query: string): Promise<number> {
  const job = await client.call(
    'Estimate a statement',
    {
      method: 'POST',
      path: '/jobs',
      body: {
        jobReference: { projectId: client.project, location: client.location },
        configuration: { dryRun: true, ...queryOf(query) },
      },
    },
    1,
  );
  return Number(objectAt(job, 'statistics')['totalBytesProcessed'] ?? 0);
}

/** A failure as a finding. */
export function failed(item: string, error: unknown): Probe {
  if (!(error instanceof BigqueryFailure)) throw error;
  return { item, status: 'failed', message: error.message, ...(error.fix === undefined ? {} : { fix: error.fix }) };
}
