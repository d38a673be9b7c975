import { expect, it } from 'vitest';
import { createHttp } from '../../../connectors/_kit/http.ts';
import { describeConnector } from '../../../connectors/_kit/suite/describe-connector.ts';
import { exampleSource } from './connector.ts';
import { startExampleSourceSimulator } from './simulator.ts';

const apiKey = 'c4n4ry-example-source-key';
const configAt = (url: string, key = apiKey) => ({ credentials: { api_key: key }, base_url: url });
const later = '2026-06-03T12:00:00.000Z';
let vendor: Awaited<ReturnType<typeof startExampleSourceSimulator>>;

describeConnector(exampleSource, {
  start: async () => (vendor = await startExampleSourceSimulator(apiKey)),
  config: configAt,
  now: '2026-06-02T12:00:00.000Z',
  later: { now: later, move: () => vendor.change('2026-06-03T08:00:00.000Z') },
  truth: (stream) => (stream === 'contacts' ? vendor.contactIds().map((id) => JSON.stringify([id])) : undefined),
});

it('says whether the key is good', async () => {
  const simulator = await startExampleSourceSimulator(apiKey);
  const probed = async (key: string) => {
    const config = configAt(simulator.url, key);
    const { signal } = new AbortController();
    return exampleSource.probe({ config, http: createHttp(exampleSource, config), signal });
  };
  try {
    expect(await probed(apiKey)).toMatchObject([{ item: 'credentials', status: 'ok' }]);
    expect(await probed('another-key')).toMatchObject([{ item: 'credentials', status: 'failed' }]);
  } finally {
    await simulator.stop();
  }
});
