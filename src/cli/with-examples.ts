import type { Command } from 'commander';

/** Adds a block of examples below a command's help. */
export function withExamples(
  command: Command,
  examples: readonly (readonly [line: string, meaning: string])[],
): Command {
  const width = Math.min(60, Math.max(...examples.map(([line]) => line.length)));
  const lines = examples.map(([line, meaning]) =>
    line.length > width ? `  ${line}\n  ${' '.repeat(width)}  ${meaning}` : `  ${line.padEnd(width)}  ${meaning}`,
  );
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}\n\nExit codes: mailmart help exit-codes`);
}
