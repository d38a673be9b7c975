import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { LaneGrant, LaneRequest } from './lane-pool.ts';
import type { PipelineProgress, SyncProgress, TransformProgress } from './types.ts';

/** Stream → account: what it could use and what it uses at most from now on. */
export const laneRequest = defineSignal<[LaneRequest & { readonly stream: string }]>('laneRequest');

/** Account → stream: what it may use. */
export const laneGrant = defineSignal<[LaneGrant]>('laneGrant');

export const syncProgress = defineQuery<SyncProgress>('progress');
export const transformProgress = defineQuery<TransformProgress>('progress');
export const pipelineProgress = defineQuery<PipelineProgress>('progress');
