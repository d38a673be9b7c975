/** Codes of everything that can be wrong with a project's configuration; `mailmart explain CODE` tells more. */
export type ConfigCode =
  | 'CONFIG_NOT_FOUND'
  | 'CONFIG_UNREADABLE'
  | 'CONFIG_TOO_LARGE'
  | 'CONFIG_ENCODING'
  | 'CONFIG_SYNTAX'
  | 'CONFIG_TAB'
  | 'CONFIG_DUPLICATE_KEY'
  | 'CONFIG_TAG'
  | 'CONFIG_ALIAS'
  | 'CONFIG_DOCUMENTS'
  | 'CONFIG_EMPTY'
  | 'CONFIG_UNKNOWN_KEY'
  | 'CONFIG_MISSING_KEY'
  | 'CONFIG_TYPE'
  | 'CONFIG_VALUE'
  | 'CONFIG_SOURCE_TYPE'
  | 'CONFIG_SOURCE_ID'
  | 'CONFIG_STREAM'
  | 'CONFIG_SECRET_PLAIN'
  | 'CONFIG_REFERENCE_PLACE'
  | 'CONFIG_REFERENCE_FORM'
  | 'CONFIG_CHANGED'
  | 'SECRET_UNSET'
  | 'SECRET_FILE'
  | 'SECRET_WHITESPACE'
  | 'SECRET_FORM';

/** One thing wrong with the configuration. Holds no value of a secret field, ever. */
export type ConfigProblem = {
  readonly code: ConfigCode;
  readonly file: string;
  /** One-based; absent when the problem is not in the text (a missing file). */
  readonly line?: number;
  readonly column?: number;
  /** Dotted path of the setting, `sources[0].start_date`; '' for the whole file. */
  readonly path: string;
  readonly what: string;
  readonly why?: string;
  /** The next step, one sentence. */
  readonly fix?: string;
  /** The key or value that was most likely meant. */
  readonly suggestion?: string;
};

/** `file:line:column`, as editors and terminals make it a link. */
export function placeOf(problem: ConfigProblem): string {
  if (problem.line === undefined) return problem.file;
  return `${problem.file}:${problem.line}:${problem.column ?? 1}`;
}

/** What to do about it, and what was most likely meant. */
export function fixText({ fix, suggestion }: ConfigProblem): string | undefined {
  return suggestion === undefined ? fix : `${fix ?? ''} Did you mean ${suggestion}?`.trim();
}

/** One problem as text, two to four lines. */
export function problemText(problem: ConfigProblem): string {
  const lines = [`${placeOf(problem)}  ${problem.what}`];
  if (problem.suggestion !== undefined) lines.push(`    Did you mean: ${problem.suggestion}`);
  if (problem.why !== undefined) lines.push(`    Why: ${problem.why}`);
  if (problem.fix !== undefined) lines.push(`    Fix: ${problem.fix}`);
  return lines.join('\n');
}

/** Everything wrong with the configuration, in file order. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(problemText).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
