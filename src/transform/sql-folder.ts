import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TransformError } from './errors.ts';

/** `sql/` of the package that this file belongs to, from source or from `dist/`. */
export function sqlFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'sql', 'workflow_settings.yaml'))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new TransformError('The SQL project (sql/workflow_settings.yaml) was not found beside mailmart.', {
        kind: 'compile',
        fix: 'Install mailmart again.',
      });
    }
    folder = parent;
  }
  return join(folder, 'sql');
}
