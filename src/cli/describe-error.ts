import { ConnectorError } from '../../connectors/_kit/errors.ts';
import type { FailureKind } from '../../connectors/_kit/errors.ts';
import { redact } from '../../connectors/_kit/redact.ts';
import { ConfigError, fixText, placeOf } from '../config/problems.ts';
import { ClockError } from '../contracts/clock.ts';
import { withoutFix } from '../contracts/failure-text.ts';
import { fileFault } from '../contracts/file-fault.ts';
import { TransformError } from '../transform/errors.ts';
import { warehouseCodes, WarehouseError } from '../warehouse/port.ts';
import type { WarehouseFailureKind } from '../warehouse/port.ts';
import { CliError } from './cli-error.ts';
import type { ErrorReport } from './cli-error.ts';
import type { ErrorCode } from './error-catalogue.ts';
import type { ExitName } from './exit-codes.ts';

type Named = { readonly code: ErrorCode; readonly exit: ExitName };

const sourceFailures: Readonly<Record<FailureKind, Named>> = {
  transient: { code: 'SOURCE_UNREACHABLE', exit: 'error' },
  rate_limited: { code: 'SOURCE_RATE_LIMITED', exit: 'error' },
  quota_exhausted: { code: 'SOURCE_QUOTA', exit: 'quota' },
  pending: { code: 'SOURCE_PENDING', exit: 'error' },
  auth: { code: 'SOURCE_AUTH', exit: 'signIn' },
  rejected: { code: 'SOURCE_REJECTED', exit: 'error' },
  cursor_expired: { code: 'SOURCE_CURSOR', exit: 'error' },
  contract: { code: 'SOURCE_CONTRACT', exit: 'error' },
  config: { code: 'SOURCE_CONFIG', exit: 'config' },
};

const warehouseFailures: Readonly<Record<WarehouseFailureKind, Named>> = {
  transient: { code: warehouseCodes.transient, exit: 'error' },
  rejected: { code: warehouseCodes.rejected, exit: 'error' },
  drift: { code: warehouseCodes.drift, exit: 'error' },
  fenced: { code: warehouseCodes.fenced, exit: 'error' },
  locked: { code: warehouseCodes.locked, exit: 'error' },
  quota: { code: warehouseCodes.quota, exit: 'quota' },
  denied: { code: warehouseCodes.denied, exit: 'signIn' },
  over_budget: { code: warehouseCodes.over_budget, exit: 'quota' },
};

const transformFailures: Readonly<Record<TransformError['kind'], Named>> = {
  selection: { code: 'MODEL_UNKNOWN', exit: 'usage' },
  compile: { code: 'MODEL_FAILED', exit: 'error' },
};

/** Code and exit of a failure kind as it crossed a workflow's history; where it has a code of its own, that one holds. */
export function namedFailure(kind: string): Named {
  const bare = kind.replace(/^(?:connector|source)[._:]/, '');
  if (Object.hasOwn(sourceFailures, bare)) return sourceFailures[bare as FailureKind];
  const warehouse = kind.replace(/^warehouse[._:]/, '');
  if (Object.hasOwn(warehouseFailures, warehouse)) return warehouseFailures[warehouse as WarehouseFailureKind];
  if (Object.hasOwn(transformFailures, kind)) return transformFailures[kind as TransformError['kind']];
  if (kind === 'busy') return { code: 'RUN_ACTIVE', exit: 'error' };
  if (kind === 'cancelled') return { code: 'INTERRUPTED', exit: 'interrupted' };
  return { code: 'RUN_FAILED', exit: 'error' };
}

/** Any thrown value as a report: what, where, why, next step, code. Every text is redacted once more here. */
export function describeError(error: unknown): ErrorReport {
  return redacted(report(error));
}

function report(error: unknown): ErrorReport {
  if (error instanceof CliError) return error.report;
  if (error instanceof ConfigError) return ofConfig(error);
  if (error instanceof ConnectorError) {
    const where = error.stream === undefined ? error.connector : `${error.connector}, stream ${error.stream}`;
    return { ...sourceFailures[error.kind], what: error.message, where, ...fixOf(error.fix) };
  }
  if (error instanceof TransformError) {
    return { ...transformFailures[error.kind], what: error.message, ...fixOf(error.fix) };
  }
  // By name: Google's library takes long to load, and most commands never need it.
  if (error instanceof Error && error.name === 'GoogleCredentialsError') {
    return {
      ...warehouseFailures.denied,
      what: error.message,
      fix: 'gcloud auth application-default login, or name a key file (warehouse.key_file).',
    };
  }
  if (error instanceof WarehouseError) {
    return { ...warehouseFailures[error.kind], code: error.code, what: error.message, ...fixOf(error.fix) };
  }
  if (error instanceof ClockError) {
    return { code: 'CONFIG_VALUE', exit: 'config', what: error.message, fix: error.fix };
  }
  if (isAbort(error)) {
    return {
      code: 'INTERRUPTED',
      exit: 'interrupted',
      what: 'Interrupted.',
      fix: 'Run the same command again: it goes on from here.',
    };
  }
  const temporal = ofTemporal(error);
  if (temporal !== undefined) return temporal;
  const filesystem = ofFilesystem(error);
  if (filesystem !== undefined) return filesystem;
  const message = error instanceof Error ? error.message : 'a value that is not an error was thrown';
  return {
    code: 'INTERNAL',
    exit: 'error',
    what: message.split('\n')[0] ?? message,
    fix: 'Run it again with --debug, and report the output if it stays.',
  };
}

