/**
 * Records the histories that test/replay replays, one folder a workflow, one file an execution, named after this
 * version. Run it when workflows change on purpose, for a new version: `node scripts/record-histories.ts`. Old
 * versions' files stay, because a run that they began must end under the new code.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { record, scenarios } from '../test/replay/record.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'test/replay/histories');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

let files = 0;
for (const scenario of scenarios) {
  for (const { workflow, name, json } of await record(scenario)) {
    mkdirSync(join(folder, workflow), { recursive: true });
    writeFileSync(join(folder, workflow, `${version}-${name}.json`), `${json}\n`);
    files += 1;
  }
  process.stderr.write(`recorded ${scenario.name}\n`);
}
process.stderr.write(`${files} histories in test/replay/histories\n`);
process.exit(0);
