import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Project } from '../../config/load.ts';
import type { Context } from '../context.ts';
import { bytesText } from '../durations.ts';
import type { ExitName } from '../exit-codes.ts';
import type { Language } from '../../report/index.ts';
import { openInBrowser } from '../open-in-browser.ts';
import { writeFiles } from '../report-writer.ts';
import { openForReading } from './query.ts';

export type ReportFlags = {
  readonly out?: string;
  readonly open?: string;
  readonly lang?: Language;
  readonly email?: boolean;
};

/** `mailmart report [--email] [--lang vi] [--open yes]` */
export async function report(context: Context, flags: ReportFlags): Promise<ExitName> {
  const { output } = context;
  const open = flags.open ?? 'no';
  if (open !== 'yes' && open !== 'no') {
    throw new CliError({
      code: 'USAGE',
      exit: 'usage',
      what: '--open takes yes or no.',
      fix: 'For example --open yes',
    });
  }
  const project = await context.project();
  // Says what to do when nothing is published, before the charts are loaded.
  (await openForReading(project.paths.published)).close();
  const isEmail = flags.email === true;
  const file = flags.out === undefined ? usualFile(project, isEmail) : resolve(flags.out);
  await writeFiles(project, [{ out: file, form: isEmail ? 'email' : 'pages' }], flags.lang);
  const opened = open === 'yes' && (await openInBrowser(file));
  const { size } = statSync(file);
  output.document('report', { file, bytes: size, opened });
  output.data(file);
  output.say(`Written: ${file} (${bytesText(size)}).`);
  if (open === 'yes' && !opened) output.warn('No browser could be started; open the file yourself.');
  return 'done';
}

/** The short form stands where runs write it, else beside the report: `index.email.html`. */
function usualFile({ paths: { report: whole, reportEmail } }: Project, isEmail: boolean): string {
  if (!isEmail) return whole;
  const end = extname(whole);
  return reportEmail ?? `${whole.slice(0, whole.length - end.length)}.email${end}`;
}
