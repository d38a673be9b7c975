import type { LoadUnit } from '../port.ts';
import { refusalsOf } from '../refusals.ts';
import type { Deps } from './deps.ts';

const ofUnit = ({ key, runId }: LoadUnit) => ({
  source: key.source,
  account_id: key.accountId,
  stream: key.stream,
  run_id: runId,
});

export const quarantineColumns = [
  'number',
  'source',
  'account_id',
  'stream',
  'run_id',
  'batch_id',
  'slice',
  'position',
  'path',
  'reason',
  'record',
  'record_hash',
  'quarantined_at',
  'item',
  'last_run_id',
  'last_refused_at',
] as const;

export const quarantineRows = (deps: Deps, unit: LoadUnit): readonly object[] =>
  refusalsOf(unit).map(({ hash, ...refusal }, index) => ({
    ...refusal,
    ...ofUnit(unit),
    number: index % 1_000_000,
    batch_id: unit.batchId,
    record_hash: hash,
    quarantined_at: deps.clock.now(),
    last_run_id: unit.runId,
    last_refused_at: deps.clock.now(),
  }));

export const checkpointColumns = [
  'fence',
  'number',
  'source',
  'account_id',
  'stream',
  'item',
  'state',
  'read_at',
  'run_id',
  'committed_at',
] as const;

export const checkpointRows = (deps: Deps, unit: LoadUnit): readonly object[] =>
  [...unit.checkpoints].map(([item, state]) => ({
    ...ofUnit(unit),
    fence: unit.fence,
    item,
    state: JSON.stringify(state),
    read_at: state.readAt,
    committed_at: deps.clock.now(),
  }));
