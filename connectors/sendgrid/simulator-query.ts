import { ApiError } from './simulator-answer.ts';

/** One condition of a query; `values` has one element for all operators but `IN` and `BETWEEN`. */
export type Condition = {
  readonly field: string;
  readonly operator: '=' | '<' | '<=' | '>' | '>=' | 'IN' | 'BETWEEN';
  readonly values: readonly (string | number)[];
};

type Grammar = Readonly<Record<string, readonly Condition['operator'][]>>;

const text = `"(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'`;
const instant = `TIMESTAMP\\s*(?:${text})`;
const token = new RegExp(`\\s*(<=|>=|=|<|>|\\(|\\)|,|${instant}|${text}|[A-Za-z_]+)`, 'gy');

/**
 * Conditions joined by `AND`, without nesting, words case-sensitive: `a = "x"`, `a IN ('x', 'y')`, `t > TIMESTAMP "…"`,
 * `t BETWEEN TIMESTAMP "…" AND TIMESTAMP "…"`. Anything else is answered with 400.
 */
export function parseQuery(query: string, grammar: Grammar): readonly Condition[] {
  const tokens = tokenise(query);
  const conditions: Condition[] = [];
  let place = 0;
  const take = (): string => {
    const next = tokens[place];
    place += 1;
    if (next === undefined) throw invalid('unexpected end of the query');
    return next;
  };
  const expect = (wanted: string): void => {
    const next = take();
    if (next !== wanted) throw invalid(`expected ${wanted} instead of ${quoted(next)}`);
  };
  while (place < tokens.length) {
    if (conditions.length > 0) expect('AND');
    const field = take();
    const operators = grammar[field];
    if (operators === undefined) throw invalid(`'${quoted(field)}' is not a known field`);
    const operator = operators.find((candidate) => candidate === tokens[place]);
    if (operator === undefined) throw invalid(`${field} cannot be compared with ${quoted(take())}`);
    place += 1;
    if (operator === 'IN') {
      expect('(');
      const values = [valueOf(take())];
      for (let next = take(); next !== ')'; next = take()) {
        if (next !== ',') throw invalid(`expected , or ) instead of ${quoted(next)}`);
        values.push(valueOf(take()));
      }
      conditions.push({ field, operator, values });
    } else if (operator === 'BETWEEN') {
      const low = valueOf(take());
      expect('AND');
      conditions.push({ field, operator, values: [low, valueOf(take())] });
    } else conditions.push({ field, operator, values: [valueOf(take())] });
  }
  return conditions;
}

/** Whether a value (text, or an instant in seconds) fulfils a condition. Text is compared case by case. */
export function fulfils({ operator, values }: Condition, value: string | number): boolean {
  const [first = '', second = ''] = values;
  switch (operator) {
    case '=':
      return value === first;
    case '<':
      return value < first;
    case '<=':
      return value <= first;
    case '>':
      return value > first;
    case '>=':
      return value >= first;
    case 'IN':
      return values.includes(value);
    case 'BETWEEN':
      return value >= first && value <= second;
  }
}

function tokenise(query: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  let end = 0;
  for (let match = token.exec(query); match !== null; match = token.exec(query)) {
    tokens.push(match[1] ?? '');
    end = token.lastIndex;
  }
  if (query.slice(end).trim() !== '') throw invalid(`unexpected character at ${end}`);
  return tokens;
}

/** Text, or of `TIMESTAMP "…"` the seconds since 1970 (with a fraction where given). */
function valueOf(piece: string): string | number {
  const isInstant = piece.startsWith('TIMESTAMP');
  const inner = /^(?:TIMESTAMP\s*)?(["'])(.*)\1$/s.exec(piece)?.[2]?.replaceAll(/\\(.)/g, '$1');
  if (inner === undefined) throw invalid(`expected a value instead of ${quoted(piece)}`);
  if (!isInstant) return inner;
  const ms = Date.parse(inner);
  if (Number.isNaN(ms)) throw invalid('a TIMESTAMP is no ISO 8601 instant');
  return ms / 1000;
}

function quoted(piece: string): string {
  return piece.slice(0, 20);
}

function invalid(message: string): ApiError {
  return new ApiError(400, `invalid syntax: ${message}`, 'query');
}
