export { aheadOfTransform, type ModelAhead, type TransformAhead } from './ahead.ts';
export { compileGraph } from './compile.ts';
export { sqlFolder } from './sql-folder.ts';
export { TransformError } from './errors.ts';
export { type Action, type Engine, type Graph } from './graph.ts';
export { planTransform, type TransformPlan } from './plan.ts';
export { runAction, runTransform, type TransformResult } from './run.ts';
export { prepareTransform, type TransformConfig } from './setup.ts';
