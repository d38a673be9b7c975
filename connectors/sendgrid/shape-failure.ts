import { ConnectorError } from '../_kit/errors.ts';

/** An answer of another shape than documented, where a stream reads it by itself. */
export function shapeFailure(stream: string, what: string): ConnectorError {
  return new ConnectorError(`sendgrid stream ${stream}: ${what}`, {
    kind: 'contract',
    connector: 'sendgrid',
    stream,
    fix: 'The API answers in another shape than documented: compare with the vendor’s reference and report it.',
  });
}
