import { formatLine } from '../../src/landing/line.ts';
import type { LandedRow, Slice } from '../../src/contracts/sync.ts';
import { judge } from '../../connectors/_kit/answer.ts';
import type { Connector, Http } from '../../connectors/_kit/contract.ts';
import type { LineSink } from '../../connectors/_kit/drain.ts';
import { readSlice } from '../../connectors/_kit/engine.ts';
import { noDownload } from '../../connectors/_kit/suite/no-download.ts';

/** What a slice's reading came to: everything that must be the same whichever way its pages were worked. */
export type Outcome = {
  readonly events: readonly unknown[];
  readonly lines: Buffer;
  readonly longest: number;
  readonly error: string | undefined;
};

export type Run = Outcome & { readonly rows: number; readonly pressed: number; readonly declined: number };

export const now = '2026-06-30T12:00:00.000Z';
/** Reads a slice whose pages are these bytes, in JavaScript alone or with the press. */
export async function readPages(
  connector: Connector<never>,
  streamName: string,
  slice: Slice,
  pages: readonly Uint8Array[],
  way: 'javascript' | 'press',
  { batchUnits = 512, isKept = true } = {},
): Promise<Run> {
  let [next, pressed, declined, longest] = [0, 0, 0, 0];
  let lines: Buffer[] = [];
  let text = '';
  const keep = (data: Buffer): void => {
    if (isKept) lines.push(data);
  };
  const flush = (): void => {
    if (text !== '') keep(Buffer.from(text));
    text = '';
  };
  const http: Http = {
    request: async (request) => {
      const body = pages[next % pages.length]!;
      next += 1;
      const response = await judge({ status: 200, headers: {}, body }, request, {
        connector: connector.name,
        rules: [],
        maxBytes: 1e9,
        now: () => 0,
      });
      if (response.pressed === undefined) declined += 1;
      else pressed += 1;
      return response;
    },
    requests: 0,
    download: noDownload,
  };
  let rows = 0;
  const sink = (row: LandedRow): void => {
    const line = formatLine(row, rows);
    if (line.kind === 'refused') return;
    rows += 1;
    text += line.text;
    if (text.length >= batchUnits) flush();
    longest = Math.max(longest, line.text.length);
  };
  const block: LineSink = {
    nextRow: () => rows,
    batchUnits,
    add: (some) => {
      rows += some.rows;
      flush();
      keep(some.data);
      longest = Math.max(longest, some.longest);
    },
  };
  const events: unknown[] = [];
  const answer = (error?: string): Run => {
    flush();
    return {
      events,
      lines: Buffer.concat(lines),
      longest,
      error,
      rows,
      pressed,
      declined,
    };
  };
  try {
    const options = {
      config: {} as never,
      http,
      slice,
      now,
      salt: 'pepper',
      signal: new AbortController().signal,
      sink,
      ...(way === 'press' ? { lines: block } : {}),
    };
    const anywhere = { ...connector, baseUrl: () => 'https://api.example/3.0' };
    for await (const event of readSlice(anywhere, streamName, options)) {
      events.push(event);
      if (event.kind !== 'restart') continue;
      lines = [];
      text = '';
      rows = 0;
      longest = 0;
    }
    return answer();
  } catch (error) {
    return answer(String(error));
  }
}
