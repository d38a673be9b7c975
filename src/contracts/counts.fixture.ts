import type { StreamCounts } from './sync.ts';

/** Counts of a stream's run, each another number. */
export const streamCounts: StreamCounts = {
  slices: 1,
  pages: 2,
  requests: 3,
  rowsRead: 4,
  rowsInserted: 5,
  rowsUpdated: 6,
  rowsUnchanged: 7,
  rowsDeleted: 8,
  rowsQuarantined: 9,
  bytesRead: 10,
};
