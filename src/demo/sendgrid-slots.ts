import type { SgTest } from './sendgrid-types.ts';
import type { WorldSize } from './types.ts';

export type ListName = 'onboarding' | 'customers' | 'vip';

/**
 * How far back of a single send the sources reach at `now`: `totals` was sent more than 30 days before, `logs` within them but
 * before the webhook was on, `hook` after that, `later` after `now`.
 */
export type Regime = 'totals' | 'logs' | 'hook' | 'later';

/** One single send, as the company's calendar has it. */
export type Slot = {
  readonly name: string;
  readonly subject: string;
  readonly regime: Regime;
  /** Null: a draft. */
  readonly sentAt: string | null;
  readonly list: readonly ListName[];
  readonly group: 0 | 1 | null;
  readonly sizes: readonly WorldSize[];
  readonly links: number;
  readonly categories: readonly string[];
  /** Nobody's mailbox takes it. */
  readonly allBounce?: boolean;
  readonly test?: {
    readonly kind: 'subject' | 'content';
    readonly criteria: SgTest['winnerCriteria'];
    readonly percentage: number;
    readonly hours: number;
  };
  /** Days between its making and its sending (a draft: and `now`); default 3. */
  readonly daysBefore?: number;
};

const every: readonly WorldSize[] = ['demo', 'small', 'tiny'];
const bigger: readonly WorldSize[] = ['demo', 'small'];

/** In order of sending. Instants are chosen for what goes wrong there: Berlin's midnights, turns of a month, clock changes. */
export const slots: readonly Slot[] = [
  {
    name: 'Welcome 1',
    subject: 'Welcome to the garden',
    regime: 'totals',
    sentAt: '2026-01-20T08:15:00Z',
    list: ['onboarding'],
    group: 0,
    sizes: ['demo'],
    links: 2,
    categories: ['welcome'],
  },
  // Midnight in Berlin, and the turn of a month there.
  {
    name: 'Welcome 2',
    subject: '{{first_name}}, your first bed, step by step',
    regime: 'totals',
    sentAt: '2026-02-28T23:00:00Z',
    list: ['onboarding'],
    group: null,
    sizes: every,
    links: 3,
    categories: ['welcome', 'guide'],
  },
  // Berlin's clocks jump from 02:00 to 03:00 a second later; the winner goes out on summer time.
  {
    name: 'Spring offer',
    subject: 'Spring: 15 % off all seeds',
    regime: 'totals',
    sentAt: '2026-03-29T00:59:59Z',
    list: ['customers'],
    group: 1,
    sizes: every,
    links: 3,
    categories: ['offer'],
    test: { kind: 'subject', criteria: 'open', percentage: 50, hours: 4 },
  },
  {
    name: 'Care guide',
    subject: 'Watering in May 💧',
    regime: 'totals',
    sentAt: '2026-05-12T06:30:00Z',
    list: ['onboarding', 'customers'],
    group: 0,
    sizes: ['demo'],
    links: 4,
    categories: ['guide'],
  },
  {
    name: 'Reorder reminder',
    subject: 'Soil running low?',
    regime: 'logs',
    sentAt: '2026-06-02T07:30:00Z',
    list: ['customers'],
    group: 1,
    sizes: every,
    links: 3,
    categories: ['offer', 'reorder'],
  },
  {
    name: 'New pictures',
    subject: 'The June catalogue',
    regime: 'logs',
    sentAt: '2026-06-05T15:00:00Z',
    list: ['onboarding'],
    group: 0,
    sizes: ['demo'],
    links: 2,
    categories: [],
    test: { kind: 'content', criteria: 'click', percentage: 30, hours: 24 },
  },
  // Midnight in Berlin in summer; the relay was misconfigured that night.
  {
    name: 'Invitation',
    subject: 'An evening at the nursery',
    regime: 'logs',
    sentAt: '2026-06-09T22:00:00Z',
    list: ['vip'],
    group: 0,
    sizes: every,
    links: 1,
    categories: ['event'],
    allBounce: true,
  },
  {
    name: 'Harvest test',
    subject: 'What to harvest now',
    regime: 'hook',
    sentAt: '2026-06-16T08:00:00Z',
    list: ['onboarding'],
    group: 0,
    sizes: every,
    links: 3,
    categories: ['guide'],
    test: { kind: 'subject', criteria: 'open', percentage: 50, hours: 4 },
  },
  // Nobody can unsubscribe from a notice.
  {
    name: 'Changed terms',
    subject: 'Our terms have changed',
    regime: 'hook',
    sentAt: '2026-06-24T21:59:59Z',
    list: ['customers'],
    group: null,
    sizes: every,
    links: 0,
    categories: ['notice'],
  },
  {
    name: 'Weekend',
    subject: `Weekend = "sale" & <more>; 2,50 €`,
    regime: 'hook',
    sentAt: '2026-06-27T05:00:00Z',
    list: ['customers'],
    group: null,
    sizes: ['demo'],
    links: 2,
    categories: ['offer'],
  },
  // Its test is running at "now".
  {
    name: 'Heat wave',
    subject: 'Shade for your plants',
    regime: 'hook',
    sentAt: '2026-06-30T10:00:00Z',
    list: ['onboarding'],
    group: 0,
    sizes: bigger,
    links: 2,
    categories: ['guide'],
    test: { kind: 'subject', criteria: 'click', percentage: 40, hours: 4 },
    daysBefore: 1,
  },
  {
    name: 'July letter',
    subject: 'July in the garden',
    regime: 'later',
    sentAt: '2026-06-30T22:00:00Z',
    list: ['customers'],
    group: 1,
    sizes: every,
    links: 2,
    categories: ['guide'],
  },
  {
    name: 'Thank you',
    subject: 'Thank you for half a year',
    regime: 'later',
    sentAt: '2026-07-03T09:00:00Z',
    list: ['onboarding'],
    group: 0,
    sizes: ['demo'],
    links: 2,
    categories: ['welcome'],
    daysBefore: 1,
  },
  {
    name: 'Draft',
    subject: '(no subject yet)',
    regime: 'later',
    sentAt: null,
    list: ['onboarding'],
    group: 0,
    sizes: every,
    links: 1,
    categories: [],
    daysBefore: 5,
  },
];
