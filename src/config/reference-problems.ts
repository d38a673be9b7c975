import { secretPathOf } from '../../connectors/_kit/secrets.ts';
import { channelSecrets } from './alerts-schema.ts';
import { pathText } from './path-text.ts';
import type { ConfigProblem } from './problems.ts';
import type { SourceRegistry } from './registry.ts';
import { isReference, mentionsReference, parseReference } from './secrets.ts';
import type { LocatedYaml, PathPart } from './yaml-text.ts';

/** Secrets must be references, and references may stand nowhere else. */
export function referenceProblems(file: string, yaml: LocatedYaml, registry: SourceRegistry): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const walk = (value: unknown, path: readonly PathPart[]): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) walk(item, [...path, index]);
    } else if (typeof value === 'object' && value !== null && !isSecretPath(path, yaml.value, registry)) {
      for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
    } else if (isSecretPath(path, yaml.value, registry)) {
      problems.push(...secretProblem(file, yaml, value, path));
    } else if (typeof value === 'string' && mentionsReference(value)) {
      problems.push({
        code: 'CONFIG_REFERENCE_PLACE',
        file,
        ...yaml.valueAt(path),
        path: pathText(path),
        what: `\`${pathText(path)}\` is not a secret, so a reference is not resolved here.`,
        why: 'Only secret fields take ${env:…} and ${file:…}: everything else in this file means what it says.',
        fix: 'Write the value itself.',
      });
    }
  };
  walk(yaml.value, []);
  return problems;
}

function isSecretPath(path: readonly PathPart[], root: unknown, registry: SourceRegistry): boolean {
  if (path[0] === 'privacy') return pathText(path) === 'privacy.salt';
  if (path[0] === 'alerts')
    return path[1] === 'channels' && path.length === 4 && channelSecrets.includes(String(path[3]));
  const index = path[1];
  if (path[0] !== 'sources' || typeof index !== 'number') return false;
  const type = (sourceEntries(root)[index] as { readonly type?: unknown } | null | undefined)?.type;
  const connector = typeof type === 'string' ? registry[type] : undefined;
  return connector?.secrets.includes(secretPathOf(path.slice(2))) === true;
}

function secretProblem(
  file: string,
  yaml: LocatedYaml,
  value: unknown,
  path: readonly PathPart[],
): readonly ConfigProblem[] {
  if (value === null) return [];
  const parsed = parseReference(typeof value === 'string' ? value : 'plain');
  if (isReference(parsed)) return [];
  return [
    { file, ...yaml.valueAt(path), path: pathText(path), ...parsed, what: `\`${pathText(path)}\`: ${parsed.what}` },
  ];
}

/** What stands under `sources`, unchecked. */
export function sourceEntries(value: unknown): readonly unknown[] {
  const sources = (value as { readonly sources?: unknown } | null)?.sources;
  return Array.isArray(sources) ? sources : [];
}
