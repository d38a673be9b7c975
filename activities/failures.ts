import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { QUOTA_MS } from '../connectors/_kit/answer.ts';
import { ConnectorError, type FailureKind } from '../connectors/_kit/errors.ts';
import { redact } from '../connectors/_kit/redact.ts';
import { fixText, placeOf, type ConfigProblem } from '../src/config/problems.ts';
import { faultText, fileFault } from '../src/contracts/file-fault.ts';
import { LandingError, type LandingFailureKind } from '../src/landing/port.ts';
import { TransformError } from '../src/transform/errors.ts';
import { WarehouseError, type WarehouseFailureKind } from '../src/warehouse/port.ts';
import type { FailureInfo } from './types.ts';

/** How Temporal is to treat a failure. */
type Treatment = {
  readonly retry: boolean;
  /** Expected in normal operation: not logged as an error. */
  readonly benign?: boolean;
};

/** Translates whatever an activity threw. The one place that knows ApplicationFailure; nothing passes it unredacted. */
export function toFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof ConnectorError) {
    return failure(error.kind, error.message, connectorTreatment(error.kind), {
      ...(error.status === undefined ? {} : { status: error.status }),
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    });
  }
  if (error instanceof WarehouseError) {
    const { kind, message, fix, code } = error;
    return failure(kind, message, { retry: warehouseRetries(kind) }, { ...fixOf(fix), code });
  }
  if (error instanceof LandingError) {
    return failure(error.kind, error.message, { retry: landingRetries(error.kind) }, fixOf(error.fix));
  }
  // Both kinds are for a person to fix: SQL that does not compile, a selection that names nothing.
  if (error instanceof TransformError) return failure(error.kind, error.message, { retry: false }, fixOf(error.fix));
  if (isNamed(error, 'ConfigError')) return configFailure(error);
  const fault = fileFault(error);
  if (fault !== undefined) {
    const { code, fix, mayPass } = fault;
    return failure('transient', `${faultText(fault)}.`, { retry: mayPass }, { fix, code });
  }
  if (isSystemError(error)) return failure('transient', `${error.syscall} failed: ${error.code}`, { retry: true }, {});
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return failure(
    'unexpected',
    `mailmart met an error that it does not know (please report it): ${text}`,
    { retry: false },
    {},
  );
}

function connectorTreatment(kind: FailureKind): Treatment {
  switch (kind) {
    case 'transient':
      return { retry: true };
    case 'rate_limited':
      return { retry: true, benign: true };
    // The workflow sleeps on a timer: an attempt before then would only be refused.
    case 'quota_exhausted':
    case 'pending':
      return { retry: false, benign: true };
    // A retry starts the slice, and with it the window, again.
    case 'cursor_expired':
      return { retry: true };
    case 'auth':
    case 'rejected':
    case 'contract':
    case 'config':
      return { retry: false };
    default:
      return unknownKind(kind);
  }
}

function warehouseRetries(kind: WarehouseFailureKind): boolean {
  switch (kind) {
    case 'transient':
    case 'locked':
      return true;
    case 'rejected':
    case 'drift':
    case 'fenced':
    case 'quota':
    case 'denied':
    case 'over_budget':
      return false;
    default:
      return unknownKind(kind);
  }
}

function landingRetries(kind: LandingFailureKind): boolean {
  switch (kind) {
    case 'transient':
      return true;
    case 'rejected':
      return false;
    default:
      return unknownKind(kind);
  }
}

/**
 * Nobody waits longer within a stream's attempts: an outage that is said to last for a day (or for ever) would hold up the whole
 * run, and one that is over sooner is found out.
 */
const longestPauseMs = QUOTA_MS;

function unknownKind(kind: never): never {
  throw new Error(`Unknown failure kind ${String(kind)}`);
}

function failure(
  kind: string,
  message: string,
  treatment: Treatment,
  details: Omit<FailureInfo, 'kind' | 'message'>,
): ApplicationFailure {
  const fix = details.fix === undefined ? undefined : redact(details.fix);
  const text = redact(message);
  return ApplicationFailure.create({
    type: kind,
    message: fix === undefined || text.includes(fix) ? text : `${/[.!?…)]$/.test(text) ? text : `${text}.`} ${fix}`,
    nonRetryable: !treatment.retry,
    details: [{ ...details, ...(fix === undefined ? {} : { fix }) }],
    ...(treatment.retry && details.retryAfterMs !== undefined
      ? { nextRetryDelay: Math.min(details.retryAfterMs, longestPauseMs) }
      : {}),
    ...(treatment.benign === true ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}

/** A fault of mailmart.yaml or of a secret that it names, as `src/config` finds it. */
type ConfigFault = Error & { readonly problems?: readonly ConfigProblem[] };

/** One fault as its sentence and its fix; of several all the lines, under the code of the first. */
function configFailure(error: ConfigFault): ApplicationFailure {
  const [first, ...others] = error.problems ?? [];
  if (first === undefined) return failure('config', error.message, { retry: false }, {});
  const { code } = first;
  if (others.length > 0) return failure('config', error.message, { retry: false }, { code });
  const what = `${first.what} (${placeOf(first)})`;
  return failure('config', what, { retry: false }, { ...fixOf(fixText(first)), code });
}

function fixOf(fix: string | undefined): { readonly fix?: string } {
  return fix === undefined ? {} : { fix };
}

function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name;
}

function isSystemError(error: unknown): error is Error & { readonly code: string; readonly syscall: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'syscall' in error &&
    typeof error.syscall === 'string'
  );
}
