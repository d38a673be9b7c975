import { createWorld } from '../../src/demo/world.ts';
import { describeConnector } from '../_kit/suite/describe-connector.ts';
import { mailchimp } from './connector.ts';
import { webhooks } from './fixtures/webhooks.ts';
import { startMailchimpSimulator } from './simulator.ts';

const apiKey = 'c4n4ry-0f-the-mailchimp-suite-us1';
let at = '2026-06-30T12:00:00.000Z';

describeConnector(mailchimp, {
  start: () => startMailchimpSimulator({ world: createWorld({ seed: 4, size: 'small' }), apiKey, at: () => at }),
  config: (url) => ({ credentials: { api_key: apiKey }, base_url: url }),
  now: at,
  posts: () => webhooks,
  later: { now: '2026-07-01T12:00:00.000Z', move: () => void (at = '2026-07-01T12:00:00.000Z') },
});
