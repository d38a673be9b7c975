import type { JsonObject } from '../../src/contracts/json.ts';
import type { Export, ExportState } from '../_kit/export.ts';
import { valueAt } from '../_kit/path.ts';
import type { SendgridConfig } from './config.ts';

/** In megabytes: files of this size are read while the next one is on its way. The default is 5,000. */
const FILE_SIZE = 500;

/** All contacts: the list endpoint shows fifty, and has no paging any more. */
export const contactsExport: Export<SendgridConfig> = {
  connector: 'sendgrid',
  name: 'contacts',
  order: () => ({
    method: 'POST',
    path: '/v3/marketing/contacts/exports',
    body: { file_type: 'json', max_file_size: FILE_SIZE },
  }),
  jobOf: ({ body }) => asText(valueAt(body, 'id')),
  status: (job) => ({ method: 'GET', path: `/v3/marketing/contacts/exports/${encodeURIComponent(job)}` }),
  stateOf: ({ body }) => stateOf(body as JsonObject),
  record: withId,
};

function stateOf({ status, urls, contact_count: count }: JsonObject): ExportState | undefined {
  switch (status) {
    case 'pending':
      return { kind: 'pending' };
    case 'failure':
      return { kind: 'failed' };
    case 'ready': {
      const addresses = Array.isArray(urls) ? urls.filter((url) => typeof url === 'string') : [];
      return { kind: 'ready', urls: addresses, count: typeof count === 'number' ? count : null };
    }
    default:
      return undefined;
  }
}

/** The files call the id `contact_id`, every other answer calls it `id` (sendgrid-csharp issue 1024). */
function withId(record: JsonObject): JsonObject {
  const { id, contact_id: ofFile } = record;
  return id === undefined && ofFile !== undefined ? { id: ofFile, ...record } : record;
}

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
