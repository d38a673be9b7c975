import { password, select, text, isCancel } from '@clack/prompts';
import { text as readAll } from 'node:stream/consumers';
import type { z } from 'zod';
import { connectors } from '../../../connectors/index.ts';
import { calendarDate, currencyCode, timeZone } from '../../config/values.ts';
import { sourceBase } from '../../config/schema.ts';
import { nearest } from '../../config/suggest.ts';
import { CliError } from '../cli-error.ts';
import { excludeEachOther } from '../exclude-each-other.ts';

export type InitFlags = {
  readonly name?: string;
  readonly timeZone?: string;
  readonly currency?: string;
  readonly type?: string;
  readonly id?: string;
  readonly keyEnv?: string;
  readonly keyFile?: string;
  readonly keyStdin?: boolean;
  readonly baseUrl?: string;
  readonly startDate?: string;
  readonly path?: string;
  readonly entity?: string;
  readonly map?: readonly string[];
  readonly input?: boolean;
  readonly print?: boolean;
};

export type CompanyAnswers = { readonly name: string; readonly timeZone: string; readonly currency: string };

/** Where the key of a source is; `typed` holds it until it is written to a file of its own. */
export type KeyAnswer =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'typed'; readonly key: string };

/** Asks on a terminal, takes flags everywhere, and says which flag is missing where nothing can be asked. */
export type Asker = {
  text(question: Question): Promise<string>;
  choice(question: Omit<Question, 'check'> & { readonly choices: readonly string[] }): Promise<string>;
  key(flags: InitFlags, title: string, suggestedEnv: string): Promise<KeyAnswer>;
};

type Question = {
  readonly flag: string;
  readonly given: string | undefined;
  readonly message: string;
  readonly initial?: string;
  readonly check?: z.ZodType;
};

/** Asker for this process: interactive only when both ends are a terminal and `--no-input` is not given. */
export function createAsker(flags: InitFlags): Asker {
  const interactive = flags.input !== false && process.stdin.isTTY === true && process.stderr.isTTY === true;
  const ask = async (flag: string, prompt: () => Promise<unknown>): Promise<string> => {
    if (!interactive) throw inputRequired(flag);
    const answer = await prompt();
    if (isCancel(answer)) throw new DOMException('cancelled', 'AbortError');
    return String(answer);
  };
  return {
    async text({ flag, given, message, initial, check }) {
      const answer =
        given ??
        (await ask(flag, () =>
          text({
            message,
            output: process.stderr,
            ...(initial !== undefined && { initialValue: initial }),
            validate: (value) => faultOf(check, value ?? '')?.text,
          }),
        ));
      const fault = faultOf(check, answer);
      if (fault === undefined) return answer;
      throw new CliError({
        code: 'CONFIG_VALUE',
        exit: 'usage',
        what: `${flag}: ${fault.what}`,
        ...(fault.fix !== undefined && { fix: fault.fix }),
      });
    },
    async choice({ flag, given, message, choices }) {
      const answer =
        given ??
        (await ask(flag, () =>
          select({ message, output: process.stderr, options: choices.map((value) => ({ value, label: value })) }),
        ));
      if (choices.includes(answer)) return answer;
      const suggestion = nearest(answer, choices);
      throw new CliError({
        code: 'USAGE',
        exit: 'usage',
        what: `${flag} must be one of: ${choices.join(', ')}.`,
        fix: suggestion === undefined ? `For example ${flag} ${choices[0] ?? ''}` : `Did you mean ${suggestion}?`,
      });
    },
    async key(given, title, suggestedEnv) {
      const fromFlags = await keyFromFlags(given);
      if (fromFlags !== undefined) return fromFlags;
      const where = await ask('--key-env, --key-file or --key-stdin', () =>
        select({
          message: `Where is the key of ${title}?`,
          output: process.stderr,
          options: [
            { value: 'env', label: 'In an environment variable' },
            { value: 'typed', label: 'I type or paste it now (kept in .mailmart/secrets, readable by you alone)' },
            { value: 'file', label: 'In a file' },
          ],
        }),
      );
      if (where === 'env') {
        const name = await ask('--key-env', () =>
          text({ message: 'Name of the variable', output: process.stderr, initialValue: suggestedEnv }),
        );
        return envKey(name);
      }
      if (where === 'file') {
        return {
          kind: 'file',
          path: await ask('--key-file', () => text({ message: 'Path of the file', output: process.stderr })),
        };
      }
      return typedKey(
        await ask('--key-stdin', () => password({ message: `Key of ${title} (not shown)`, output: process.stderr })),
      );
    },
  };
}

async function keyFromFlags(flags: InitFlags): Promise<KeyAnswer | undefined> {
  excludeEachOther({ '--key-env': flags.keyEnv, '--key-file': flags.keyFile, '--key-stdin': flags.keyStdin });
  if (flags.keyEnv !== undefined) return envKey(flags.keyEnv);
  if (flags.keyFile !== undefined) return { kind: 'file', path: flags.keyFile };
  // A pipe ends with a line break that is no part of the key.
  if (flags.keyStdin === true) return typedKey((await readAll(process.stdin)).replace(/\r?\n$/, ''));
  return undefined;
}

function envKey(name: string): KeyAnswer {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !looksLikeKey(name)) return { kind: 'env', name };
  throw new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: '--key-env takes the name of a variable, not a key.',
    why: 'What stands on the command line is kept in the shell history and shown in the process list. If this was a key, revoke it.',
    fix: 'For example --key-env MAILCHIMP_API_KEY',
  });
}

function looksLikeKey(name: string): boolean {
  return /^[0-9a-f]{20,}/.test(name);
}

function typedKey(key: string): KeyAnswer {
  if (key !== '' && !/[\s\p{Cc}\p{Cf}]/u.test(key)) return { kind: 'typed', key };
  throw new CliError({
    code: key === '' ? 'SECRET_UNSET' : 'SECRET_WHITESPACE',
    exit: 'config',
    what: key === '' ? 'The key is empty.' : 'The key contains a space or line break.',
    fix: 'Copy the whole key again, without anything around it.',
  });
}

function inputRequired(flag: string): CliError {
  return new CliError({
    code: 'INPUT_REQUIRED',
    exit: 'usage',
    what: `${flag} is missing, and nothing can be asked here.`,
    why: 'There is no terminal, or --no-input is given.',
    fix: `Give ${flag}; see mailmart init --help`,
  });
}

type Fault = { readonly what: string; readonly fix?: string; readonly text: string };

function faultOf(check: z.ZodType | undefined, value: string): Fault | undefined {
  const parsed = check?.safeParse(value);
  if (parsed === undefined || parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  const hint = (issue?.code === 'custom' ? (issue.params ?? {}) : {}) as {
    readonly fix?: string;
    readonly suggestion?: string;
  };
  const fix = hint.suggestion === undefined ? hint.fix : `Did you mean ${hint.suggestion}?`;
  const what = issue?.message ?? 'The value is not valid.';
  return { what, ...(fix !== undefined && { fix }), text: fix === undefined ? what : `${what} ${fix}` };
}

/** Types that can be added. */
export function sourceTypes(): readonly string[] {
  return Object.keys(connectors);
}

export const answerChecks = { timeZone, currency: currencyCode, date: calendarDate, id: sourceBase.shape.id } as const;
