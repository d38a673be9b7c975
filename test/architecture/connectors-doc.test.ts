import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '../../connectors/_kit/contract.ts';
import { connectors } from '../../connectors/index.ts';
import { declarationsOf } from '../../scripts/connectors-doc/declarations.ts';
import { connectorsDocument, documentPath } from '../../scripts/connectors-doc/document.ts';
import { LINES_WITHOUT_WHY, linesOfStreams } from '../../scripts/connectors-doc/lines.ts';
import { facts } from '../../src/contracts/facts.ts';

const root = path.resolve(import.meta.dirname, '../..');

describe('docs/connectors.md', () => {
  it('is fresh (else: npm run docs:connectors)', () => {
    expect(readFileSync(documentPath, 'utf8')).toBe(connectorsDocument());
  });

  it('has every stream of every connector', () => {
    const text = connectorsDocument();
    for (const { title, streams } of Object.values(connectors)) {
      const own = text.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
      for (const name of Object.keys(streams)) expect(own).toContain(`| \`${name}\` |`);
    }
  });

  it('has no connector that still is the example it was made from (npm run new:connector): its docs name the vendor', () => {
    const examples = Object.values(connectors).filter(({ docs }) => docs.includes('the example vendor'));
    expect(examples.map(({ name }) => name)).toEqual([]);
  });

  it('refuses a connector that does not say what it feeds', () => {
    const { feeds: _, ...silent } = connectors['mailchimp']!;
    expect(() => connectorsDocument({ silent })).toThrow(/mailchimp does not say what it feeds/);
  });

  it('asks every connector for every fact, with a reason for what it does not tell one by one', () => {
    for (const { name, feeds } of Object.values(connectors)) {
      expect([name, ...Object.keys(feeds ?? {}).toSorted()]).toEqual([name, ...Object.keys(facts).toSorted()]);
      for (const feed of Object.values(feeds ?? {})) {
        if (feed !== 'yes') expect(Object.values(feed).join('')).toMatch(/.{10}/);
      }
    }
  });
});

describe('lines of a stream', () => {
  const withoutWhy = (all: ReturnType<typeof linesOfStreams>): readonly string[] =>
    all
      .filter(({ lines, why }) => lines > LINES_WITHOUT_WHY && (why ?? '') === '')
      .map(({ connector, streams, lines }) => `${connector}.${streams.join(', ')}: ${lines} lines`);

  it(`above ${LINES_WITHOUT_WHY} say why`, () => {
    const all = linesOfStreams(connectors, path.join(root, 'connectors'));
    expect(all.flatMap(({ streams }) => streams)).toHaveLength(
      Object.values(connectors).reduce((sum, { streams }) => sum + Object.keys(streams).length, 0),
    );
    expect(withoutWhy(all)).toEqual([]);
  });

  it('are missed when they do not', () => {
    const { mailchimp } = connectors;
    const { why: _, ...orders } = mailchimp!.streams['orders'] as Extract<
      Connector<unknown>['streams'][string],
      { path: string }
    >;
    const changed = { ...mailchimp!, streams: { ...mailchimp!.streams, orders } };
    const lines = linesOfStreams({ mailchimp: changed } as typeof connectors, path.join(root, 'connectors'));
    expect(withoutWhy(lines)).toEqual([expect.stringMatching(/^mailchimp\.orders: 2\d lines$/)]);
  });
});

describe('a declaration is found and counted', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailmart-declarations-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Lines by stream, of a folder with these files. */
  function counted(name: string, files: Readonly<Record<string, string>>, streams: readonly string[]) {
    const own = path.join(folder, name);
    mkdirSync(own);
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(own, file), text);
    return declarationsOf(own, streams).map(({ stream, lines, shared }) => [stream, lines, ...(shared ?? [])]);
  }

  const plain = (name: string, inner = ''): string =>
    `  ${name}: stream({\n    // a comment\n\n    path: '/x', /* and\n another */\n    primaryKey: ['id'],\n${inner}  }),\n`;

  it('without comments and blank lines, not in a schema that has a field of its name, not in simulators', () => {
    const connector = `export const one = {\n${plain('members')}${plain('lists', `    schema: z.looseObject({\n      members: count(),\n    }),\n`)}};\n`;
    const simulator = `export const fake = {\n${plain('members', '    more: 1,\n'.repeat(9))}};\n`;
    expect(counted('plain', { 'connector.ts': connector, 'simulator.ts': simulator }, ['members', 'lists'])).toEqual([
      ['members', 4],
      ['lists', 7],
    ]);
  });

  it('with a builder that only this stream uses, in another file as well', () => {
    const connector =
      `import { members } from './members.ts';\nconst sums = (path: string) => ({\n  path,\n  primaryKey: ['day'],\n});\n` +
      `export const one = { streams: {\n  members: members(stream),\n  by_day: stream(sums('/a')),\n  by_device: stream(sums('/b')),\n} };\n`;
    const members = `export function members(stream: Define) {\n  return stream({\n    primaryKey: ['id'],\n  });\n}\n`;
    expect(
      counted('builder', { 'connector.ts': connector, 'members.ts': members }, ['members', 'by_day', 'by_device']),
    ).toEqual([
      ['members', 6],
      ['by_day', 1],
      ['by_device', 1],
    ]);
  });

  it('once for several that a loop makes, and never left out', () => {
    const loop = `function make(name: string) {\n  return {\n    primaryKey: ['id'],\n  };\n}\nexport const all = names.map(make);\n`;
    expect(counted('loop', { 'connector.ts': loop }, ['a', 'b'])).toEqual([['a', 5, 'a', 'b']]);
    const named = `const one = {\n${plain('c')}};\nconst other = () => ({ primaryKey: ['x'] });\nexport const both = { d: other(), e: other() };\n`;
    expect(counted('loop-beside', { 'connector.ts': loop, 'named.ts': named }, ['a', 'b', 'c', 'd', 'e'])).toEqual([
      ['c', 4],
      ['d', 1],
      ['e', 1],
      ['a', 5, 'a', 'b'],
    ]);
    const twice = { 'connector.ts': loop, 'more.ts': loop.replaceAll('make', 'makeMore') };
    expect(() => counted('twice', twice, ['a', 'b'])).toThrow(/declaration of a, b was not found/);
    expect(() => counted('lost', { 'connector.ts': 'export const nothing = 1;\n' }, ['a'])).toThrow(
      /declaration of a was not found/,
    );
  });
});
