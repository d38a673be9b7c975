import { CliError } from './cli-error.ts';

/** Refuses more than one of these flags, which stand by their names. */
export function excludeEachOther(flags: Readonly<Record<string, string | boolean | undefined>>): void {
  const given = Object.values(flags).filter((value) => value !== undefined && value !== false);
  if (given.length <= 1) return;
  throw new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: `${new Intl.ListFormat('en-GB').format(Object.keys(flags))} exclude each other.`,
    fix: 'Give one of them.',
  });
}
