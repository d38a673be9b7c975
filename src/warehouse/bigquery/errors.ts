import type { JsonObject } from '../../contracts/json.ts';
import { WarehouseError, type WarehouseFailureKind } from '../port.ts';

/** What BigQuery answered: HTTP status (0 when there was no answer), its reason, its words. */
export type Refusal = { readonly status: number; readonly reason: string; readonly message: string };

type Rule = {
  readonly matches: (refusal: Refusal) => boolean;
  readonly kind: WarehouseFailureKind;
  readonly fix: string;
};

const reasonIs =
  (...reasons: readonly string[]) =>
  ({ reason }: Refusal): boolean =>
    reasons.includes(reason);

/**
 * Named by what to do next; the first rule that matches decides. Reasons: https://cloud.google.com/bigquery/docs/error-messages.
 * `quotaExceeded` is said both of queues that empty within minutes and of quotas of a day: only the words tell them apart.
 */
const rules: readonly Rule[] = [
  {
    // A statement of ours has refused to go on (`ownRefusal`): that is no fault, and the same again would end the same.
    matches: ({ message }) => /mailmart: \w+/.test(message),
    kind: 'rejected',
    fix: 'Report the message.',
  },
  {
    matches: ({ reason, message }) =>
      /rateLimitExceeded|jobRateLimitExceeded|concurrentLimit/i.test(reason) ||
      /too many (dml|concurrent)|concurrent (update|transaction|queries|api requests)|aborted due to concurrent|could not serialize|per (10 )?seconds?\b|exceeded rate limits/i.test(
        message,
      ),
    kind: 'transient',
    fix: 'Nothing to do: it is tried again.',
  },
  {
    matches: ({ reason, message }) =>
      reason === 'bytesBilledLimitExceeded' || /exceeded limit for bytes billed/i.test(message),
    kind: 'over_budget',
    fix: 'Raise warehouse.max_bytes_per_query in mailmart.yaml, or select fewer models.',
  },
  {
    matches: reasonIs('quotaExceeded', 'dailyLimitExceeded', 'billingTierLimitExceeded'),
    kind: 'quota',
    fix: 'Run again after midnight Pacific time, when daily quotas begin anew, or raise the quota in the Google Cloud console.',
  },
  {
    matches: ({ status, reason }) =>
      status === 401 || ['accessDenied', 'billingNotEnabled', 'authError', 'required', 'forbidden'].includes(reason),
    kind: 'denied',
    fix: 'Grant the account that mailmart works with what the message names; docs/how-to/deploy-on-google-cloud.md lists the roles.',
  },
  {
    // What the emulator says of wrong statements; BigQuery says it of a job's own failure only.
    matches: ({ status, reason, message }) =>
      (reason === 'jobInternalError' && status !== 200 && !/timeout|reset by peer|broken pipe/i.test(message)) ||
      /^failed to (analyze|parse statement)/.test(message),
    kind: 'rejected',
    fix: 'Report the message.',
  },
  {
    matches: ({ status, reason }) =>
      status === 0 ||
      status === 429 ||
      status >= 500 ||
      [
        'backendError',
        'internalError',
        'jobBackendError',
        'jobInternalError',
        'tableUnavailable',
        'timeout',
        'stopped',
      ].includes(reason),
    kind: 'transient',
    fix: 'Nothing to do: it is tried again. If it stays, look at https://status.cloud.google.com.',
  },
  {
    matches: ({ status, reason }) => status === 404 || reason === 'notFound',
    kind: 'drift',
    fix: 'A dataset or table of mailmart was removed from outside, or warehouse.project, dataset_prefix or location is another than before.',
  },
  {
    matches: ({ status, reason }) => status === 403 || reason === 'accessDenied',
    kind: 'denied',
    fix: 'Grant the account that mailmart works with what the message names; docs/how-to/deploy-on-google-cloud.md lists the roles.',
  },
];

/** Thrown by everything that talks to BigQuery; carries the answer for those who decide by it. */
export class BigqueryFailure extends WarehouseError {
  readonly refusal: Refusal;
  constructor(attempted: string, refusal: Refusal, cause?: unknown) {
    const rule = rules.find(({ matches }) => matches(refusal));
    super(
      `${attempted}: ${withoutValues(refusal.message)}`,
      { kind: rule?.kind ?? 'rejected', ...(rule === undefined ? {} : { fix: rule.fix }) },
      { cause },
    );
    this.refusal = refusal;
  }
}

/** What a thrown value of the client says. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof BigqueryFailure) return error.refusal;
  const { code, errors, message } = error as {
    readonly code?: number | string;
    readonly errors?: readonly { readonly reason?: string; readonly message?: string }[];
    readonly message?: string;
  };
  return {
    status: typeof code === 'number' ? code : 0,
    reason: errors?.[0]?.reason ?? (typeof code === 'string' ? code : ''),
    message: errors?.[0]?.message ?? message ?? String(error),
  };
}

/** Why a job (its resource) failed; null when it did not. */
export function refusalIn(job: JsonObject): Refusal | null {
  const { errorResult } = (job['status'] ?? {}) as { readonly errorResult?: Partial<Refusal> };
  if (errorResult === undefined) return null;
  return { status: 200, reason: errorResult.reason ?? '', message: errorResult.message ?? '' };
}

/** Statements quote values back, which may be addresses. */
function withoutValues(text: string): string {
  return text
    .split('\n')[0]!
    .slice(0, 400)
    .replaceAll(/[^\s'"<>]+@[^\s'"<>]+\.\w+/g, (word) =>
      word.endsWith('.iam.gserviceaccount.com') ? word : '<address>',
    );
}

/** Something that a request or a job names is not there. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof BigqueryFailure && (error.refusal.status === 404 || error.refusal.reason === 'notFound');

/** Statements of ours that refuse to go on say so by `error('mailmart: <word>')`. */
export function ownRefusal(error: unknown): string | undefined {
  return error instanceof BigqueryFailure ? /mailmart: (\w+)/.exec(error.refusal.message)?.[1] : undefined;
}
