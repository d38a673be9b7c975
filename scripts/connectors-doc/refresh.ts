import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { configSchemaFile } from '../../src/config/json-schema.ts';
import { sourceRegistry } from '../../src/config/registry.ts';
import { connectorsDocument, documentPath } from './document.ts';

/** Writes what is generated from the registry of connectors: docs/connectors.md and docs/config.schema.json. */
export async function refreshDocuments(): Promise<readonly string[]> {
  const filepath = path.join(path.dirname(documentPath), 'config.schema.json');
  const schema = await format(configSchemaFile(sourceRegistry), { ...(await resolveConfig(filepath)), filepath });
  writeFileSync(documentPath, connectorsDocument());
  writeFileSync(filepath, schema);
  return [documentPath, filepath].map((file) => `docs/${path.basename(file)}`);
}
