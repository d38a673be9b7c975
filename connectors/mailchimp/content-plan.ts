import type { Stream } from '../_kit/contract.ts';
import type { MailchimpConfig } from './config.ts';

/** What went out does not change any more: one request a campaign, and another only while what it holds is refused. */
export const contentPlan: NonNullable<Stream<MailchimpConfig, unknown>['plan']> = {
  why: 'the content of a sent campaign is read once',
  slices: async (context, declared) =>
    declared.filter(({ item }) => {
      const state = context.state.get(item);
      return state === undefined || state.refusedFrom !== undefined;
    }),
};
