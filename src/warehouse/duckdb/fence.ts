import type { Clock } from '../../contracts/clock.ts';
import type { StreamKey } from '../../contracts/sync.ts';
import { WarehouseError } from '../port.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

const ofStream = 'source = $1 and account_id = $2 and stream = $3';
const params = (key: StreamKey) => [key.source, key.accountId, key.stream];

/**
 * Takes the stream's fence for a run: numbers only grow. A run that asks again gets its own number, even when a
 * newer run has taken the stream since: its loads are then refused.
 */
export async function takeFence(session: Session, key: StreamKey, runId: string, clock: Clock): Promise<number> {
  const attempted = `Take the fence of ${key.source} ${key.stream}`;
  return await session.transaction(async () => {
    const own = await session.rows(attempted, `select fence from ops.fence where ${ofStream} and run_id = $4`, [
      ...params(key),
      runId,
    ]);
    if (own[0] !== undefined) return Number(own[0]['fence']);
    const raised = await session.rows(
      attempted,
      `update ops.fence_head set fence = fence + 1 where ${ofStream} returning fence`,
      params(key),
    );
    if (raised.length === 0) {
      await session.run(attempted, 'insert into ops.fence_head values ($1, $2, $3, 1, 0)', params(key));
    }
    const fence = Number(raised[0]?.['fence'] ?? 1);
    await session.run(attempted, `insert into ops.fence values ($1, $2, $3, $4, $5, ${utc('$6')})`, [
      ...params(key),
      runId,
      fence,
      clock.now(),
    ]);
    return fence;
  });
}

/**
 * Part of a load's transaction: updates the stream's own row, so that a newer run that takes the fence at the same
 * moment conflicts instead of being overlooked.
 */
export async function holdFence(session: Session, key: StreamKey, fence: number): Promise<void> {
  const attempted = `Check the fence of ${key.source} ${key.stream}`;
  const held = await session.run(
    attempted,
    `update ops.fence_head set commits = commits + 1 where ${ofStream} and fence = $4`,
    [...params(key), fence],
  );
  if (held !== 1) {
    throw new WarehouseError(`A newer run has taken ${key.source} ${key.stream} of ${key.accountId}: this one stops.`, {
      kind: 'fenced',
      fix: 'Nothing to do: the newer run reads the stream.',
    });
  }
}
