import type { AccountOutcome } from './run-outcome.ts';

/** As many lines of an account as a verdict in history holds; the rest stands in the published status. */
const most = 5;

/**
 * What a stream lacks, without what its failure says: that stands in the list of failures. A line of a verdict may be cut, and of
 * the two either may hold what to do, at its end.
 */
export function missingOf(lines: readonly string[], failure: string | null): readonly string[] {
  if (failure === null) return lines;
  return lines.flatMap((line) => {
    const slices = /^((\d+) of (\d+) slices were not read): /.exec(line);
    const reason = line.slice(slices?.[0].length ?? 0).replace(/…$/, '');
    if (!failure.startsWith(reason) && !reason.startsWith(failure)) return [line];
    return slices === null || slices[2] === slices[3] ? [] : slices.slice(1, 2);
  });
}

/** What an account lacks, from its streams as far as they are known: its own verdict is cut, with streams that failed in it. */
export function missingOfAccount({ account_id: id, verdict, streams, failure }: AccountOutcome): readonly string[] {
  const known = streams.flatMap(({ stream, verdict: { missing }, failure: failed }) =>
    missingOf(missing, failed).map((line) => `${stream}: ${line}`),
  );
  const others = missingOf(verdict.missing, failure).filter(
    (line) =>
      streams.length === 0 ||
      !(/^and \d+ more: /.test(line) || streams.some(({ stream }) => line.startsWith(`${stream}: `))),
  );
  const lines = [...known, ...others].map((line) => `${id}: ${line}`);
  // What was cut before counts as one line more.
  return lines.length > most + 1
    ? [...lines.slice(0, most), `${id}: and ${lines.length - most} more: see mailmart status`]
    : lines;
}
