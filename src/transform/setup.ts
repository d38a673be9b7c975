import type { Clock } from '../contracts/clock.ts';
import type { DateString, Instant } from '../contracts/json.ts';
import type { Row } from '../contracts/sync.ts';
import type { Column, Warehouse } from '../warehouse/port.ts';
import { schemaOf, tableOf, type Graph } from './graph.ts';

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
}): Promise<void> {
  const { warehouse, graph, config, clock } = options;
  const rawTables = graph.declarations.map(({ name }) => name).filter((name) => schemaOf(name) === 'raw');
  const present = await warehouse.tables();
  for (const name of rawTables.filter((table) => !present.has(table))) {
    const [source = '', stream = ''] = tableOf(name).split('__');
    await warehouse.ensureRawTable({ source, stream, partitioned: false });
  }
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
      data_changed_at: inWholeSeconds(await warehouse.lastChange(rawTables)),
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

/**
 * Below a second `_loaded_at` counts the loads of one tick of the clock, whose number depends on how fast the machine was. The
 * marts of two runs over the same data are equal to the byte.
 */
const inWholeSeconds = (at: Instant | null): Instant | null => (at === null ? null : `${at.slice(0, 19)}Z`);

/** Calendar date of an instant in a time zone. */
export function dateIn(timeZone: string, at: Instant): DateString {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return parts.format(new Date(at));
}
