/** Failure of the transform that is not the warehouse's: the SQL project does not compile, a selection names nothing. */
export class TransformError extends Error {
  readonly kind: 'compile' | 'selection';
  readonly fix: string | undefined;
  constructor(message: string, details: { kind: TransformError['kind']; fix?: string }, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TransformError';
    this.kind = details.kind;
    this.fix = details.fix;
  }
}
