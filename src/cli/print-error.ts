import { redact } from '../../connectors/_kit/redact.ts';
import { placeOf, problemText } from '../config/problems.ts';
import type { ErrorReport } from './cli-error.ts';
import type { Output } from './output.ts';
import { styled } from './terminal-text.ts';

/** Says a failure: for people on standard error, the next step last; with `--json` as one document on standard output. */
export function printError(output: Output, command: string, report: ErrorReport): void {
  if (output.json) {
    output.document(command, { error: jsonError(report) });
    return;
  }
  const problems = report.problems ?? [];
  if (problems.length > 1) {
    for (const problem of problems) output.say(redact(problemText(problem)));
    output.say('');
  }
  const head = styled('red', `Error ${report.code}`);
  output.say(`${head}: ${report.what}`);
  if (report.where !== undefined && problems.length <= 1) output.say(`  Where: ${report.where}`);
  if (report.why !== undefined) output.say(`  Why: ${report.why}`);
  output.say(`  More: mailmart explain ${report.code}`);
  if (report.fix !== undefined) output.say(`  Fix: ${report.fix}`);
}

function jsonError(report: ErrorReport): Readonly<Record<string, unknown>> {
  return {
    code: report.code,
    what: report.what,
    where: report.where ?? null,
    why: report.why ?? null,
    fix: report.fix ?? null,
    ...(report.problems !== undefined && {
      problems: report.problems.map((problem) => ({
        code: problem.code,
        what: redact(problem.what),
        where: placeOf(problem),
        path: problem.path,
        line: problem.line ?? null,
        column: problem.column ?? null,
        why: problem.why ?? null,
        fix: problem.fix ?? null,
        suggestion: problem.suggestion ?? null,
      })),
    }),
  };
}
