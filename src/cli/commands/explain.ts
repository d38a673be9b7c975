import { nearest } from '../../config/suggest.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { errorCatalogue, isErrorCode } from '../error-catalogue.ts';
import type { ErrorCode } from '../error-catalogue.ts';
import type { ExitName } from '../exit-codes.ts';

/** `mailmart explain [CODE]`: from the catalogue in the program, so it works offline. */
export async function explain(context: Context, code: string | undefined): Promise<ExitName> {
  const { output } = context;
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  if (code === undefined) {
    output.document('explain', { codes: codes.map((name) => ({ code: name, title: errorCatalogue[name].title })) });
    const width = Math.max(...codes.map((name) => name.length));
    output.data(codes.map((name) => `${name.padEnd(width)}  ${errorCatalogue[name].title}`).join('\n'));
    return 'done';
  }
  const wanted = code.toUpperCase().replaceAll('-', '_');
  if (!isErrorCode(wanted)) {
    const suggestion = nearest(wanted, codes);
    throw new CliError({
      code: 'USAGE',
      exit: 'usage',
      what: `There is no error code ${wanted.slice(0, 60)}.`,
      fix: suggestion === undefined ? 'See all codes: mailmart explain' : `Did you mean ${suggestion}?`,
    });
  }
  const page = errorCatalogue[wanted];
  output.document('explain', { code: wanted, ...page });
  output.data(
    [
      `${wanted}: ${page.title}`,
      '',
      page.meaning,
      '',
      'Usual causes:',
      ...page.causes.map((cause) => `  - ${cause}`),
      '',
      'What to do:',
      ...page.steps.map((step) => `  - ${step}`),
    ].join('\n'),
  );
  return 'done';
}
