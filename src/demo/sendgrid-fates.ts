import type { PlannedSend } from './sendgrid-plan.ts';
import type { Regime } from './sendgrid-slots.ts';
import type { WorldSize } from './types.ts';

/** What must happen to somebody, so that each kind of event is there whatever the seed and size. */
export type Fate =
  | 'invalid'
  | 'slow'
  | 'hard'
  | 'blocked'
  | 'delayed'
  | 'machine'
  | 'reader'
  | 'scanner'
  | 'complains'
  | 'leaves'
  | 'leaves group'
  | 'comes back'
  | 'late'
  /** A mail program that fetches the pictures over and over: more opens than the logs show of a message. */
  | 'refresher';

const fates: readonly Fate[] = [
  'reader',
  'comes back',
  'scanner',
  'late',
  'machine',
  'leaves group',
  'hard',
  'slow',
  'leaves',
  'delayed',
  'complains',
  'blocked',
];

export type FateBook = {
  /** The next thing that is still to happen in the single send's regime and can happen to a mail of it. */
  take(plan: PlannedSend): Fate | undefined;
};

/** Each regime has its own list to get through, from its first recipients on. */
export function createFateBook(size: WorldSize): FateBook {
  const left: Readonly<Record<Regime, Fate[]>> = {
    totals: [...fates, 'invalid'],
    logs: [...fates],
    // A tiny world has no room for it.
    hook: size === 'tiny' ? [...fates] : [...fates, 'refresher'],
    later: ['reader', 'hard'],
  };
  return {
    take: (plan) => {
      if (plan.slot.allBounce === true) return undefined;
      const open = left[plan.slot.regime];
      const place = open.findIndex((fate) => isPossible(fate, plan));
      return place === -1 ? undefined : open.splice(place, 1)[0];
    },
  };
}

function isPossible(fate: Fate, plan: PlannedSend): boolean {
  if (fate === 'reader' || fate === 'scanner') return plan.send.links.length > 0;
  if (fate === 'leaves group' || fate === 'comes back') return plan.send.groupId !== null;
  return true;
}
