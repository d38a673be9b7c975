import { forTerminal, styled } from './terminal-text.ts';

/** Options that every command takes. */
export type GlobalOptions = {
  readonly project?: string;
  readonly json?: boolean;
  readonly debug?: boolean;
  readonly color?: boolean;
};

/** Version of the JSON that commands print; grows when a field changes its meaning or goes. */
export const jsonVersion = 1;

/** Data goes to standard output, everything said to a person to standard error. */
export type Output = {
  readonly json: boolean;
  readonly isTerminal: boolean;
  /** One JSON document on standard output, or nothing without `--json`. */
  document(command: string, fields: Readonly<Record<string, unknown>>): void;
  /** Data for people on standard output; nothing with `--json`. */
  data(text: string): void;
  /** A line for people, on standard error. */
  say(text: string): void;
  /** Said now, and again at the end by `repeatWarnings`. */
  warn(text: string): void;
  repeatWarnings(): void;
};

/** Standard output took no more; `runCommand` says why, if there is somebody to tell. */
export class OutputLost extends Error {}

/** Output of one command run. */
export function createOutput(options: GlobalOptions): Output {
  const json = options.json === true;
  const warnings: string[] = [];
  const say = (text: string): void => {
    process.stderr.write(`${forTerminal(text, process.stderr)}\n`);
  };
  return {
    json,
    isTerminal: process.stderr.isTTY === true,
    document: (command, fields) => {
      if (json) process.stdout.write(`${JSON.stringify({ version: jsonVersion, command, ...fields }, jsonValue, 2)}\n`);
    },
    data: (text) => {
      if (!json) process.stdout.write(`${forTerminal(text, process.stdout)}\n`);
    },
    say,
    warn: (text) => {
      warnings.push(text);
      say(`${styled('yellow', 'Warning')}: ${text}`);
    },
    repeatWarnings: () => {
      if (warnings.length === 0) return;
      say(`${warnings.length} warning${warnings.length === 1 ? '' : 's'}:`);
      for (const warning of new Set(warnings)) say(`  - ${warning}`);
    },
  };
}

function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
