export { compileGraph, sqlFolder, type CompileOptions } from './compile.ts';
export { TransformError } from './errors.ts';
export { dependentsOf, type Action, type Engine, type Graph } from './graph.ts';
export { planTransform, type PlannedAction, type TransformPlan } from './plan.ts';
export { runAction, runTransform, type TransformProgress, type TransformResult } from './run.ts';
export { prepareTransform, type TransformConfig } from './setup.ts';
