import type { DataConverter } from '@temporalio/common';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCodec, loadOrCreateKey } from './codec.ts';

/** The same file for client, worker and workflow bundle. */
export const failureConverterPath = fileURLToPath(
  new URL(`./failure-converter${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
);

/** How values cross to the server. Null key file: in plain text, for the demo and for tests that read histories. */
export function dataConverterFor(keyFile: string | null): DataConverter {
  return {
    failureConverterPath,
    payloadCodecs: keyFile === null ? [] : [createCodec(loadOrCreateKey(keyFile))],
  };
}
