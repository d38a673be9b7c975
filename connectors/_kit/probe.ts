import type { Http, HttpResponse } from './contract.ts';

/** One request of a probe; what goes wrong is an answer too, as the probe has to put it into words. Only an end is thrown. */
export async function attempt(
  { http, signal }: { readonly http: Http; readonly signal: AbortSignal },
  path: string,
  params: Readonly<Record<string, string | number>> = {},
): Promise<HttpResponse | Error> {
  try {
    return await http.request({ method: 'GET', path, params }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error) return error;
    throw error;
  }
}
