import { secondsOf } from '../../src/demo/instant.ts';
import { describeConnector } from '../_kit/suite/describe-connector.ts';
import { unhurried, unhurriedAccount } from './fixtures/unhurried.ts';
import { postsOf } from './simulator-hook.ts';
import { startSendgridSimulator } from './simulator.ts';

const apiKey = 'SG.c4n4ry-0f-the-sendgrid-suite';
let at = '2026-06-25T12:00:00.000Z';

describeConnector(unhurried, {
  start: () =>
    startSendgridSimulator({
      ...unhurriedAccount,
      apiKey,
      at: () => at,
    }),
  config: (url) => ({ credentials: { api_key: apiKey }, base_url: url, region: 'global' }) as const,
  now: at,
  // The webhook was on for eight days: what was sent before and after, the log tells.
  posts: () =>
    postsOf(unhurriedAccount.world, secondsOf('2026-06-16T10:30Z'), secondsOf('2026-06-24T00:00Z')).map(({ body }) => ({
      body,
    })),
  // More than a day: what was deleted from a suppression list shows in its daily whole read.
  later: { now: '2026-07-03T12:00:00.000Z', move: () => void (at = '2026-07-03T12:00:00.000Z') },
  startDate: '2026-05-01T00:00:00.000Z',
});
