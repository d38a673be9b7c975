import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync, visitorKeys, type Comment, type Node } from 'oxc-parser';

/**
 * Lines of a stream's declaration in its source: lines with code, blank ones and comments left out. What only this stream
 * uses of its folder's builders (a function or constant that holds a `primaryKey`) counts to it; what several share does not.
 */
export type Declaration = {
  readonly stream: string;
  readonly file: string;
  readonly lines: number;
  /** Streams that stand in one declaration, where they do: it is counted once, under the first. */
  readonly shared?: readonly string[];
};

type Source = {
  readonly file: string;
  readonly text: string;
  readonly comments: readonly Comment[];
  readonly body: readonly Node[];
};
type Place = { readonly source: Source; readonly node: Node };

/** Declarations of a connector's streams. Throws when one cannot be found: a count that leaves streams out is none. */
export function declarationsOf(folder: string, streams: readonly string[]): readonly Declaration[] {
  const sources = readSources(folder);
  const places = new Map<string, Place>();
  for (const stream of streams) {
    const place = largest(sources.flatMap((source) => propertiesNamed(source, stream, new Set(streams))));
    if (place !== undefined) places.set(stream, place);
  }
  // What a stream stands in (the list of streams, the connector itself) makes no stream.
  const builders = new Map(
    [...buildersIn(sources)].filter(([, builder]) => ![...places.values()].some((place) => isIn(place, builder))),
  );
  const users = new Map<string, readonly string[]>();
  for (const name of builders.keys()) {
    users.set(
      name,
      streams.filter((stream) => namesIn(places.get(stream)?.node).has(name)),
    );
  }
  const found = [...places].map(([stream, place]): Declaration => {
    const own = [...builders].filter(([name]) => users.get(name)?.length === 1 && users.get(name)?.[0] === stream);
    const lines = [place, ...own.map(([, builder]) => builder)].reduce((sum, one) => sum + linesOf(one), 0);
    return { stream, file: place.source.file, lines };
  });
  const unnamed = streams.filter((stream) => !places.has(stream));
  if (unnamed.length === 0) return found;
  const unused = [...builders].flatMap(([name, builder]) => (users.get(name)?.length === 0 ? [builder] : []));
  return [...found, sharedDeclaration(folder, unnamed, unused)];
}

/** Streams that are made in a loop stand in the one builder that no named stream uses. */
function sharedDeclaration(folder: string, streams: readonly string[], [only, ...more]: readonly Place[]): Declaration {
  if (only === undefined || more.length > 0) {
    throw new Error(
      `${folder}: the declaration of ${streams.join(', ')} was not found. Write a stream as a property of that name ` +
        `(\`${streams[0]}: stream({ … })\`), or several in one function that no other stream uses.`,
    );
  }
  return { stream: streams[0]!, file: only.source.file, lines: linesOf(only), shared: streams };
}

function readSources(folder: string): readonly Source[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !/^simulator|\.test\.ts$|\.d\.ts$/.test(name))
    .toSorted()
    .map((file) => {
      const text = readFileSync(path.join(folder, file), 'utf8');
      const { program, comments, errors } = parseSync(file, text);
      if (errors[0] !== undefined) throw new Error(`${path.join(folder, file)}: ${errors[0].message}`);
      return { file, text, comments, body: program.body };
    });
}

/** Functions and constants at the top of a file that hold a `primaryKey`, by name. */
function buildersIn(sources: readonly Source[]): ReadonlyMap<string, Place> {
  const builders = new Map<string, Place>();
  for (const source of sources) {
    for (const statement of source.body) {
      const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
      const named =
        declared?.type === 'VariableDeclaration'
          ? declared.declarations.map((one) => ({ name: nameOf(one.id), node: one as Node }))
          : declared?.type === 'FunctionDeclaration'
            ? [{ name: nameOf(declared.id), node: declared as Node }]
            : [];
      for (const { name, node } of named) {
        if (name !== undefined && holdsOneKey(node)) builders.set(name, { source, node });
      }
    }
  }
  return builders;
}

/** A builder makes one stream: what holds several is the list of streams itself. */
const holdsOneKey = (node: Node): boolean =>
  [...walk(node)].filter((inner) => inner.type === 'Property' && nameOf(inner.key) === 'primaryKey').length === 1;

/** Properties of this name, with a call or an object as value, in an object whose every key is a stream. */
function propertiesNamed(source: Source, stream: string, streams: ReadonlySet<string>): readonly Place[] {
  const places: Place[] = [];
  for (const node of source.body.flatMap((statement) => [...walk(statement)])) {
    if (node.type !== 'ObjectExpression') continue;
    const own = node.properties.filter((property) => property.type === 'Property');
    if (!own.every(({ key }) => streams.has(nameOf(key) ?? ''))) continue;
    for (const property of own) {
      const isDeclaration = ['CallExpression', 'ObjectExpression', 'Identifier'].includes(property.value.type);
      if (nameOf(property.key) === stream && isDeclaration) places.push({ source, node: property });
    }
  }
  return places;
}

const isIn = (inner: Place, outer: Place): boolean =>
  inner.source === outer.source && inner.node.start >= outer.node.start && inner.node.end <= outer.node.end;

const largest = (places: readonly Place[]): Place | undefined =>
  places.toSorted((a, b) => b.node.end - b.node.start - (a.node.end - a.node.start))[0];

function linesOf({ source, node }: Place): number {
  let text = source.text;
  for (const { start, end } of source.comments) {
    text = text.slice(0, start) + text.slice(start, end).replaceAll(/[^\n]/g, ' ') + text.slice(end);
  }
  return text
    .slice(node.start, node.end)
    .split('\n')
    .filter((line) => line.trim() !== '').length;
}

function namesIn(node: Node | undefined): ReadonlySet<string> {
  if (node === undefined) return new Set();
  return new Set([...walk(node)].flatMap((inner) => nameOf(inner) ?? []));
}

const nameOf = (node: Node | null | undefined): string | undefined =>
  node?.type === 'Identifier'
    ? node.name
    : node?.type === 'Literal' && typeof node.value === 'string'
      ? node.value
      : undefined;

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const key of visitorKeys[node.type] ?? []) {
    const inner = node[key as keyof Node] as unknown as Node | null | readonly (Node | null)[];
    for (const child of Array.isArray(inner) ? (inner as readonly (Node | null)[]) : [inner as Node | null]) {
      if (child !== null && child !== undefined) yield* walk(child);
    }
  }
}
