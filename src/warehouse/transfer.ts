import { createHash } from 'node:crypto';
import { deliveriesName, deliveryColumns } from './alert-deliveries.ts';
import { closedColumns, closedMonthsName } from './closed-months.ts';
import { WarehouseError, type Column } from './port.ts';

/** A column as it arrives. `json` is compared as the text that was sent: engines write JSON anew, each in its own way. */
export type TransferColumn = {
  readonly name: string;
  readonly type: 'string' | 'int' | 'decimal' | 'bool' | 'timestamp' | 'date' | 'json';
};

/** A table to copy, whole. */
export type TransferTable = {
  /** `raw.mailchimp__members`, `ops.checkpoint`. */
  readonly name: string;
  readonly columns: readonly TransferColumn[];
  /** Column that says whose a row is: rows of others in the target are none of ours. */
  readonly owner: string;
  /** Of raw tables. */
  readonly stream?: { readonly source: string; readonly stream: string; readonly partitioned: boolean };
};

/** Tables that no version's set-up makes, but runs do, and whose rows are known nowhere else. */
export const runTables: readonly {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly owner: string;
  readonly description: string;
}[] = [
  {
    name: closedMonthsName,
    columns: closedColumns,
    owner: 'account_id',
    description: 'What closed months showed when they were first published',
  },
  {
    name: deliveriesName,
    columns: deliveryColumns,
    owner: 'incident_id',
    description: 'Which incident was told to which channel',
  },
];

/** Whether the rows of a table are each of one account. */
export const isByAccount = ({ owner }: TransferTable): boolean => owner.endsWith('account_id');

/** What rows hold, whatever their order: equal on both sides when, and only when (but for chance), the rows are. */
export type Digest = {
  readonly rows: number;
  /** Exclusive or, and sum, of parts of the rows' md5. */
  readonly xor: string;
  readonly sum: string;
};

/** Rows of one account; of tables whose rows belong to no single one, `account` is empty. */
export type AccountDigest = Digest & { readonly account: string; readonly deleted: number };

export type TransferPart = {
  readonly index: number;
  readonly rows: number;
  /** First row id, and the one behind the last. */
  readonly from: number;
  readonly to: number;
};

/** A table as the source has it. */
export type SourceFacts = {
  readonly rows: number;
  readonly owners: readonly string[];
  /** Without JSON columns. */
  readonly accounts: readonly AccountDigest[];
  /** Of all columns as they are sent. */
  readonly sent: Digest;
  /** Of all of it as text. */
  readonly bytes: number;
  /** Rows by where they lie in the source. */
  readonly parts: readonly TransferPart[];
  /** Moves with anything that a copy would show. */
  readonly fingerprint: string;
};

export type TransferSource = {
  /** Tables in the order in which they are to be copied: what says that rows are there comes after the rows. */
  tables(layout: (name: string) => readonly TransferColumn[]): Promise<readonly TransferTable[]>;
  facts(table: TransferTable): Promise<SourceFacts>;
  /** Writes a part as a Parquet file of texts; the caller removes it. */
  writePart(table: TransferTable, facts: SourceFacts, part: TransferPart): Promise<string>;
};

/** What an earlier migration left. `content`: what the target then held. */
export type Mark = { readonly fingerprint: string; readonly content: string };

export type TransferTarget = {
  layout(name: string): readonly TransferColumn[];
  marks(): Promise<ReadonlyMap<string, Mark>>;
  /** What is there of these owners; nothing where there is no table. */
  read(table: TransferTable, owners: readonly string[]): Promise<readonly AccountDigest[]>;
  /** Creates what is not there. */
  prepare(): Promise<void>;
  /** Whether an earlier attempt has brought this very part. */
  hasPart(table: TransferTable, facts: SourceFacts, part: TransferPart): Promise<boolean>;
  sendPart(table: TransferTable, facts: SourceFacts, part: TransferPart, file: string): Promise<void>;
  /** Checks what was sent, then puts it into the table, with the mark, in one transaction: instead of `before` rows. */
  commit(table: TransferTable, facts: SourceFacts, mark: Mark, before: number): Promise<void>;
};

export type TransferAction = 'copy' | 'replace' | 'there' | 'empty';

export type PlannedTable = {
  readonly table: TransferTable;
  readonly facts: SourceFacts;
  readonly action: TransferAction;
  /** Rows of these owners that the target has. */
  readonly before: number;
};

/** A table of an account on both sides. */
export type Comparison = {
  readonly table: string;
  readonly account: string;
  readonly source: AccountDigest;
  readonly target: AccountDigest;
  readonly isEqual: boolean;
};

export type TransferEvent =
  | { readonly kind: 'reading' | 'comparing'; readonly table: string; readonly place: number; readonly of: number }
  | { readonly kind: 'part'; readonly table: string; readonly part: number; readonly of: number; readonly rows: number }
  | {
      readonly kind: 'copied';
      readonly table: string;
      readonly rows: number;
      readonly place: number;
      readonly of: number;
    };

