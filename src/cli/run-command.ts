import { redact } from '../../connectors/_kit/redact.ts';
import type { Project } from '../config/load.ts';
import { fileFault } from '../contracts/file-fault.ts';
import type { ErrorReport } from './cli-error.ts';
import type { Context } from './context.ts';
import { describeError } from './describe-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitName } from './exit-codes.ts';
import { createOutput, OutputLost } from './output.ts';
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
  let lost: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error) => void (lost ??= error));
  // Whoever followed the progress went away (`2>&1 | head`): the work goes on.
  process.stderr.on('error', () => undefined);
  /** Native clients keep the process alive, so it is ended by hand once everything is written. */
  const leave = async (exit: ExitName): Promise<never> => {
    await Promise.all([drained(process.stdout), drained(process.stderr)]);
    // Where the reader went away (`| head`) there is nobody to tell; a file that lacks its end must not pass for whole.
    if (lost === undefined || lost.code === 'EPIPE') return process.exit(exitCodes[exit].code);
    printError({ ...output, json: false }, name, cutOutput(lost));
    return process.exit(exitCodes[exit === 'done' ? 'error' : exit].code);
  };
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
    if (error instanceof OutputLost) return await leave('done');
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

function cutOutput(error: NodeJS.ErrnoException): ErrorReport {
  const reason = fileFault(error)?.reason ?? `standard output cannot be written (${error.code ?? error.message})`;
  return {
    code: 'FILE_WRITE',
    exit: 'error',
    what: `What was written to standard output is cut off: ${reason}.`,
    fix: 'Check the free space where it was sent to (df -h), and run the same command again.',
  };
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    // A turn later: by then a failure of the last write is known.
    stream.write('', () => setImmediate(done));
  });
}
