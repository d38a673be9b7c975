import { columnName, translated, type Context } from './context.ts';
import { shownUnit, type Unit } from './format.ts';
import { bdi, markup, type Html, type HtmlValue } from './html.ts';
import type { Fields } from './reader.ts';
import { reasonsOf } from './reasons.ts';

export type TableColumn = {
  /** Column of the mart (or of the rows, for a summary). */
  readonly column: string;
  readonly unit: Unit;
  readonly label?: string;
  /** Says how the cell reads where the value alone is not enough, as for yes and no. */
  readonly show?: (row: Fields) => HtmlValue;
  /** Not a column of the named mart: a name or date that was joined to its rows. */
  readonly isPlain?: boolean;
  /** Rows in which NULL means that there is nothing to say, not that something is missing. */
  readonly isAbsent?: (row: Fields) => boolean;
};

export type MartTable = {
  readonly id: string;
  readonly caption: string;
  /** `campaign_performance`; absent when the rows are sums of the mart's. */
  readonly mart?: string;
  /** Columns that name the row in the mart. */
  readonly keys?: readonly string[];
  readonly columns: readonly TableColumn[];
  readonly rows: readonly Fields[];
  readonly sortable?: boolean;
  readonly empty?: string;
  /** Rows that exist beyond those shown. */
  readonly more?: number;
};

const numeric: ReadonlySet<Unit> = new Set(['count', 'rate', 'ratio', 'money']);
const times: ReadonlySet<Unit> = new Set(['date', 'month', 'instant']);
/** Wider tables are printed across the page, and only so many of their rows. */
const widest = 12;
const printedRows = 30;
/** More notes than these are folded away. */
const openNotes = 5;

/**
 * A table in its own scroll box. Each cell carries the exact value beside what a person reads; a NULL reads "n/a" with
 * the mart's reason as a foot note, and a value that the mart calls incomplete has the note too.
 */
export function martTable(context: Context, table: MartTable): Html {
  const { messages, format } = context;
  const { id, caption, mart, keys = [], columns, rows, more = 0 } = table;
  if (rows.length === 0) return markup`<p class="empty">${table.empty ?? messages.table.empty}</p>`;
  const notes = new Map<string, number>();
  const isSheet = columns.length > widest;
  const labels = columns.map((column) => column.label ?? columnName(context, mart ?? '', column.column));
  const body = rows.map((row) => {
    const reasons = reasonsOf(row['unavailable_reason']);
    const cells = columns.map((column, index) => {
      const reason = reasons.get(column.column);
      return cell(context, row, column, index === 0, reason !== undefined && noteMark(id, notes, reason));
    });
    return markup`<tr${keys.length > 0 && markup` data-key="${rowKey(row, keys)}"`}>${cells}</tr>`;
  });
  const source = mart !== undefined && markup` data-mart="${mart}"`;
  return markup`<div class="scroll${isSheet && ' sheet'}" role="group" tabindex="0" aria-labelledby="${id}-caption">
      <table id="${id}" ${source}${table.sortable === true && markup` data-sortable=""`}>
        ${tableCaption(`${id}-caption`, caption)}
        <thead>
          <tr>
            ${columns.map(
              ({ column, unit, isPlain }, index) =>
                markup`<th scope="col"${numeric.has(unit) && markup` class="n"`}${isPlain !== true && markup` data-column="${column}"`}>${labels[index]}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${body}
        </tbody>
      </table>
    </div>
    ${isSheet && rows.length > printedRows && markup`<p class="more print-note">${messages.table.printed(format.count(printedRows))}</p>`}
    ${more > 0 && markup`<p class="more">${messages.table.more(format.count(rows.length), format.count(more))}</p>`}
    ${notes.size > 0 && notesList(context, id, notes)}`;
}

/** A table's caption; where the table is wider than its box, it stays in sight. */
export const tableCaption = (id: string, text: string): Html =>
  markup`<caption id="${id}"><span>${text}</span></caption>`;

/** The exact value stands beside what a person reads, unless they are the same; a cell without a value has the class `na`. */
function cell(
  context: Context,
  row: Fields,
  { column, unit, show, isAbsent }: TableColumn,
  isHead: boolean,
  note: HtmlValue,
): Html {
  const { messages, format } = context;
  const value = row[column] ?? null;
  const plain =
    value === null
      ? isAbsent?.(row) === true
        ? messages.none
        : messages.notAvailable
      : format.value(value, shownUnit(unit, column));
  const content = show?.(row) ?? (unit === 'text' && value !== null ? bdi(plain) : plain);
  const isSame = show === undefined && plain === String(value);
  const kinds = [numeric.has(unit) ? 'n' : times.has(unit) ? 't' : '', value === null ? 'na' : ''].filter(
    (kind) => kind !== '',
  );
  const attributes = markup`${kinds.length > 0 && markup` class="${kinds.join(' ')}"`}${value !== null && !isSame && markup` data-value="${String(value)}"`}`;
  return isHead
    ? markup`<th scope="row"${attributes}>${content}${note}</th>`
    : markup`<td${attributes}>${content}${note}</td>`;
}

/** Names the row in its mart. */
function rowKey(row: Fields, keys: readonly string[]): string {
  return keys.map((name) => encodeURIComponent(String(row[name] ?? '').toWellFormed())).join('/');
}

function notesList(context: Context, id: string, notes: ReadonlyMap<string, number>): Html {
  const { messages, format } = context;
  const list = markup`<ol class="notes">
    ${[...notes].map(([reason, number]) => markup`<li id="${id}-note-${number}">${translated(context, reason)}</li>`)}
  </ol>`;
  if (notes.size <= openNotes) return list;
  return markup`<details class="data"><summary>${messages.table.notes(format.count(notes.size))}</summary>${list}</details>`;
}

function noteMark(id: string, notes: Map<string, number>, reason: string): Html {
  const number = notes.get(reason) ?? notes.size + 1;
  notes.set(reason, number);
  return markup`<sup><a href="#${id}-note-${number}">${number}</a></sup>`;
}