function ofConfig(error: ConfigError): ErrorReport {
  const [first] = error.problems;
  if (first === undefined) return { code: 'CONFIG_VALUE', exit: 'config', what: 'The configuration is wrong.' };
  const count = error.problems.length;
  if (count === 1) {
    return {
      code: first.code,
      exit: 'config',
      what: first.what,
      where: placeOf(first),
      ...(first.why !== undefined && { why: first.why }),
      ...fixOf(fixText(first)),
      problems: error.problems,
    };
  }
  return {
    code: first.code,
    exit: 'config',
    what: `${first.file} has ${count} problems.`,
    where: first.file,
    fix: 'Fix them, then run `mailmart check`.',
    problems: error.problems,
  };
}

/** By name, because importing Temporal's classes would make every command slow. */
function ofTemporal(error: unknown): ErrorReport | undefined {
  if (!(error instanceof Error)) return undefined;
  switch (error.name) {
    case 'TemporalUnavailable': {
      const missing = /no temporal program/.test(error.message);
      return { code: missing ? 'TEMPORAL_MISSING' : 'TEMPORAL_UNREACHABLE', exit: 'error', what: error.message };
    }
    case 'AlreadyRunning':
    case 'WorkerRunning':
      return {
        code: 'RUN_ACTIVE',
        exit: 'error',
        what: error.message,
        fix: 'See mailmart status, or stop the other one.',
      };
    case 'RunningElsewhere':
      return {
        code: 'RUN_ACTIVE',
        exit: 'error',
        what: error.message,
        fix: 'Give each project on a Temporal server its own temporal.namespace; end a run of this one’s past with `temporal workflow terminate`.',
      };
    case 'WorkflowFailedError':
      return ofWorkflow(error);
    case 'ServiceError':
    case 'GrpcServiceError':
      return {
        code: 'TEMPORAL_UNREACHABLE',
        exit: 'error',
        what: `The Temporal server did not answer as expected: ${error.message.split('\n')[0] ?? ''}`,
        fix: 'Run the same command again; see the logs in .mailmart/logs if it stays.',
      };
    default:
      return undefined;
  }
}

type Failure = Error & { readonly type?: string | null; readonly details?: readonly unknown[] };

/** The innermost failure of a workflow says what happened; the outer ones only who waited for whom. */
function ofWorkflow(error: Error): ErrorReport {
  let cause: Failure = error;
  while (cause.cause instanceof Error) cause = cause.cause;
  if (cause.name === 'CancelledFailure') {
    return {
      code: 'INTERRUPTED',
      exit: 'interrupted',
      what: 'The run was cancelled.',
      fix: 'Run it again: it goes on from there.',
    };
  }
  const detail = cause.details?.[0] as { readonly fix?: string; readonly code?: ErrorCode } | undefined;
  return {
    ...namedFailure(cause.type ?? 'unexpected'),
    ...(detail?.code !== undefined && { code: detail.code }),
    what: withoutFix(cause.message, detail?.fix),
    ...fixOf(detail?.fix ?? 'Run it again after the fix: it goes on from the last checkpoint.'),
  };
}

function ofFilesystem(error: unknown): ErrorReport | undefined {
  const fault = fileFault(error);
  if (fault === undefined) return undefined;
  const { code, reason, path, fix } = fault;
  const what = `The file cannot be used: ${reason}.`;
  return { code, exit: 'error', what, ...(path !== undefined && { where: path }), fix };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function fixOf(fix: string | undefined): { readonly fix?: string } {
  return fix === undefined || fix === '' ? {} : { fix };
}

function redacted(raw: ErrorReport): ErrorReport {
  return {
    ...raw,
    what: redact(raw.what),
    ...(raw.where !== undefined && { where: redact(raw.where) }),
    ...(raw.why !== undefined && { why: redact(raw.why) }),
    ...(raw.fix !== undefined && { fix: redact(raw.fix) }),
  };
}
