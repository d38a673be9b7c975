/** `when` of a mapping: comparisons of a column with a literal, joined by `and`. Numbers compare as numbers, all else as text. */
export type Condition = (row: Readonly<Record<string, string>>) => boolean;

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
      return (row) => ((row[column] ?? '') === '') === wanted;
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
    return (row) => {
      const value = row[column] ?? '';
      if (number !== undefined && value.trim() !== '' && Number.isFinite(Number(value))) {
        return passes(Math.sign(Number(value) - Number(number)));
      }
      return passes(value === literal ? 0 : value < literal ? -1 : 1);
    };
  });
  return { test: (row) => tests.every((test) => test(row)), columns };
}
