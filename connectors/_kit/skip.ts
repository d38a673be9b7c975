/**
 * An answer that a connector's `responses` declare as an expected absence (404 of a deleted child). Not a failure:
 * the engine ends the slice with `skipped`. A `read()` that can go on without the child catches it.
 */
export class SkippedAnswer extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.name = 'SkippedAnswer';
    this.status = status;
  }
}
