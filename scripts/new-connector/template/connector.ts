import { z } from 'zod';
import { feedsNothing } from '../../../src/contracts/facts.ts';
import { baseUrl, secret } from '../../../connectors/_kit/config.ts';
import { defineConnector, type CheckFinding, type Http } from '../../../connectors/_kit/contract.ts';
import { ConnectorError } from '../../../connectors/_kit/errors.ts';
import { attempt } from '../../../connectors/_kit/probe.ts';

const config = z.strictObject({
  credentials: z
    .strictObject({
      api_key: secret.meta({ description: 'API key, by reference.', examples: ['${env:EXAMPLE_SOURCE_API_KEY}'] }),
    })
    .meta({ description: 'How to sign in.', examples: [{ api_key: '${env:EXAMPLE_SOURCE_API_KEY}' }] }),
  base_url: baseUrl({ fix: 'Write an address such as https://api.example.com/v1.' }).meta({
    description: 'Address of the API.',
    examples: ['https://api.example.com/v1'],
  }),
});

/** The example vendor's API, read only. What is odd about it: README.md in this folder. */
export const exampleSource = defineConnector(config, (stream) => ({
  name: 'example_source',
  title: 'Example source',
  docs: 'the example vendor: connectors/example-source/README.md',
  secrets: ['credentials.api_key'],
  baseUrl: ({ base_url: url }) => url.replace(/\/+$/, ''),
  auth: { kind: 'bearer', token: ({ credentials }) => credentials.api_key },
  limits: { default: { concurrency: 2 } },
  feeds: feedsNothing('no model reads its streams yet'),
  probe: ({ http, signal }) => probe(http, signal),
  streams: {
    contacts: stream({
      description: 'One row a contact, by time of change.',
      path: '/contacts',
      records: 'contacts',
      total: 'total',
      paginate: { kind: 'offset', offsetParam: 'offset', limitParam: 'limit', limit: 100 },
      schema: z.looseObject({ id: z.string().min(1), email: z.string(), changed_at: z.iso.datetime() }),
      primaryKey: ['id'],
      person: 'email',
      // changed_since is exclusive: the look-back brings contacts of the checkpoint's own second again.
      cursor: {
        field: 'changed_at',
        unit: 'iso',
        order: 'unsorted',
        lookback: 'PT1S',
        params: ({ from }) => ({ changed_since: from }),
      },
    }),
  },
}));

/** One request: is the address right, and may the key read contacts? */
async function probe(http: Http, signal: AbortSignal): Promise<readonly CheckFinding[]> {
  const answer = await attempt({ http, signal }, '/contacts', { limit: 1 });
  if (!(answer instanceof Error)) return [{ item: 'credentials', status: 'ok', message: 'Contacts are readable.' }];
  if (!(answer instanceof ConnectorError)) throw answer;
  const item = answer.kind === 'auth' ? 'credentials' : 'reachability';
  return [
    { item, status: 'failed', message: answer.message, ...(answer.fix === undefined ? {} : { fix: answer.fix }) },
  ];
}
