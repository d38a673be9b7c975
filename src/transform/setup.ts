import type { Clock } from '../contracts/clock.ts';
import type { DateString, Instant } from '../contracts/json.ts';
import type { Row } from '../contracts/sync.ts';
import { closedColumns, closedMonthsName } from '../warehouse/closed-months.ts';
import type { Column, Warehouse } from '../warehouse/port.ts';
import { alertRules, ruleColumns as alertColumns, ruleRows, type AlertOverrides } from './metric-alerts.ts';
import { loadMetricCatalog } from './metric-catalog.ts';
import { schemaOf, tableOf, type Graph } from './graph.ts';
import { closedMonths, costRuleColumns, moneyTables, settingColumns, type MoneyConfig } from './money-settings.ts';

/** The parts of mailmart.yaml that the models depend on. */
export type TransformConfig = MoneyConfig & {
  readonly company: { readonly time_zone: string; readonly currency: string };
  readonly sources: readonly { readonly id: string; readonly type: string }[];
  readonly campaigns: readonly {
    readonly match: string;
    readonly goal: string;
    readonly conversion_value?: string | number | undefined;
    readonly currency?: string | undefined;
  }[];
  /** Rules that are off or have another threshold; absent: the catalog's. */
  readonly alerts?: { readonly rules: AlertOverrides } | undefined;
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

/** Tables that stand for the configuration, and what was published of closed months. */
export const configColumns: Readonly<Record<string, readonly Column[]>> = {
  'ops.campaign_rules': ruleColumns,
  'ops.accounts': accountColumns,
  'ops.data_as_of': asOfColumns,
  'ops.alert_rules': alertColumns,
  'ops.money_settings': settingColumns,
  'ops.cost_rules': costRuleColumns,
  [closedMonthsName]: closedColumns,
};

/** Sources that tell who opened and clicked by their nature; for the others their data decides. */
const perRecipient: Readonly<Record<string, boolean>> = { mailchimp: true };

export type Preparation = {
  readonly warehouse: Warehouse;
  readonly graph: Graph;
  readonly config: TransformConfig;
  readonly clock: Clock;
};

/**
 * Brings what the models need but no sync loads: empty raw tables of sources that were never read, the configuration as
 * tables, and the day the models take for today. Writes only what changed, so that a run with nothing new stays one.
 */
export async function prepareTransform(options: Preparation): Promise<void> {
  const { warehouse, graph } = options;
  const present = await warehouse.tables();
  for (const name of rawTablesOf(graph).filter((table) => !present.has(table))) {
    const [source = '', stream = ''] = tableOf(name).split('__');
    await warehouse.ensureRawTable({ source, stream, partitioned: false });
  }
  for (const { name, columns, rows } of await configTables(options)) await warehouse.replaceTable(name, columns, rows);
}

/** Fingerprints of the declared tables as `prepareTransform` would leave them; writes nothing. */
export async function preparedFingerprints(options: Preparation): Promise<ReadonlyMap<string, string>> {
  const { warehouse } = options;
  const prints = new Map(await warehouse.tableFingerprints());
  for (const { name, columns, rows } of await configTables(options)) {
    prints.set(name, warehouse.contentFingerprint(name, columns, rows));
  }
  return prints;
}

type ConfigTable = { readonly name: string; readonly columns: readonly Column[]; readonly rows: readonly Row[] };

const rawTablesOf = (graph: Graph): readonly string[] =>
  graph.declarations.map(({ name }) => name).filter((name) => schemaOf(name) === 'raw');

/** The configuration as tables, and the day the models take for today. */
async function configTables({ warehouse, graph, config, clock }: Preparation): Promise<readonly ConfigTable[]> {
  return [
    { name: 'ops.campaign_rules', columns: ruleColumns, rows: config.campaigns.map(ruleRow(config)) },
    {
      name: 'ops.accounts',
      columns: accountColumns,
      rows: config.sources.map(({ id, type }) => ({
        source: type,
        account_id: id,
        has_per_recipient_events: perRecipient[type] ?? null,
      })),
    },
    {
      name: 'ops.alert_rules',
      columns: alertColumns,
      rows: ruleRows(alertRules(loadMetricCatalog(), config.alerts?.rules)),
    },
    {
      name: 'ops.data_as_of',
      columns: asOfColumns,
      rows: [
        {
          as_of_date: dateIn(config.company.time_zone, clock.now()),
          data_changed_at: inWholeSeconds(await warehouse.lastChange(rawTablesOf(graph))),
        },
      ],
    },
    ...moneyTables(config, config.company.currency),
    await closedMonths(warehouse),
  ];
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
