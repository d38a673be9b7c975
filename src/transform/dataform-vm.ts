import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';

/**
 * Loaded into Dataform's compiler by `--import`, in the place of `vm2`, its sandbox against foreign code: models are the
 * user's own, and the sandbox took five sixths of the time (decision 31). The same models give the same bytes.
 */
type NodeVMOptions = {
  readonly sandbox?: Readonly<Record<string, unknown>>;
  readonly require: { readonly root: string; readonly builtin: readonly string[] };
  /** JavaScript of a file of the project (sqlx, YAML, JavaScript). */
  readonly compiler?: (code: string, path: string) => string;
};

/** The part of vm2's interface that Dataform uses. The process is the sandbox: it compiles one project and ends. */
export class NodeVM {
  constructor({ sandbox, require, compiler }: NodeVMOptions) {
    Object.assign(globalThis, sandbox);
    if (compiler !== undefined) loadProject(require.root, require.builtin, compiler);
  }

  /** What the code returns. It requires as a file of this name would. */
  run(code: string, filename: string): unknown {
    const body = compileFunction(code, ['require'], { filename }) as (require: NodeJS.Require) => unknown;
    return body(createRequire(filename));
  }
}

function loadProject(root: string, builtin: readonly string[], compiler: NonNullable<NodeVMOptions['compiler']>): void {
  const project = `${pathToFileURL(root).href}/`;
  const packages = `${project}node_modules/`;
  registerHooks({
    resolve(specifier, context, next) {
      const from = context.parentURL ?? '';
      const isModel = from.startsWith(project) && !from.startsWith(packages);
      // As in BigQuery's Dataform, where files and processes are not to be had.
      if (isModel && isBuiltin(specifier) && !builtin.includes(specifier))
        throw new Error(`Cannot find module '${specifier}'`);
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier.startsWith('.')) throw error;
        // A path from the project's folder, as in `require("includes/dialect")`.
        return next(join(root, specifier), context);
      }
    },
    load(url, context, next) {
      if (!url.startsWith(project)) return next(url, context);
      const path = fileURLToPath(url);
      return { format: 'commonjs', source: compiler(readFileSync(path, 'utf8'), path), shortCircuit: true };
    },
  });
}

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vm2' ? { url: import.meta.url, shortCircuit: true } : next(specifier, context),
});
