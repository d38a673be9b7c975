import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pageSize, pageText, storedCollections } from './collections.ts';
import { shapeName, type Shape } from './shape.ts';
import { createWorld, type World } from './world.ts';

/** What a complete load of an account holds. */
export type Expected = Readonly<Record<'lists' | 'campaigns' | 'reports' | 'members' | 'email_activity', number>>;

/** One account's pages, compressed, and the world that makes any other. */
export type PageStore = {
  readonly world: World;
  readonly expected: Expected;
  /** The compressed page at an offset, when the collection was paged evenly. */
  readonly page: (name: string, offset: number) => Buffer | undefined;
};

type Index = { readonly pages: Readonly<Record<string, readonly [number, number]>>; readonly expected: Expected };

const compress = promisify(gzip);

/** Opens the account's pages: from disk where an earlier start left them, else made now (about 60 pages a second). */
export async function openPages(shape: Shape, account: number, cacheFolder: string): Promise<PageStore> {
  const world = createWorld(shape, account);
  const folder = join(cacheFolder, 'bench');
  const path = join(folder, shapeName(shape, account));
  mkdirSync(folder, { recursive: true });
  if (!existsSync(`${path}.json`)) await makePages(world, path);
  const index = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Index;
  const bytes = readFileSync(`${path}.pages`);
  return {
    world,
    expected: index.expected,
    page: (name, offset) => {
      const place = index.pages[`${name} ${offset}`];
      return place === undefined ? undefined : bytes.subarray(place[0], place[0] + place[1]);
    },
  };
}

/** Writes the pages, then the index: only a whole set has one. */
async function makePages(world: World, path: string): Promise<void> {
  const pages: Record<string, readonly [number, number]> = {};
  let events = 0;
  let position = 0;
  const temporary = `${path}.${process.pid}`;
  const file = openSync(temporary, 'w');
  const pending: Promise<void>[] = [];
  for (const collection of storedCollections(world)) {
    for (let offset = 0; offset === 0 || offset < collection.total; offset += pageSize) {
      const text = pageText(collection, offset, pageSize);
      if (collection.key === 'emails') events += text.split('"action":').length - 1;
      const write = async (): Promise<void> => {
        const body = await compress(text);
        writeSync(file, body);
        pages[`${collection.name} ${offset}`] = [position, body.length];
        position += body.length;
      };
      pending.push(write());
      // Zlib works in threads of its own: some pages ahead keep them busy.
      if (pending.length >= 6) await pending.shift();
    }
  }
  await Promise.all(pending);
  closeSync(file);
  renameSync(temporary, `${path}.pages`);
  const { members, campaigns } = world.shape;
  const expected: Expected = { lists: 1, campaigns, reports: campaigns, members, email_activity: events };
  const index: Index = { pages, expected };
  writeFileSync(`${temporary}.json`, JSON.stringify(index));
  renameSync(`${temporary}.json`, `${path}.json`);
}
