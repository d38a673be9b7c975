import { redact } from '../../connectors/_kit/redact.ts';
import type { Project } from '../config/load.ts';
import type { Context } from './context.ts';
import { describeError } from './describe-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitName } from './exit-codes.ts';
import { createOutput } from './output.ts';
import type { GlobalOptions, Output } from './output.ts';
import { printError } from './print-error.ts';

/** A polite stop gets this long; then the process ends whatever is still open. */
const stopMs = 800;

/** Runs one command: context, Ctrl-C, errors as reports, and the exit code. Ends the process. */
export async function runCommand(
  name: string,
  options: GlobalOptions,
  action: (context: Context) => Promise<ExitName>,
  begin?: string,
): Promise<never> {
  const output = createOutput(options);
  // Before anything heavy is loaded: a person sees within a tenth of a second that the command runs.
  if (begin !== undefined) output.say(begin);
  const controller = new AbortController();
  let stopping = false;
  const interrupt = (): void => {
    if (stopping) process.exit(exitCodes.interrupted.code);
    stopping = true;
    controller.abort();
    setTimeout(() => {
      sayInterrupted(output, name);
      void leave('interrupted');
    }, stopMs);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  // The reader went away (`| head`): there is nobody to tell.
  process.stdout.on('error', () => process.exit(exitCodes.done.code));
  let project: Promise<Project> | undefined;
  const context: Context = {
    options,
    output,
    env: process.env,
    signal: controller.signal,
    project: () => {
      project ??= import('../config/load.ts').then(({ loadProject }) => loadProject(options.project, process.env));
      return project;
    },
  };
  try {
    const exit = await action(context);
    if (controller.signal.aborted && exit !== 'done') sayInterrupted(output, name);
    return await leave(controller.signal.aborted && exit !== 'done' ? 'interrupted' : exit);
  } catch (error) {
    if (controller.signal.aborted) {
      sayInterrupted(output, name);
      return await leave('interrupted');
    }
    const report = describeError(error);
    if (options.debug === true && error instanceof Error) output.say(redact(error.stack ?? error.message));
    output.repeatWarnings();
    printError(output, name, report);
    return await leave(report.exit);
  }
}

let interruptionSaid = false;

function sayInterrupted(output: Output, name: string): void {
  if (interruptionSaid) return;
  interruptionSaid = true;
  printError(output, name, {
    code: 'INTERRUPTED',
    exit: 'interrupted',
    what: 'Interrupted. What was loaded stays.',
    fix: 'Run the same command again: it goes on from here.',
  });
}

/** Native clients keep the process alive, so it is ended by hand once everything is written. */
async function leave(exit: ExitName): Promise<never> {
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit(exitCodes[exit].code);
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    if (stream.writableLength === 0) done();
    else stream.write('', () => done());
  });
}
