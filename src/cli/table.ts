import Table from 'cli-table3';
import { styled, terminalText } from './terminal-text.ts';

export type Cell = string | number | bigint | boolean | null | undefined;

/** Most characters of one cell in a table for people; `--json` and `--csv` give everything. */
const cellLimit = 80;

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** An aligned table without box lines: numbers to the right, control characters of the data stripped. */
export function tableText(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, column) => {
    const cells = rows.map((row) => row[column]).filter((cell) => cell !== null && cell !== undefined && cell !== '');
    return cells.length > 0 && cells.every((cell) => isNumeric(cell));
  });
  const table = new Table({
    head: head.map((title) => terminalText(title, cellLimit)),
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: numeric.map((right) => (right ? 'right' : 'left')),
  });
  for (const row of rows) table.push(head.map((_, column) => cellText(row[column])));
  return table
    .toString()
    .split('\n')
    .map((line, index) => (index === 0 ? styled('bold', line.trimEnd()) : line.trimEnd()))
    .join('\n');
}

function isNumeric(cell: Cell): boolean {
  return (
    typeof cell === 'number' ||
    typeof cell === 'bigint' ||
    (typeof cell === 'string' && /^-?[\d,]+(\.\d+)?\s?%?$/.test(cell))
  );
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '–';
  return typeof cell === 'string' ? terminalText(cell, cellLimit) : String(cell);
}
