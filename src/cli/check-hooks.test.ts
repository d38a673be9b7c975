import { expect, it } from 'vitest';
import { connectors } from '../../connectors/index.ts';
import { createHookKeys } from '../../connectors/sendgrid/simulator-hook.ts';
import { hookFindings } from './check-hooks.ts';

const { publicKey } = createHookKeys('check');
const credentials = { api_key: `${'0'.repeat(32)}-us1` };
const unsigned = { path_secret: 'sixteen-letters-at-least' };
const signed = { signing_secrets: ['secret-of-the-hook'] };
const ofSendgrid = { public_keys: [publicKey] };

const itemsOf = (type: string, streams: 'all' | readonly string[], webhook?: object): readonly string[] => {
  const connector = connectors[type]!;
  const config: unknown = connector.config.parse({ credentials, ...(webhook === undefined ? {} : { webhook }) });
  return hookFindings('source shop', connector, { id: 'shop', streams }, config).map(({ item }) => item);
};

it.each<[string, 'all' | readonly string[], object | undefined, readonly string[]]>([
  ['sendgrid', ['bounces'], ofSendgrid, ['hook:events']],
  ['sendgrid', ['bounces', 'events'], ofSendgrid, []],
  ['sendgrid', 'all', ofSendgrid, []],
  ['sendgrid', ['bounces'], undefined, []],
  ['mailchimp', ['members'], signed, ['hook:lists']],
  ['mailchimp', ['members'], unsigned, ['hook:lists']],
  ['mailchimp', ['members', 'webhook_events'], unsigned, []],
])('%s, streams %j, webhook %j', (type, streams, webhook, expected) => {
  expect(itemsOf(type, streams, webhook)).toEqual(expected);
});

it('says what happens to the posts, and what to write', () => {
  const config: unknown = connectors['sendgrid']!.config.parse({ credentials, webhook: ofSendgrid });
  const source = { id: 'shop', streams: ['bounces'] };
  expect(hookFindings('source shop', connectors['sendgrid']!, source, config)).toEqual([
    {
      group: 'source shop',
      item: 'hook:events',
      status: 'warning',
      message:
        'What is posted to events is never loaded, because the stream events is not chosen: it fills the inbox up to receive.max_disk.',
      fix: 'Add events to the streams of shop, or remove its webhook.',
    },
  ]);
});
