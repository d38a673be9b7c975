/** How much a simulated account holds. */
export type Shape = {
  readonly members: number;
  readonly campaigns: number;
  /** Of each campaign. */
  readonly recipients: number;
  /** Accounts of this size; each has a key of its own. */
  readonly accounts: number;
  readonly seed: number;
};

/** Changes with everything that changes an answer's bytes: pages kept on disk are then made anew. */
export const worldVersion = 1;

/** The bars' volume: 200,000 members, 200 campaigns to 5,000 each, two events a recipient. */
export const fullShape: Shape = { members: 200_000, campaigns: 200, recipients: 5_000, accounts: 1, seed: 1 };

/** Many accounts side by side: 156 requests each, so that the few that wait for others weigh little. */
export const smallShape: Shape = { members: 500, campaigns: 150, recipients: 25, accounts: 100, seed: 2 };

/** The same shape with more or less of it; pages stay full. */
export function scaled(shape: Shape, factor: number): Shape {
  const members = Math.max(shape.recipients, Math.round((shape.members * factor) / 1000) * 1000);
  return { ...shape, members, campaigns: Math.max(1, Math.round(shape.campaigns * factor)) };
}

/** Name of a shape in file names. */
export function shapeName({ members, campaigns, recipients, seed }: Shape, account: number): string {
  return `v${worldVersion}-m${members}-c${campaigns}-r${recipients}-s${seed}-a${account}`;
}

/** API key of an account, counted from 1. Without a data centre at its end, so that `base_url` decides. */
export function accountKey(account: number): string {
  return `bench-key-${account}`;
}
