// The module's face: see ../press.ts, which is the only one that calls it.

export { layOut, INPUT, KEYS, BATCHES, ROWS, reason } from './memory';
export { keyCount } from './keys';
export { salt } from './person';
export { anything, beginPlan, bounds, check, field, inherit, list, name, room, root, rootOf, single } from './plan';
export { arrayEnd, arrayStart, records, work } from './page';
export { batches, lastMs, newestLength, newestMs, newestText, rows } from './rows';
export { arenaUse } from './shapes';
