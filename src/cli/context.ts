import type { Project } from '../config/load.ts';
import type { GlobalOptions, Output } from './output.ts';

/** What a command has to work with. */
export type Context = {
  readonly options: GlobalOptions;
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C and by a polite kill. */
  readonly signal: AbortSignal;
  /** Loads the project on first use, so that commands without one stay fast. */
  project(): Promise<Project>;
};
