import { nearest } from '../../config/suggest.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';

/** `mailmart schema [command]`: JSON Schema on standard output, with or without `--json`. */
export async function schema(_context: Context, command: string | undefined): Promise<ExitName> {
  const text = command === undefined ? await configSchemaText() : await outputSchemaText(command);
  process.stdout.write(text);
  return 'done';
}

async function configSchemaText(): Promise<string> {
  const [{ configSchemaFile }, { sourceRegistry }] = await Promise.all([
    import('../../config/json-schema.ts'),
    import('../../config/registry.ts'),
  ]);
  return configSchemaFile(sourceRegistry);
}

async function outputSchemaText(command: string): Promise<string> {
  const { outputSchemas, outputJsonSchema } = await import('../json-schemas.ts');
  const names = Object.keys(outputSchemas);
  if (!names.includes(command)) {
    const suggestion = nearest(command, names);
    throw new CliError({
      code: 'USAGE',
      exit: 'usage',
      what: `There is no schema of ${JSON.stringify(command.slice(0, 60))}.`,
      fix: suggestion === undefined ? `Commands: ${names.join(', ')}` : `Did you mean ${suggestion}?`,
    });
  }
  return `${JSON.stringify(outputJsonSchema(command), undefined, 2)}\n`;
}
