import type { JsonObject } from '../../src/contracts/json.ts';
import type { Params, ReadContext, ReadPage } from '../_kit/contract.ts';
import { valueAt } from '../_kit/path.ts';
import type { SendgridConfig } from './config.ts';
import { shapeFailure } from './shape-failure.ts';

/** Pages of a statistic that is not declared as data: each names the next by its URL. */
export async function* followed(
  { http, signal }: ReadContext<SendgridConfig>,
  stream: string,
  path: string,
  params: Params,
): AsyncGenerator<ReadPage> {
  const seen = new Set<string>();
  for (let next: { readonly path: string; readonly params?: Params } = { path, params }; ;) {
    const { body, bytes } = await http.request({ method: 'GET', ...next, stream }, signal);
    const records = valueAt(body, 'results');
    if (!Array.isArray(records)) throw shapeFailure(stream, 'the answer has no array at "results"');
    yield { records: records as readonly JsonObject[], bytes };
    const following = valueAt(body, '_metadata.next');
    if (typeof following !== 'string' || following === '') return;
    if (seen.has(following))
      throw shapeFailure(stream, 'a page repeats: the source names a next page that was read already');
    seen.add(following);
    next = { path: following };
  }
}
