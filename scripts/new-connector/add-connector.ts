import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { format, resolveConfig } from 'prettier';

/** The name cannot be used; the message says why and what to write instead. */
export class NameRefused extends Error {}

export type Added = { readonly folder: string; readonly name: string; readonly files: readonly string[] };

const template = path.join(import.meta.dirname, 'template');

/** Writes connectors/<name> from the template, registers it, and makes the generated documents fresh. */
export async function addConnector(root: string, args: readonly string[]): Promise<Added> {
  const index = path.join(root, 'connectors/index.ts');
  const registry = readFileSync(index, 'utf8');
  const [slug = '', ...more] = args;
  if (slug === '' || more.length > 0)
    throw new NameRefused('Usage: npm run new:connector <name>, such as constant-contact.');
  const names = namesOf(slug);
  const folder = `connectors/${slug}`;
  if (existsSync(path.join(root, folder)))
    throw new NameRefused(`${folder} exists already: choose another name, or delete it first.`);
  refuseTakenWord(names.camel, registry);

  const files: string[] = [];
  const write = async (file: string, text: string): Promise<void> => {
    await writeFormatted(path.join(root, file), text);
    files.push(file);
  };
  for (const file of readdirSync(template)) {
    await write(`${folder}/${file}`, filled(readFileSync(path.join(template, file), 'utf8'), names));
  }
  await write('connectors/index.ts', registered(registry, names));
  // Only now, so that the registry it imports has the new connector in it.
  const { refreshDocuments } = await import('../connectors-doc/refresh.ts');
  files.push(...(await refreshDocuments()));
  return { folder, name: names.snake, files };
}

type Names = {
  readonly kebab: string;
  readonly snake: string;
  readonly camel: string;
  readonly pascal: string;
  readonly title: string;
};

function namesOf(slug: string): Names {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(slug) || slug.length > 40) {
    const better = slug
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^[-0-9]+|-+$/g, '')
      .slice(0, 40);
    throw new NameRefused(
      `${JSON.stringify(slug.slice(0, 60))} is no name for a connector: lower-case letters and digits in words joined by -, ` +
        `a letter first, at most 40.${better === '' ? '' : ` Try ${better}.`}`,
    );
  }
  const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
  const words = slug.split('-');
  const pascal = words.map(capital).join('');
  return {
    kebab: slug,
    snake: words.join('_'),
    camel: `${words[0]}${words.slice(1).map(capital).join('')}`,
    pascal,
    title: capital(words.join(' ')),
  };
}

/** The name becomes a variable in the new files and in the registry. */
function refuseTakenWord(word: string, registry: string): void {
  const texts = [registry, ...readdirSync(template).map((file) => readFileSync(path.join(template, file), 'utf8'))];
  const isUsed = texts.some((text) => new RegExp(`\\b${word}\\b`).test(text));
  if (isUsed || !isVariable(word)) {
    throw new NameRefused(
      `${word} is taken: it is a word of TypeScript, of the registry or of the template. Add one, such as ${word}-mail.`,
    );
  }
}

function isVariable(word: string): boolean {
  try {
    return new Script(`'use strict'; const ${word} = 0;`) instanceof Script;
  } catch {
    return false;
  }
}

const filled = (text: string, { kebab, snake, camel, pascal, title }: Names): string =>
  text
    .replaceAll('../../../connectors/_kit/', '../_kit/')
    .replaceAll('../../../src/', '../../src/')
    .replaceAll('example-source', kebab)
    .replaceAll('example_source', snake)
    .replaceAll('EXAMPLE_SOURCE', snake.toUpperCase())
    .replaceAll('exampleSource', camel)
    .replaceAll('ExampleSource', pascal)
    .replaceAll('Example source', title);

/** The registry with one import and one entry more, both in order. */
function registered(registry: string, { kebab, snake, camel }: Names): string {
  const isImport = (line: string): boolean => /^import \{ \w+ \} from '\.\/[a-z0-9-]+\/connector\.ts';$/.test(line);
  const isEntry = (line: string): boolean => /^ {2}\w+(: \w+)?,$/.test(line);
  const inOrder = (
    lines: readonly string[],
    isOne: (line: string) => boolean,
    added: string,
    by: RegExp,
  ): readonly string[] => {
    const key = (line: string): string => by.exec(line)?.[1] ?? '';
    const all = [...lines.filter(isOne), added].toSorted((a, b) => key(a).localeCompare(key(b)));
    const at = lines.findIndex(isOne);
    if (at === -1) throw new Error('connectors/index.ts is not as this script knows it: add the connector by hand.');
    return [...lines.slice(0, at), ...all, ...lines.slice(at).filter((line) => !isOne(line))];
  };
  const imported = inOrder(
    registry.split('\n'),
    isImport,
    `import { ${camel} } from './${kebab}/connector.ts';`,
    /'\.\/([a-z0-9-]+)\//,
  );
  return inOrder(imported, isEntry, snake === camel ? `  ${camel},` : `  ${snake}: ${camel},`, /^ {2}(\w+)/).join('\n');
}

async function writeFormatted(filepath: string, text: string): Promise<void> {
  const options = (await resolveConfig(filepath)) ?? {};
  mkdirSync(path.dirname(filepath), { recursive: true });
  writeFileSync(filepath, await format(text, { ...options, filepath }));
}
