import type { Command } from 'commander';
import { nearest } from '../../config/suggest.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { ExitName } from '../exit-codes.ts';

const topics = ['exit-codes'] as const;

/** `mailmart help [topic]`. */
export async function help(context: Context, program: Command, topic: string | undefined): Promise<ExitName> {
  const { output } = context;
  const command = program.commands.find((candidate) => candidate.name() === topic);
  if (topic === 'exit-codes') {
    const rows = Object.values(exitCodes);
    output.document('help', { topic, exitCodes: rows });
    output.data(
      ['Exit codes', '', ...rows.map(({ code, meaning }) => `${String(code).padStart(4)}  ${meaning}`)].join('\n'),
    );
    return 'done';
  }
  const shown = topic === undefined ? program : command;
  if (shown === undefined) {
    const names = [...topics, ...program.commands.map((candidate) => candidate.name())];
    const suggestion = nearest(topic ?? '', names);
    throw new CliError({
      code: 'USAGE',
      exit: 'usage',
      what: `There is no help on ${JSON.stringify((topic ?? '').slice(0, 60))}.`,
      fix:
        suggestion === undefined
          ? `Topics: ${topics.join(', ')}; commands: mailmart --help`
          : `Did you mean ${suggestion}?`,
    });
  }
  const commands = program.commands.map((candidate) => ({ name: candidate.name(), summary: candidate.summary() }));
  output.document('help', { topic: topic ?? null, commands });
  if (!output.json) shown.outputHelp();
  return 'done';
}
