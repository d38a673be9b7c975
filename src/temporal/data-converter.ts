import type { DataConverter } from '@temporalio/common';
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCodec, loadOrCreateKey } from './codec.ts';

/** The same file for client, worker and workflow bundle. */
export const failureConverterPath = fileURLToPath(
  new URL(`./failure-converter${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
);

/**
 * How values cross to the server: encrypted with the project's key, or in plain text (the demo, tests that read
 * histories). What an earlier, encrypted run left is readable in both cases.
 */
export function dataConverterFor(keyFile: string | null, encrypted = keyFile !== null): DataConverter {
  if (keyFile === null || (!encrypted && !existsSync(keyFile))) return { failureConverterPath, payloadCodecs: [] };
  const codec = createCodec(loadOrCreateKey(keyFile));
  return {
    failureConverterPath,
    payloadCodecs: [encrypted ? codec : { encode: async (payloads) => payloads, decode: codec.decode }],
  };
}
