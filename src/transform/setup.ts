import type { Clock } from '../contracts/clock.ts';
import type { DateString, Instant } from '../contracts/json.ts';
import type { Row } from '../contracts/sync.ts';
import type { Column, Warehouse } from '../warehouse/port.ts';
import { buildSchema, schemaOf, tableOf, type Graph } from './graph.ts';
import { quoteTable } from './render.ts';

/** The parts of mailmart.yaml that the models depend on. */
export type TransformConfig = {
  readonly company: { readonly time_zone: string; readonly currency: string };
  readonly sources: readonly { readonly id: string; readonly type: string }[];
  readonly campaigns: readonly {
    readonly match: string;
    readonly goal: string;
    readonly conversion_value?: string | number | undefined;
    readonly currency?: string | undefined;
  }[];
};

const ruleColumns: readonly Column[] = [
  { name: 'position', type: 'int' },
  { name: 'match', type: 'string' },
  { name: 'goal', type: 'string' },
  { name: 'conversion_value', type: 'decimal' },
  { name: 'currency_code', type: 'string' },
];
const accountColumns: readonly Column[] = [
  { name: 'source', type: 'string' },
  { name: 'account_id', type: 'string' },
  { name: 'has_per_recipient_events', type: 'bool' },
];
const asOfColumns: readonly Column[] = [
  { name: 'as_of_date', type: 'date' },
  { name: 'data_changed_at', type: 'timestamp' },
];

/** Sources that tell who opened and clicked by their nature; for the others their data decides. */
const perRecipient: Readonly<Record<string, boolean>> = { mailchimp: true };

/**
 * Brings what the models need but no sync loads: empty raw tables of sources that were never read, the configuration as
 * tables, and the day the models take for today. Writes only what changed, so that a run with nothing new stays one.
 */
export async function prepareTransform(options: {
  readonly warehouse: Warehouse;
  readonly graph: Graph;
  readonly config: TransformConfig;
  readonly clock: Clock;
  readonly runId: string;
}): Promise<void> {
  const { warehouse, graph, config, clock, runId } = options;
  const rawTables = graph.declarations.map(({ name }) => name).filter((name) => schemaOf(name) === 'raw');
  for (const name of rawTables) {
    const [source = '', stream = ''] = tableOf(name).split('__');
    if (!(await warehouse.tableExists(name))) await warehouse.ensureRawTable({ source, stream, partitioned: false });
  }
  await ensureBuildSchema(warehouse, runId);
  await warehouse.replaceTable('ops.campaign_rules', ruleColumns, config.campaigns.map(ruleRow(config)));
  await warehouse.replaceTable(
    'ops.accounts',
    accountColumns,
    config.sources.map(({ id, type }) => ({
      source: type,
      account_id: id,
      has_per_recipient_events: perRecipient[type] ?? null,
    })),
  );
  await warehouse.replaceTable('ops.data_as_of', asOfColumns, [
    {
      as_of_date: dateIn(config.company.time_zone, clock.now()),
      data_changed_at: await newestChange(warehouse, graph, rawTables),
    },
  ]);
}

const ruleRow =
  (config: TransformConfig) =>
  (rule: TransformConfig['campaigns'][number], position: number): Row => ({
    position,
    match: rule.match,
    goal: rule.goal,
    conversion_value: rule.conversion_value === undefined ? null : String(rule.conversion_value),
    currency_code: rule.currency ?? config.company.currency,
  });

async function ensureBuildSchema(warehouse: Warehouse, runId: string): Promise<void> {
  const found = await warehouse.query(
    `select 1 as there from information_schema.schemata where schema_name = '${buildSchema}'`,
  );
  if (found.length > 0) return;
  await warehouse.runModel(runId, { name: `${buildSchema}.schema`, kind: 'operations', fingerprint: 'created' }, [
    `create schema if not exists ${buildSchema}`,
  ]);
}

/**
 * When raw last changed, in whole seconds: below that `_loaded_at` counts the loads of one tick of the clock, whose number
 * depends on how fast the machine was. The marts of two runs over the same data are equal to the byte.
 */
async function newestChange(warehouse: Warehouse, graph: Graph, tables: readonly string[]): Promise<Instant | null> {
  const parts = tables.map((name) => `select max(_loaded_at) as changed_at from ${quoteTable(graph, name)}`);
  const text = graph.engine === 'duckdb' ? 'cast(max(changed_at) as varchar)' : 'cast(max(changed_at) as string)';
  const [row] = await warehouse.query(`select ${text} as newest from (${parts.join(' union all ')}) as changes`);
  const at = row?.['newest'];
  return typeof at === 'string' ? `${at.slice(0, 19).replace(' ', 'T')}Z` : null;
}

/** Calendar date of an instant in a time zone. */
export function dateIn(timeZone: string, at: Instant): DateString {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return parts.format(new Date(at));
}
