import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sendgridConfig } from './config.ts';
import { hooks } from './hooks.ts';

const credentials = { api_key: 'SG.not-a-key' };
const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ type: 'spki', format: 'der' })
  .toString('base64');

describe('the configuration', () => {
  it('needs a key only', () => {
    expect(sendgridConfig.parse({ credentials })).toEqual({ credentials, region: 'global' });
  });

  it.each([
    ['no key', {}],
    ['an empty key', { credentials: { api_key: '' } }],
    ['a field that is none', { credentials, regoin: 'eu' }],
    ['another region', { credentials, region: 'us' }],
    ['base_url with /v3', { credentials, base_url: 'https://api.sendgrid.com/v3' }],
    ['base_url in clear text', { credentials, base_url: 'http://api.sendgrid.com' }],
    ['base_url with a key', { credentials, base_url: 'https://key@api.sendgrid.com' }],
    ['a subuser with a line break', { credentials, subuser: 'a\r\nx-evil: 1' }],
    ['no public key in the list', { credentials, webhook: { public_keys: [] } }],
    [
      'a PEM',
      { credentials, webhook: { public_keys: ['-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----'] } },
    ],
  ])('refuses %s', (_, config) => {
    expect(sendgridConfig.safeParse(config).success).toBe(false);
  });

  it('takes the keys that SendGrid shows, two while one is replaced, and the hook checks with them', () => {
    const config = sendgridConfig.parse({ credentials, webhook: { public_keys: [publicKey, publicKey] } });
    const keys = hooks.events.keys(config);
    expect(keys).toEqual([publicKey, publicKey]);
    const key = createPublicKey({ key: Buffer.from(keys[0]!, 'base64'), format: 'der', type: 'spki' });
    expect(key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(hooks.events.keys(sendgridConfig.parse({ credentials }))).toEqual([]);
  });

  it('has no age limit for posts: their retries last a day and none is documented', () => {
    expect(hooks.events.signature).toEqual({
      kind: 'ecdsa-p256-sha256',
      header: 'x-twilio-email-event-webhook-signature',
      timestampHeader: 'x-twilio-email-event-webhook-timestamp',
      signed: '{timestamp}{body}',
    });
  });
});
