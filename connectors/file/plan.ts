import path from 'node:path';
import type { Slice } from '../../src/contracts/sync.ts';
import type { PlanContext } from '../_kit/contract.ts';
import type { FileConfig, FileSpec, Mapping } from './config.ts';
import { entities, type EntityName } from './entities.ts';
import { contentHash, FileError, listFiles } from './readers.ts';

/** Raised when the same bytes and mapping become other records: every file is read again, and its former records go. */
const readerVersion = 5;

/** Mappings of one entity, with the index that makes their ids differ. */
export function mappingsOf(
  spec: FileSpec,
  name: EntityName,
): readonly { readonly mapping: Mapping; readonly index: number }[] {
  return spec.map.map((mapping, index) => ({ mapping, index })).filter(({ mapping }) => mapping.entity === name);
}

type FoundFile = {
  readonly file: string;
  readonly item: string;
  readonly spec: number;
  readonly fingerprint: string;
  /** Whether another file can bring a record of the same key. */
  readonly sharesKeys: boolean;
};

type NamedFile = {
  readonly file: string;
  readonly item: string;
  readonly at: number;
  readonly spec: FileSpec;
};

/** Files that become records of an entity, in the order in which they hold. Throws FileError. */
export async function filesOf(name: EntityName, config: FileConfig): Promise<readonly NamedFile[]> {
  const found: NamedFile[] = [];
  for (const [at, spec] of config.files.entries()) {
    if (mappingsOf(spec, name).length === 0) continue;
    for (const file of await listFiles(config, spec)) {
      const item = path.relative(config.project_dir, file);
      if (found.some((other) => other.item === item)) {
        throw new FileError(
          `the file ${item} is named twice for ${name} under files: name it once, with both mappings in one map:`,
        );
      }
      found.push({ file, item, at, spec });
    }
  }
  return found;
}

/** A slice for each file that is to be read. Throws FileError. */
export async function planFiles(name: EntityName, context: PlanContext<FileConfig>): Promise<readonly Slice[]> {
  const found: FoundFile[] = [];
  for (const { file, item, at, spec } of await filesOf(name, context.config)) {
    const mappings = mappingsOf(spec, name);
    // The mapping is part of what decides the records, so a changed mapping reads the file again, too.
    const fingerprint = `${await contentHash(file)} ${JSON.stringify({ ...spec, map: mappings })} reader ${readerVersion}`;
    const sharesKeys = mappings.some(({ mapping }) => !keysNameFile(mapping));
    found.push({ file, item, spec: at, fingerprint, sharesKeys });
  }
  // Files may move to an archive once they are read; where none ever was, the pattern is wrong, or the export is.
  const patterns = context.config.files.filter((spec) => mappingsOf(spec, name).length > 0);
  if (patterns.length > 0 && found.length === 0 && context.state.size === 0)
    throw new FileError(
      `no file matches ${patterns.map((spec) => spec.path).join(', ')}: check files[].path, which is relative to mailmart.yaml`,
    );
  return dueFiles(found, context).map(({ file, item, spec, fingerprint }) => ({
    id: `file=${item}`,
    item,
    mode: 'full',
    pathParams: { file, spec: String(spec) },
    inherit: {},
    next: { fingerprint, readAt: context.now, fullReadAt: context.now },
  }));
}

/**
 * Files that are new, have changed, or on an earlier day had rows refused that were dated ahead: they may have come. Of a key that several
 * files have, the last file in order holds: those after the first that is due are read again, or an older one would overrule them;
 * and those before it, too, where one that was read has changed, because a record that has left it may still be in one of them, and
 * would be taken as deleted.
 */
function dueFiles(
  found: readonly FoundFile[],
  { state, now }: Pick<PlanContext<FileConfig>, 'state' | 'now'>,
): readonly FoundFile[] {
  const files = found.map((one) => {
    const known = state.get(one.item);
    const isChanged = known?.fingerprint !== one.fingerprint;
    const isOwed = known?.refusedFrom !== undefined && known.readAt.slice(0, 10) < now.slice(0, 10);
    return { one, isDue: isChanged || isOwed, mayLose: known !== undefined && isChanged };
  });
  const shared = files
    .map(({ one, ...is }, at) => ({ ...is, at, sharesKeys: one.sharesKeys }))
    .filter((file) => file.sharesKeys);
  const from = shared.some(({ mayLose }) => mayLose) ? 0 : (shared.find(({ isDue }) => isDue)?.at ?? found.length);
  return files.flatMap(({ one, isDue }, at) => (isDue || (one.sharesKeys && at >= from) ? [one] : []));
}

/** Whether the key of a record is formed from the path of its file, so that no other file has it. */
function keysNameFile({ entity, key, fields }: Mapping): boolean {
  const ids: readonly string[] = entities[entity].key.filter((name) => !(name in fields));
  // A recipient_id that is not mapped is what the columns of the key say, without the file.
  return ids.some((name) => name !== 'recipient_id' || key === 'row_number');
}
