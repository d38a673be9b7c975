import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { entities, entityNames } from '../../../connectors/file/entities.ts';
import type { Entity } from '../../../connectors/file/entity.ts';
import { CliError } from '../cli-error.ts';
import type { Asker, InitFlags } from '../commands/init-answers.ts';
import type { FileAnswers } from './source-text.ts';

/** Path, entity and mapping of a file source: columns named like a field need no answer. `unused`: columns of no field. */
export async function fileSourceAnswers(
  asker: Asker,
  flags: InitFlags,
  dir: string,
): Promise<{ readonly file: FileAnswers; readonly unused: readonly string[] }> {
  const path = await asker.text({
    flag: '--path',
    given: flags.path,
    message: 'Which files (path or glob, relative to the project)?',
  });
  const name = await asker.choice({
    flag: '--entity',
    given: flags.entity,
    message: 'What is a row of them?',
    choices: entityNames,
  });
  const entity: Entity = entities[name as keyof typeof entities];
  const { header, delimiter } = readHeader(resolve(dir, path));
  const fields: Record<string, string> = {};
  for (const given of flags.map ?? []) {
    const [field, column] = splitMap(given);
    if (header.length > 0 && !header.includes(column)) {
      throw new CliError({
        code: 'USAGE',
        exit: 'usage',
        what: `--map ${field}: ${path} has no column "${column}".`,
        fix: `It has: ${header.join(', ')}`,
      });
    }
    fields[field] = column;
  }
  for (const [field, facts] of Object.entries(entity.fields)) {
    if (fields[field] !== undefined) continue;
    const names = [field, ...(alsoCalled[field] ?? [])].map(fold);
    const column = header.find((title) => names.includes(fold(title)));
    if (column !== undefined) fields[field] = column;
    else if (facts.required === true && facts.type !== 'id') {
      fields[field] = await asker.text({
        flag: `--map ${field}=<column>`,
        given: undefined,
        message: `Which column is ${field} (${facts.description})?${header.length > 0 ? ` Columns: ${header.join(', ')}` : ''}`,
      });
    }
  }
  const key = entity.key.map((field) => fields[field]);
  return {
    file: {
      path,
      entity: name,
      fields,
      key: key.every((column) => column !== undefined) ? key : 'row_number',
      ...(delimiter !== undefined && { delimiter }),
    },
    unused: header.filter((column) => !Object.values(fields).includes(column)),
  };
}

/** What files call a field whose name they cannot know: an address is a person's. */
const alsoCalled: Readonly<Record<string, readonly string[]>> = {
  person: ['email', 'email_address', 'customer_email'],
};

function splitMap(given: string): readonly [string, string] {
  const at = given.indexOf('=');
  if (at > 0 && at < given.length - 1) return [given.slice(0, at), given.slice(at + 1)];
  throw new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: '--map takes field=column.',
    fix: 'For example --map amount=total --map ordered_at=date',
  });
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

type Header = { readonly header: readonly string[]; readonly delimiter?: string };

/**
 * Column names of the first file that matches, and its delimiter where it is not what the file's name says. None where they cannot
 * be seen (no file yet, Parquet, NDJSON): the mapping is asked for instead, and `check` says what is wrong with the file.
 */
function readHeader(pattern: string): Header {
  const [first] = globSync(pattern);
  if (first === undefined || !/\.(?:csv|tsv)(?:\.gz)?$/i.test(first)) return { header: [] };
  const usual = /\.tsv/i.test(first) ? '\t' : ',';
  const line = firstLine(first);
  // Excel separates by semicolons wherever a comma is the decimal mark.
  return [...new Set([usual, ';', '\t', '|'])]
    .map((delimiter) => ({ header: namesIn(line, delimiter), ...(delimiter !== usual && { delimiter }) }))
    .reduce((best, next) => (next.header.length > best.header.length ? next : best));
}

function firstLine(file: string): string {
  try {
    const bytes = readFileSync(file);
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8', 0, 64 * 1024).split('\n')[0] ?? '';
  } catch {
    return '';
  }
}

function namesIn(line: string, delimiter: string): readonly string[] {
  try {
    return parse(line, { bom: true, delimiter, trim: true })[0] ?? [];
  } catch {
    // Quoted names that another delimiter cuts.
    return [];
  }
}
