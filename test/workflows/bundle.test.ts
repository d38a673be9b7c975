import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let tree: string;

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'mailmart-bundle-'));
  for (const folder of ['workflows', 'activities', 'src/contracts']) {
    mkdirSync(join(tree, folder, '..'), { recursive: true });
    cpSync(join(root, folder), join(tree, folder), { recursive: true });
  }
  cpSync(join(root, 'package.json'), join(tree, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

const bundle = (entry: string): Promise<{ readonly code: string }> =>
  bundleWorkflowCode({
    workflowsPath: join(tree, 'workflows', entry),
    logger: new DefaultLogger('ERROR', () => undefined),
  });

describe('the workflow bundle', () => {
  it('holds every workflow', async () => {
    const { code } = await bundle('index.ts');
    for (const name of ['syncAccount', 'runPipeline', 'runTransform', 'runScheduled']) {
      expect(code).toContain(`function ${name}(`);
    }
  });

  it('is refused when a workflow reaches node:http, even through another module', async () => {
    writeFileSync(join(tree, 'src/contracts/planted.ts'), `export { request } from 'node:http';\n`);
    writeFileSync(
      join(tree, 'workflows/planted.ts'),
      `import { request } from '../src/contracts/planted.ts';\nexport const bad = async (): Promise<string> => typeof request;\n`,
    );
    await expect(bundle('planted.ts')).rejects.toThrow(/http/);
  });
});
