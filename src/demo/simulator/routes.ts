/** An operation of an API. */
export type RouteShape = {
  /** Default any. */
  readonly method?: string;
  /** Path template, `/lists/{id}`. */
  readonly path: string;
};

/** The operation of a request, with the values of its path's `{placeholders}`, decoded. */
export type Match<R> = { readonly route: R; readonly path: Readonly<Record<string, string>> };

/** Finds the operation of a method and path; an earlier route wins, so that fixed words stand before placeholders. */
export function createMatcher<R extends RouteShape>(
  routes: readonly R[],
): (method: string, path: string) => Match<R> | undefined {
  const patterns = routes.map((route) => ({
    route,
    names: [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''),
    pattern: new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
  }));
  return (method, path) => {
    for (const { route, names, pattern } of patterns) {
      const match = route.method === undefined || route.method === method ? pattern.exec(path) : null;
      if (match === null) continue;
      return { route, path: Object.fromEntries(names.map((name, index) => [name, decode(match[index + 1] ?? '')])) };
    }
    return undefined;
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
