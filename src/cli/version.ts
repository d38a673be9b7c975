import { existsSync, readFileSync } from 'node:fs';

/** The package's folder: the checkout, or the installed package (whose code is in dist/). */
export function packageRoot(): URL {
  const near = new URL('../../', import.meta.url);
  return existsSync(new URL('package.json', near)) ? near : new URL('../../../', import.meta.url);
}

/** Version of the package. */
export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot()), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
