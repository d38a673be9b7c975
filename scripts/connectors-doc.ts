/** Writes docs/connectors.md and docs/config.schema.json from the registry of connectors: npm run docs:connectors */
import { refreshDocuments } from './connectors-doc/refresh.ts';

const files = await refreshDocuments();
console.log(files.map((file) => `wrote ${file}`).join('\n'));
