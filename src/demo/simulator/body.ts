import type { IncomingMessage } from 'node:http';

import { Refusal } from './vendor.ts';

/** More than any request of a sync. */
const limit = 1_000_000;

/** The body of a request, as text. One that is too long is read to its end, so that the sender hears why it is refused. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length <= limit) chunks.push(chunk as Buffer);
  }
  if (length > limit) throw new Refusal(413, 'request entity too large', true);
  return Buffer.concat(chunks).toString('utf8');
}
