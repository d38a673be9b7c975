import { withoutPlace } from '../contracts/failure-text.ts';

export type FailedStream = { readonly account_id: string; readonly stream: string; readonly failure: string };

/** From so many streams on, what they met alike is said once. */
const many = 3;

/** A line for each failure: a service that is out of reach is one line, not one for each of its streams. */
export function failedStreamLines(failed: readonly FailedStream[]): readonly string[] {
  const alike = Map.groupBy(failed, ({ account_id: account, failure }) => `${account} ${withoutPlace(failure)}`);
  return [...alike.values()].flatMap((streams) => {
    const [{ account_id: account, failure }] = streams as [FailedStream, ...FailedStream[]];
    return streams.length < many
      ? streams.map((one) => `${one.account_id}/${one.stream}: ${one.failure}`)
      : [
          `${account}: ${streams.length} streams: ${withoutPlace(failure)} (${streams.map(({ stream }) => stream).join(', ')})`,
        ];
  });
}
