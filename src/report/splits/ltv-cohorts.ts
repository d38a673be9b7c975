import type { Context } from '../context.ts';
import type { Html } from '../html.ts';
import { absent } from './absent.ts';

/** What cohorts brought month by month. */
export async function cohortFigures(context: Context): Promise<readonly Html[]> {
  const none = await absent(context, 'ltv_cohorts', context.messages.splits.cohorts.title);
  return none === undefined ? [] : [none];
}
