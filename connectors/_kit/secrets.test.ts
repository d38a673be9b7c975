import { expect, it } from 'vitest';
import { secretPathOf, secretPlaces, secretsIn, withValues } from './secrets.ts';

const config = { key: 'a', hook: { keys: ['b', 'c'], list: [{ key: 'd' }, { key: 'e' }], none: null } };

it('finds single secrets, lists of them and those of listed objects, where they are written', () => {
  expect(secretPlaces(config, 'key')).toEqual([['key']]);
  expect(secretPlaces(config, 'hook.keys[]')).toEqual([
    ['hook', 'keys', 0],
    ['hook', 'keys', 1],
  ]);
  expect(secretPlaces(config, 'hook.list[].key')).toHaveLength(2);
  const nowhere = ['other', 'key.inner', 'key[]', 'hook.none[]', 'hook.none.key', 'other.keys[]', 'toString'];
  expect(nowhere.filter((path) => secretPlaces(config, path).length > 0)).toEqual([]);
  expect(secretsIn({ secrets: ['key', 'hook.keys[]', 'hook.list[].key', 'hook.none'] }, config)).toEqual([...'abcde']);
});

it('names a place by the path that declares it', () => {
  for (const path of ['key', 'hook.keys[]', 'hook.list[].key'])
    for (const place of secretPlaces(config, path)) expect(secretPathOf(place)).toBe(path);
});

it('replaces values in a copy', () => {
  const changed = withValues(
    config,
    secretPlaces(config, 'hook.keys[]'),
    (place, old) => `${String(old)}${place.at(-1)}`,
  );
  expect(changed).toMatchObject({ key: 'a', hook: { keys: ['b0', 'c1'] } });
  expect(config.hook.keys).toEqual(['b', 'c']);
});
