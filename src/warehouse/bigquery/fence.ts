import type { StreamKey } from '../../contracts/sync.ts';
import type { Deps } from './deps.ts';
import { asText, insertStatement } from './insert.ts';

export const ofStream = 'source = @source and account_id = @account and stream = @stream';
export const streamParams = ({ source, accountId, stream }: StreamKey) => ({ source, account: accountId, stream });

/** SQL: the run that holds a stream. Two that took the same number at once are told apart by their ids. */
export const holder = (deps: Pick<Deps, 'names'>): string =>
  `(select run_id from ${deps.names.quote('ops.fence')} where ${ofStream} order by fence desc, run_id limit 1)`;

/**
 * Takes the stream's fence for a run. Rows are only added, so that streams do not abort each other; a run that asks again gets its
 * own number. A load checks the holder in its transaction, and two loads of one stream conflict in the merge into raw.
 */
export async function takeFence(deps: Deps, key: StreamKey, runId: string): Promise<number> {
  const attempted = `Take the fence of ${key.source} ${key.stream}`;
  const { labels, names } = deps;
  const read = async (): Promise<{ readonly own: number | null; readonly highest: number }> => {
    const { rows } = await deps.jobs.query(
      attempted,
      `select max(if(run_id = @run, fence, null)) as own, coalesce(max(fence), 0) as highest
      from ${names.quote('ops.fence')} where ${ofStream}`,
      { params: { ...streamParams(key), run: runId }, labels },
    );
    const own = rows[0]?.['own'] ?? null;
    return { own: own === null ? null : Number(own), highest: Number(rows[0]?.['highest'] ?? 0) };
  };
  const { own, highest } = await read();
  if (own !== null) return own;
  const row = {
    source: key.source,
    account_id: key.accountId,
    stream: key.stream,
    run_id: runId,
    fence: highest + 1,
    taken_at: deps.clock.now(),
  };
  await deps.jobs.query(attempted, insertStatement(deps, 'fence', Object.keys(row), 'unnest(@entries) as x'), {
    params: { entries: [asText(row)] },
    labels,
    identity: ['fence', names.dataset('ops'), key.source, key.accountId, key.stream, runId],
  });
  return (await read()).own ?? highest + 1;
}
