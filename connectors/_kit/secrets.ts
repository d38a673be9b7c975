import { registerSecret } from './redact.ts';

/** A place inside a configuration. */
export type Place = readonly (string | number)[];

/**
 * Where a configuration holds what a path of `Connector.secrets` names: `credentials.api_key` is one place, `signing_secrets[]` each entry
 * of a list. Places that are not written are left out.
 */
export function secretPlaces(config: unknown, path: string): readonly Place[] {
  let places: readonly { readonly at: Place; readonly value: unknown }[] = [{ at: [], value: config }];
  for (const step of path.split('.')) {
    const name = step.replace(/\[\]$/, '');
    places = places.flatMap(({ at, value }) => {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
      const inner = (value as Readonly<Record<string, unknown>>)[name];
      if (name === step) return [{ at: [...at, name], value: inner }];
      if (!Array.isArray(inner)) return [];
      return inner.map((entry: unknown, index) => ({ at: [...at, name, index], value: entry }));
    });
  }
  return places.map(({ at }) => at);
}

/** The path of `Connector.secrets` that names a place. */
export const secretPathOf = (place: Place): string =>
  place.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[]` : text === '' ? part : `${text}.${part}`),
    '',
  );

/** The value at a place; undefined where a step is missing. */
export const valueAtPlace = (config: unknown, place: Place): unknown =>
  place.reduce<unknown>(
    (inside, part) => (inside as Readonly<Record<string | number, unknown>> | null | undefined)?.[part],
    config,
  );

/** A copy of a configuration with the value at each of these places replaced. */
export function withValues(
  config: unknown,
  places: readonly Place[],
  value: (place: Place, old: unknown) => unknown,
): unknown {
  const copy: unknown = structuredClone(config);
  for (const place of places) {
    const holder = valueAtPlace(copy, place.slice(0, -1)) as Record<string | number, unknown>;
    const last = place.at(-1)!;
    holder[last] = value(place, holder[last]);
  }
  return copy;
}

/** The secrets of a configuration that was resolved. */
export function secretsIn({ secrets }: { readonly secrets: readonly string[] }, config: unknown): readonly string[] {
  return secrets
    .flatMap((path) => secretPlaces(config, path))
    .map((place) => valueAtPlace(config, place))
    .filter((value) => typeof value === 'string');
}

/** Makes them known to this thread's redactor. */
export function registerSecretsIn(connector: { readonly secrets: readonly string[] }, config: unknown): void {
  for (const secret of secretsIn(connector, config)) registerSecret(secret);
}
