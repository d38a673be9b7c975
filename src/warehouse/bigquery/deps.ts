import type { Clock } from '../../contracts/clock.ts';
import type { Landing } from '../../landing/port.ts';
import type { Budget } from './budget.ts';
import type { Client } from './client.ts';
import type { Jobs, Labels } from './jobs.ts';
import type { Names } from './names.ts';

/** What the parts of the adapter work with. */
export type Deps = {
  readonly client: Client;
  readonly jobs: Jobs;
  readonly names: Names;
  readonly landing: Landing;
  readonly clock: Clock;
  readonly labels: Labels;
  readonly budget: Budget;
};
