/** No Temporal server can be had. The message says why and what to do. */
export class TemporalUnavailable extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TemporalUnavailable';
  }
}
