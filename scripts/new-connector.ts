/** A connector to start from, complete and green: npm run new:connector <name> */
import path from 'node:path';
import { addConnector, NameRefused } from './new-connector/add-connector.ts';

const root = path.resolve(import.meta.dirname, '..');
try {
  const { folder, name, files } = await addConnector(root, process.argv.slice(2));
  console.log(`${files.map((file) => `wrote ${file}`).join('\n')}

It is a whole connector for an example vendor, and green. Next:
  1. Write the vendor's facts, each with its source, into ${folder}/README.md.
  2. Write ${folder}/simulator.ts from them, then connector.ts; never one from the other.
  3. vitest run --project unit ${folder}           the standard suite, for every stream
  4. Name the vendor's reference in \`docs\`: test/architecture is red while it says "the example vendor".
  5. Stage its streams in sql/definitions/staging/${name}, list them in sql/includes/raw_streams.js, and say in \`feeds\` what core now learns.
  6. npm run docs:connectors && npm run check
To take it back: delete ${folder}, its two lines in connectors/index.ts, and run npm run docs:connectors.`);
} catch (error) {
  if (!(error instanceof NameRefused)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
