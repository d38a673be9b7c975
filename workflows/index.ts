// Entry of the workflow bundle: every function exported here is a workflow type.
export { lookAhead } from './look-ahead.ts';
export { runPipeline } from './run-pipeline.ts';
export { runScheduled } from './run-scheduled.ts';
export { runTransform } from './run-transform.ts';
export { syncAccount } from './sync-account.ts';
export type * from './types.ts';
