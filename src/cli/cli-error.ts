import type { ErrorCode } from './error-catalogue.ts';
import type { ExitName } from './exit-codes.ts';
import type { ConfigProblem } from '../config/problems.ts';

/** What a person and a program are told about a failure. Holds no secret, no address, no stack. */
export type ErrorReport = {
  readonly code: ErrorCode;
  readonly exit: ExitName;
  readonly what: string;
  /** File and line, source and stream, table: whatever says where. */
  readonly where?: string;
  readonly why?: string;
  readonly fix?: string;
  /** Every mistake of a configuration. */
  readonly problems?: readonly ConfigProblem[];
};

/** A failure that a command reports in its own words. */
export class CliError extends Error {
  readonly report: ErrorReport;

  constructor(report: ErrorReport, options?: { cause?: unknown }) {
    super(report.what, options);
    this.name = 'CliError';
    this.report = report;
  }
}
