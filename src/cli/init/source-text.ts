import type { KeyAnswer } from '../commands/init-answers.ts';
import { secretFile } from './project-files.ts';

/** What is known of the source to add. */
export type SourceAnswers = {
  readonly id: string;
  readonly type: string;
  readonly startDate?: string;
  readonly baseUrl?: string;
  /** Dot path of the secret, and where it is. */
  readonly secret?: string;
  readonly key?: KeyAnswer;
  readonly file?: FileAnswers;
  /** Columns of the files that no field is taken from. */
  readonly unused?: readonly string[];
};

export type FileAnswers = {
  readonly path: string;
  /** Where it is not what the name of the file says. */
  readonly delimiter?: string;
  readonly entity: string;
  readonly key: 'row_number' | readonly string[];
  /** Field → column. */
  readonly fields: Readonly<Record<string, string>>;
};

/** Lines of one entry of `sources`, without the indentation of the list. */
export function sourceText(source: SourceAnswers): readonly string[] {
  const lines = [`id: ${source.id}`, `type: ${source.type}`];
  if (source.secret !== undefined && source.key !== undefined) {
    const [parent = '', name = ''] = source.secret.split('.');
    lines.push(`${parent}: { ${name}: "${reference(source.id, source.key)}" }`);
  }
  if (source.baseUrl !== undefined) lines.push(`base_url: ${scalar(source.baseUrl)}`);
  if (source.startDate !== undefined) lines.push(`start_date: ${source.startDate}`);
  if (source.file === undefined) return [...lines, 'streams: all'];
  const { path, delimiter, entity, key, fields } = source.file;
  return [
    ...lines,
    'files:',
    `  - path: ${scalar(path)}`,
    ...(delimiter === undefined ? [] : [`    delimiter: ${JSON.stringify(delimiter)}`]),
    '    map:',
    `      - entity: ${entity}`,
    `        key: ${key === 'row_number' ? key : `[${key.map(scalar).join(', ')}]`}`,
    '        fields:',
    ...Object.entries(fields).map(([field, column]) => `          ${field}: ${scalar(column)}`),
  ];
}

function reference(sourceId: string, key: KeyAnswer): string {
  if (key.kind === 'env') return `\${env:${key.name}}`;
  return `\${file:${key.kind === 'file' ? key.path : secretFile(sourceId)}}`;
}

/** Plain where YAML reads it back as the same text, else quoted. */
function scalar(text: string): string {
  return /^[A-Za-z_./][\w ./*-]*$/.test(text) && !/^(?:true|false|null|~)$/i.test(text) && text.trim() === text
    ? text
    : JSON.stringify(text);
}
