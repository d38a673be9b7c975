import type { IncomingMessage, ServerResponse } from 'node:http';

import { ApiError } from './simulator-answer.ts';
import type { Fault } from './simulator-faults.ts';
import type { RateState } from './simulator-limits.ts';
import type { Route } from './simulator-routes.ts';

/** More than any request of a sync. */
const bodyLimit = 1_000_000;

/** The headers that each answer of the API has, on the server's own clock. */
export function stateRate(response: ServerResponse, rate: RateState, nowMs: number): void {
  response.setHeader('Date', new Date(nowMs).toUTCString());
  response.setHeader('X-RateLimit-Limit', String(rate.limit));
  response.setHeader('X-RateLimit-Remaining', String(rate.remaining));
  response.setHeader('X-RateLimit-Reset', String(Math.ceil(rate.resetMs / 1000)));
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > bodyLimit) throw new ApiError(413, 'request entity too large', null, true);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The JSON object of a POST, without fields that the operation does not have. */
export function bodyOf(route: Route, text: string): unknown {
  if (route.fields === null) return undefined;
  let body: unknown;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new ApiError(400, 'the body is no JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ApiError(400, 'the body is no object');
  const unknown = Object.keys(body).find((name) => route.fields?.includes(name) !== true);
  if (unknown !== undefined) throw new ApiError(400, `${unknown} is no field here`, unknown);
  return body;
}

/** Writes an answer, whole or as a fault cuts it. */
export function send(
  response: ServerResponse,
  status: number,
  whole: Buffer,
  type: string,
  fault: Fault | undefined,
): void {
  const half = whole.subarray(0, Math.floor(whole.length / 2));
  const sent = fault?.kind === 'truncated' ? half : whole;
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': sent.length });
  if (fault?.kind === 'reset_in_body') {
    response.write(half, () => response.destroy());
    return;
  }
  response.end(sent);
}
