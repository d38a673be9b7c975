import { createRequire } from 'node:module';

/**
 * Makes the DuckDB client return text exactly. Its decoder is a default TextDecoder, which takes a leading U+FEFF for
 * a byte order mark and drops it: a name of one such character would come back empty. The client looks the decoder up
 * at each call, so one with `ignoreBOM` takes its place. A test fails if an upgrade changes that.
 */
export function keepLeadingMarks(): void {
  const accessors: { textDecoder: unknown } = createRequire(import.meta.url)(
    '@duckdb/node-api/lib/vectors/dataAccessors.js',
  );
  accessors.textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
}
