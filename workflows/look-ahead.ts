import type { Ahead, LookAheadInput } from '../activities/index.ts';
import { limitsOf } from './limits.ts';
import { proxies } from './proxies.ts';

/** What a run would do, told by whoever owns the warehouse. Only looks: nothing is noted in the run log. */
export async function lookAhead(input: LookAheadInput): Promise<Ahead> {
  return await proxies(limitsOf(undefined)).store.lookAhead(input);
}
