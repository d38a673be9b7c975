import { defineQuery } from '@temporalio/workflow';
import type { PipelineProgress, SyncProgress, TransformProgress } from './types.ts';

export const syncProgress = defineQuery<SyncProgress>('progress');
export const transformProgress = defineQuery<TransformProgress>('progress');
export const pipelineProgress = defineQuery<PipelineProgress>('progress');
