/** What to do about a failure; never an HTTP status. See docs/decisions and STYLE's table of failures. */
export type FailureKind =
  | 'transient' // try again soon
  | 'rate_limited' // try again after retryAfterMs
  | 'quota_exhausted' // hours to wait: stop now, a timer resumes
  | 'pending' // the source is making what was ordered: a timer resumes after retryAfterMs
  | 'auth' // the credentials are wrong, revoked or lack a permission
  | 'rejected' // the source refused our request: our bug
  | 'cursor_expired' // start the window again
  | 'contract' // the answer has another shape than documented
  | 'config'; // wrong configuration, seen before any work

export type FailureDetails = {
  readonly kind: FailureKind;
  readonly connector: string;
  readonly stream?: string;
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** What a person can do about it, one sentence. */
  readonly fix?: string;
};

/** A failure of a source. `message` says what was attempted, what came back and what to do; it holds no URL query, header, body, secret or address. */
export class ConnectorError extends Error {
  readonly kind: FailureKind;
  readonly connector: string;
  readonly stream: string | undefined;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly fix: string | undefined;

  constructor(message: string, details: FailureDetails, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ConnectorError';
    this.kind = details.kind;
    this.connector = details.connector;
    this.stream = details.stream;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.fix = details.fix;
  }
}

/** What to do about a file that cannot be read as its mapping says. */
export const mendFile = 'Mend the file or its mapping in mailmart.yaml, then run again.';
