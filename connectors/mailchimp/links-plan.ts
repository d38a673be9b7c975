import type { JsonObject } from '../../src/contracts/json.ts';
import type { Slice } from '../../src/contracts/sync.ts';
import type { Stream } from '../_kit/contract.ts';
import type { MailchimpConfig } from './config.ts';

const frozenCycleMs = 90 * 86_400_000;

/**
 * Links that somebody clicked, each when its own counters moved since it was last read or when something of it was refused,
 * else every 90 days (a deleted contact leaves the answer without moving a counter).
 */
export const clickedLinksPlan: NonNullable<Stream<MailchimpConfig, unknown>['plan']> = {
  why: 'a link id is only known to be unique within its campaign, and the link, not the campaign, says when it moved',
  slices: async (context) => {
    const due: Slice[] = [];
    for await (const link of context.raw.records('click_details')) {
      const { campaign_id: campaign, id: linkId, total_clicks: clicks } = link;
      if (typeof campaign !== 'string' || typeof linkId !== 'string' || typeof clicks !== 'number' || clicks === 0)
        continue;
      const item = `${campaign}/${linkId}`;
      const fingerprint = counters(link);
      const known = context.state.get(item);
      const age = known === undefined ? Infinity : Date.parse(context.now) - Date.parse(known.readAt);
      const isOwed = known?.refusedFrom !== undefined;
      if (known?.fingerprint === fingerprint && age < frozenCycleMs && !isOwed) continue;
      due.push({
        id: `link=${item}`,
        item,
        mode: 'full',
        pathParams: { campaign_id: campaign, link_id: linkId },
        inherit: { campaign_id: campaign, url_id: linkId },
        // With a phase, what is refused is noted: the source may mend it.
        next: { readAt: context.now, fullReadAt: context.now, phase: 'mutable', fingerprint },
      });
    }
    return due;
  },
};

const counters = (link: JsonObject): string =>
  JSON.stringify([link['total_clicks'], link['unique_clicks'], link['last_click']]);
