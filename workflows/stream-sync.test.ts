import { expect, it } from 'vitest';
import { streamCounts as counts } from '../src/contracts/counts.fixture.ts';
import { limitsOf } from './limits.ts';
import type { Proxies } from './proxies.ts';
import { StreamSync } from './stream-sync.ts';
import type { StreamResume } from './types.ts';

const resumed = (resume: StreamResume): StreamSync =>
  new StreamSync({
    key: { source: 'fake', accountId: 'shop', stream: 'items' },
    runId: 'run-1',
    limits: limitsOf(undefined),
    act: {} as Proxies,
    onLoaded: () => undefined,
    resume,
  });

const resume: StreamResume = {
  fence: 11,
  slices: 12,
  round: 13,
  again: true,
  next: 14,
  counts,
  sizer: { aim: 15, perMs: 16 },
  partials: 17,
  quotaWaitedMs: 18,
  pendingWaitedMs: 19,
  startedMs: 20,
  waitingUntil: 21_000,
  waitingFor: 'pending',
};

it('knows in the next run of its workflow all that it knew in the one before', () => {
  expect(resumed(resume).save()).toEqual(resume);
  expect(resumed(resume).progress()).toMatchObject({
    slicesDone: 1,
    slices: 12,
    waitingUntil: '1970-01-01T00:00:21.000Z',
  });
});

it('goes on from what a version left that waited for quotas alone', () => {
  const { pendingWaitedMs: _pending, waitingFor: _for, ...older } = resume;
  expect(resumed(older).save()).toEqual({ ...resume, pendingWaitedMs: 0, waitingFor: 'quota' });
});
