import { afterEach, describe, expect, it } from 'vitest';
import { createWorld } from '../../src/demo/world.ts';
import { createHttp } from '../_kit/http.ts';
import { sendgridConfig } from './config.ts';
import { sendgrid } from './connector.ts';
import { webhookFindings } from './probe-webhook.ts';
import { createHookKeys } from './simulator-hook.ts';
import { startSendgridSimulator, type SendgridSimulator, type SimulatorOptions } from './simulator.ts';

const apiKey = 'SG.c4n4ry-0f-the-probe';
const world = createWorld({ seed: 4, size: 'small' });
const { publicKey } = createHookKeys('probe');

let simulator: SendgridSimulator | undefined;
afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
});

async function findings(options: Partial<SimulatorOptions> = {}, config: object = {}) {
  simulator = await startSendgridSimulator({ world, apiKey, ...options });
  const parsed = sendgridConfig.parse({ credentials: { api_key: apiKey }, base_url: simulator.url, ...config });
  const http = createHttp(sendgrid, parsed, { sleep: async () => undefined });
  const found = await sendgrid.probe({ config: parsed, http, signal: new AbortController().signal });
  expect(simulator.requests().length).toBeLessThanOrEqual(3);
  expect(JSON.stringify(found)).not.toContain(apiKey);
  for (const { status, fix } of found) if (status === 'failed' || status === 'warning') expect(fix).toBeTruthy();
  return found;
}

const lines = (found: Awaited<ReturnType<typeof findings>>): readonly string[] =>
  found.map(({ item, status }) => `${item} ${status}`);

describe('check', () => {
  it('of an account where all is well', async () => {
    expect(lines(await findings({ publicKey }, { webhook: { public_keys: [publicKey] } }))).toEqual([
      'reachability ok',
      'credentials ok',
      'permission:marketing ok',
      'webhook ok',
    ]);
  });

  it('of a key that may read less', async () => {
    const found = await findings({ scopes: ['stats.read', 'user.webhooks.event.settings.read'] });
    expect(lines(found)).toEqual([
      'reachability ok',
      'permission:marketing.read warning',
      'permission:suppression.read warning',
      'permission:asm.groups.read warning',
      'permission:marketing warning',
      'webhook warning',
    ]);
  });

  it('of an account with the legacy product, whatever the key may', async () => {
    const found = await findings({ marketing: 'legacy' });
    const marketing = found.find(({ item }) => item === 'permission:marketing');
    expect(marketing).toMatchObject({ status: 'warning' });
    expect(marketing?.message).toContain('legacy');
  });

  it('of a wrong key is one request', async () => {
    const found = await findings({}, { credentials: { api_key: 'SG.another-key' } });
    expect(lines(found)).toEqual(['credentials failed']);
    expect(simulator?.requests()).toHaveLength(1);
  });

  it('of the EU region does not ask for marketing, which is global', async () => {
    const found = await findings({ publicKey }, { region: 'eu' });
    expect(lines(found)).toContain('permission:marketing skipped');
    expect(simulator?.requests().map(({ path }) => path)).not.toContain('/v3/marketing/lists');
  });

  it('of a base_url that ends somewhere else', async () => {
    simulator = await startSendgridSimulator({ world, apiKey });
    const config = sendgridConfig.parse({ credentials: { api_key: apiKey }, base_url: `${simulator.url}/elsewhere` });
    const http = createHttp(sendgrid, config, { sleep: async () => undefined });
    const found = await sendgrid.probe({ config, http, signal: new AbortController().signal });
    expect(found).toMatchObject([{ item: 'reachability', status: 'failed' }]);
  });
});

describe('the Event Webhook', () => {
  const all = {
    enabled: true,
    friendly_name: 'mailmart',
    public_key: publicKey,
    ...Object.fromEntries(
      'processed delivered open click bounce dropped deferred spam_report unsubscribe group_unsubscribe group_resubscribe'
        .split(' ')
        .map((event) => [event, true]),
    ),
  };
  const config = sendgridConfig.parse({ credentials: { api_key: apiKey }, webhook: { public_keys: [publicKey] } });
  const { webhook: _, ...withoutKeys } = config;
  const of = (webhooks: readonly object[], settings = config) =>
    webhookFindings({ status: 200, headers: {}, bytes: 0, body: { webhooks } as never }, settings);

  it.each<[string, readonly object[], typeof config | typeof withoutKeys, RegExp]>([
    ['that is off', [{ ...all, enabled: false }], config, /No Event Webhook/],
    ['of an account that has none', [{}], config, /No Event Webhook/],
    ['that signs nothing', [{ ...all, public_key: undefined }], config, /does not sign/],
    ['whose key is not configured', [all], withoutKeys, /no key to verify/],
    ['whose key is another one', [{ ...all, public_key: 'x' }], config, /No signed Event Webhook has a key/],
    ['that lacks events', [{ ...all, processed: false, open: false }], config, /does not post processed, open:/],
  ])('%s is warned of', (_name, webhooks, settings, message) => {
    const [finding, ...others] = of(webhooks, settings);
    expect(finding).toMatchObject({ item: 'webhook', status: 'warning' });
    expect(finding?.message).toMatch(message);
    expect(others).toEqual([]);
  });

  it('is looked at where its key is configured, others are other people’s', () => {
    expect(of([{ ...all, public_key: 'x', processed: false }, all])).toMatchObject([{ status: 'ok' }]);
  });

  it('whose settings cannot be read is a warning', () => {
    expect(webhookFindings(new Error('403'), config)).toMatchObject([{ status: 'warning' }]);
  });
});
