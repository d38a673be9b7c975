import { notANumber, numberOf, ValueError } from './values.ts';

/**
 * `when` of a mapping: comparisons of a column with a literal, joined by `and`. Numbers compare as numbers, in the column's decimal
 * mark, all else as text. Throws ValueError where a number is asked for that is more or less than another, and the text is none.
 */
export type Condition = (row: Readonly<Record<string, string>>, markOf: (column: string) => '.' | ',') => boolean;

export class ConditionError extends Error {}

const comparison =
  /^\s*(?:"([^"]+)"|([\p{L}_][\p{L}\p{N}_.-]*))\s*(!=|>=|<=|=|>|<)\s*(?:'([^']*)'|(-?\d+(?:\.\d+)?)|([\p{L}_][\p{L}\p{N}_.-]*))\s*$/u;
const emptiness = /^\s*(?:"([^"]+)"|([\p{L}_][\p{L}\p{N}_.-]*))\s+is\s+(not\s+)?empty\s*$/iu;

const compare: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '>': (order) => order > 0,
  '<': (order) => order < 0,
  '>=': (order) => order >= 0,
  '<=': (order) => order <= 0,
};

/** Compiles `conversion = 1`, `status != 'void' and amount > 0`, `email is not empty`. Names the part that it cannot read. */
export function parseCondition(text: string): { readonly test: Condition; readonly columns: readonly string[] } {
  const columns: string[] = [];
  const tests = text.split(/\s+and\s+/i).map((part): Condition => {
    const empty = emptiness.exec(part);
    if (empty !== null) {
      const column = empty[1] ?? empty[2] ?? '';
      columns.push(column);
      const wanted = empty[3] === undefined;
      return (row) => ((row[column] ?? '').trim() === '') === wanted;
    }
    const match = comparison.exec(part);
    if (match === null) {
      throw new ConditionError(
        `cannot read "${part.trim()}": write column = value, with one of = != > >= < <=, or column is empty, joined by and`,
      );
    }
    const column = match[1] ?? match[2] ?? '';
    const operator = match[3] ?? '=';
    const number = match[5];
    const literal = match[4] ?? number ?? match[6] ?? '';
    columns.push(column);
    const passes = compare[operator] as (order: number) => boolean;
    return (row, markOf) => {
      const value = (row[column] ?? '').trim();
      if (number === undefined) return passes(value === literal ? 0 : value < literal ? -1 : 1);
      const found = numberOf(value, markOf(column));
      if (!Number.isNaN(found)) return passes(Math.sign(found - Number(number)));
      // What is no number equals none. An empty cell is neither more nor less than one; of any other text nobody knows.
      if (operator === '=' || operator === '!=') return operator === '!=';
      if (value === '') return false;
      throw new ValueError(`column ${column} ${notANumber(markOf(column)).message}`);
    };
  });
  return { test: (row, markOf) => tests.every((test) => test(row, markOf)), columns };
}
