import { afterEach, describe, expect, it } from 'vitest';
import { createWorld } from '../../src/demo/world.ts';
import { createHttp } from '../_kit/http.ts';
import { sendgridConfig } from './config.ts';
import { sendgrid } from './connector.ts';
import { startSendgridSimulator, type SendgridSimulator } from './simulator.ts';

const world = createWorld({ seed: 4, size: 'small' });
const signal = new AbortController().signal;

let simulator: SendgridSimulator | undefined;
afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
});

const clientOf = (apiKey: string) =>
  createHttp(sendgrid, sendgridConfig.parse({ credentials: { api_key: apiKey }, base_url: simulator!.url }));

describe('limits that the headers state', () => {
  it('ten lanes, three clients, two endpoints: no request beyond them', { timeout: 60_000 }, async () => {
    const apiKey = 'SG.limits-of-many-lanes';
    simulator = await startSendgridSimulator({
      world,
      apiKey,
      rates: { suppressions: { requests: 7, seconds: 2 } },
      latencyMs: 5,
    });
    const clients = [clientOf(apiKey), clientOf(apiKey), clientOf(apiKey)];
    const ask = (path: string) =>
      Array.from({ length: 20 }, (_, index) =>
        clients[index % 3]!.request({ method: 'GET', path, params: { limit: 1 } }, signal),
      );
    await Promise.all([...ask('/v3/suppression/bounces'), ...ask('/v3/suppression/blocks')]);
    expect(simulator.requests().map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200));
    expect(simulator.violations()).toEqual([]);
    expect(simulator.maxInFlight()).toBeLessThanOrEqual(10);
  });

  it('the simulator has something to count: asked at once it refuses', async () => {
    const apiKey = 'SG.limits-that-are-broken';
    simulator = await startSendgridSimulator({ world, apiKey, rates: { suppressions: { requests: 7, seconds: 2 } } });
    const { url } = simulator;
    await Promise.all(
      Array.from({ length: 9 }, () =>
        fetch(`${url}/v3/suppression/bounces`, { headers: { authorization: `Bearer ${apiKey}` } }),
      ),
    );
    expect(simulator.requests().filter(({ status }) => status === 429)).toHaveLength(2);
  });
});

describe('Email Activity', () => {
  it('is asked six times a minute, over all clients of the account', async () => {
    const apiKey = 'SG.limits-of-activity';
    simulator = await startSendgridSimulator({ world, apiKey });
    const config = sendgridConfig.parse({ credentials: { api_key: apiKey }, base_url: simulator.url });
    const waits: number[] = [];
    const sleep = async (ms: number): Promise<void> => void waits.push(ms);
    const [one, other] = [createHttp(sendgrid, config, { sleep }), createHttp(sendgrid, config, { sleep })];
    const query = 'last_event_time BETWEEN TIMESTAMP "2026-06-30T00:00:00Z" AND TIMESTAMP "2026-06-30T12:00:00Z"';
    const ask = (http: typeof one) =>
      http.request({ method: 'GET', path: '/v3/messages', params: { query, limit: 1 } }, signal);
    await Promise.all([ask(one), ask(other), ask(one)]);
    // Ten seconds between two, which is what makes six a minute.
    const spaces = waits.filter((ms) => ms < 30_000);
    expect(spaces.map((ms) => Math.round(ms / 1000))).toEqual([10, 20]);
  });
});
