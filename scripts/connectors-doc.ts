/** Writes docs/connectors.md from the registry: node scripts/connectors-doc.ts */
import { writeFileSync } from 'node:fs';
import { connectorsDocument, documentPath } from './connectors-doc/document.ts';

const text = connectorsDocument();
writeFileSync(documentPath, text);
console.log(`docs/connectors.md: ${text.split('\n').length - 1} lines`);