/** Told before or after each step; what it throws ends the transfer there. */
export type Told = (event: TransferEvent) => void;

/** A table of the target that holds rows of ours which no migration wrote, or wrote otherwise. */
export type Foreign = {
  readonly table: string;
  readonly rows: number;
  readonly accounts: readonly string[];
  readonly hasMoved: boolean;
};

/** What there is to copy. Reads both sides and changes neither. */
export async function planTransfer(
  source: TransferSource,
  target: TransferTarget,
  tell: Told,
): Promise<{ readonly tables: readonly PlannedTable[]; readonly foreign: readonly Foreign[] }> {
  const tables = await source.tables(target.layout);
  const marks = await target.marks();
  const planned: PlannedTable[] = [];
  const foreign: Foreign[] = [];
  for (const [index, table] of tables.entries()) {
    tell({ kind: 'reading', table: table.name, place: index + 1, of: tables.length });
    const facts = await source.facts(table);
    const present = await target.read(table, facts.owners);
    const before = present.reduce((sum, { rows }) => sum + rows, 0);
    const action = actionFor(facts, present, marks.get(table.name));
    if (action === null) {
      const accounts = present.map(({ account }) => account).filter((account) => account !== '');
      foreign.push({ table: table.name, rows: before, accounts, hasMoved: marks.has(table.name) });
    } else planned.push({ table, facts, action, before });
  }
  return { tables: planned, foreign };
}

function actionFor(
  facts: SourceFacts,
  present: readonly AccountDigest[],
  mark: Mark | undefined,
): TransferAction | null {
  if (present.length === 0) return facts.rows === 0 ? 'empty' : 'copy';
  const found = contentOf(present);
  if (mark === undefined || mark.content !== found) return null;
  return mark.fingerprint === facts.fingerprint && found === contentOf(facts.accounts) ? 'there' : 'replace';
}

/** Copies what is planned, a table a transaction. Whoever is stopped goes on by planning anew. */
export async function transfer(
  source: TransferSource,
  target: TransferTarget,
  planned: readonly PlannedTable[],
  { tell, remove }: { readonly tell: Told; readonly remove: (file: string) => Promise<void> },
): Promise<void> {
  await target.prepare();
  const due = planned.filter(({ action }) => action === 'copy' || action === 'replace');
  for (const [place, { table, facts, before }] of due.entries()) {
    for (const part of facts.parts) {
      tell({ kind: 'part', table: table.name, part: part.index + 1, of: facts.parts.length, rows: part.rows });
      if (await target.hasPart(table, facts, part)) continue;
      const file = await source.writePart(table, facts, part);
      try {
        await target.sendPart(table, facts, part, file);
      } finally {
        await remove(file);
      }
    }
    await target.commit(table, facts, { fingerprint: facts.fingerprint, content: contentOf(facts.accounts) }, before);
    tell({ kind: 'copied', table: table.name, rows: facts.rows, place: place + 1, of: due.length });
  }
}

/** Reads the target again and holds it against the source, account by account. */
export async function compareTransfer(
  target: TransferTarget,
  planned: readonly PlannedTable[],
  tell: Told,
): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const [index, { table, facts }] of planned.entries()) {
    tell({ kind: 'comparing', table: table.name, place: index + 1, of: planned.length });
    const present = await target.read(table, facts.owners);
    const accounts = new Set([...facts.accounts, ...present].map(({ account }) => account));
    for (const account of [...accounts].toSorted()) {
      const [there, here] = [of(facts.accounts, account), of(present, account)];
      const isEqual = contentOf([there]) === contentOf([here]);
      comparisons.push({ table: table.name, account, source: there, target: here, isEqual });
    }
  }
  return comparisons;
}

const of = (digests: readonly AccountDigest[], account: string): AccountDigest =>
  digests.find((one) => one.account === account) ?? { account, rows: 0, deleted: 0, xor: '0', sum: '0' };

/** One text for what accounts hold. */
export function contentOf(accounts: readonly AccountDigest[]): string {
  const sorted = accounts.toSorted((a, b) => (a.account < b.account ? -1 : 1));
  return sorted.map(({ account, rows, deleted, xor, sum }) => `${account}:${rows}:${deleted}:${xor}:${sum}`).join(' ');
}

export const fingerprintOf = (...texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 32);

/** Whether what arrived is what was sent. */
export function checkSent(table: TransferTable, facts: SourceFacts, found: Digest): void {
  const { rows, xor, sum } = facts.sent;
  if (found.rows === rows && found.xor === xor && found.sum === sum) return;
  throw new WarehouseError(
    `The rows of ${table.name} arrived other than they were sent (${found.rows} of ${rows}): nothing of the table was written.`,
    { kind: 'transient', fix: 'Run the command again: the table is sent anew.' },
  );
}
