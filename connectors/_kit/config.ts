import { z } from 'zod';

/** A value that is given by reference and must not be empty. */
export const secret = z.string().min(1, 'The value is empty.');

/** What differs from one vendor to the next in a source's `base_url`. */
export type BaseUrlRule = {
  /** What to write instead of a wrong one. */
  readonly fix: string;
  /** What is wrong with an address that has all that any needs. */
  readonly problem?: (url: URL) => string | undefined;
  /** What the vendor does with plain HTTP, at the end of a sentence. */
  readonly plainHttp?: string;
};

/** `base_url` of a source: an address that keys may be sent to. */
export function baseUrl({ fix, problem, plainHttp = '' }: BaseUrlRule) {
  return z.string().check((context) => {
    const message = problemOf(context.value, problem, plainHttp);
    if (message === undefined) return;
    context.issues.push({ code: 'custom', input: context.value, message, params: { fix } });
  });
}

function problemOf(text: string, own: BaseUrlRule['problem'], plainHttp: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return 'This is not an address.';
  if (url.username !== '' || url.password !== '')
    return 'The address holds credentials; they belong under `credentials`.';
  if (url.search !== '' || url.hash !== '') return 'The address holds a query or a fragment.';
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLocal(url.hostname));
  return (
    own?.(url) ?? (isSafe ? undefined : `The address is not https: the key would travel in clear text${plainHttp}.`)
  );
}

/** Plain HTTP stays possible for simulators: this machine, or a container network's one-word host name. */
function isLocal(host: string): boolean {
  return !host.includes('.') || /^127\.|\.localhost$/.test(host);
}
