import { Duration } from 'luxon';
import type { Row } from '../contracts/sync.ts';
import { closedColumns, closedMonthsName } from '../warehouse/closed-months.ts';
import type { Column, Warehouse } from '../warehouse/port.ts';

type Text = string | undefined;

/** `attribution:` and `costs:` of mailmart.yaml; whatever is absent has the default that the schema documents. */
export type MoneyConfig = {
  readonly attribution?: {
    readonly model?: Text;
    readonly window?: Text;
    readonly include_tax?: boolean | undefined;
    readonly include_shipping?: boolean | undefined;
    readonly other_revenue?: Text;
  };
  readonly costs?: {
    readonly shared?: Text;
    readonly cost_of_goods_rate?: Text;
    readonly close_after_days?: number | undefined;
    readonly rules?: readonly {
      readonly kind: string;
      readonly amount: string;
      readonly per: string;
      readonly hours?: Text;
      readonly currency?: Text;
      readonly account?: Text;
      readonly match?: Text;
      readonly from?: Text;
      readonly until?: Text;
    }[];
  };
};

type ConfigTable = { readonly name: string; readonly columns: readonly Column[]; readonly rows: readonly Row[] };

export const settingColumns: readonly Column[] = [
  { name: 'attribution_model', type: 'string' },
  { name: 'window_seconds', type: 'int' },
  { name: 'include_tax', type: 'bool' },
  { name: 'include_shipping', type: 'bool' },
  { name: 'other_revenue_split', type: 'string' },
  { name: 'shared_costs', type: 'string' },
  { name: 'cost_of_goods_rate', type: 'decimal' },
  { name: 'close_after_days', type: 'int' },
];

export const costRuleColumns: readonly Column[] = [
  { name: 'position', type: 'int' },
  { name: 'kind', type: 'string' },
  { name: 'amount', type: 'decimal' },
  { name: 'per', type: 'string' },
  { name: 'hours', type: 'decimal' },
  { name: 'currency_code', type: 'string' },
  { name: 'account_id', type: 'string' },
  { name: 'match', type: 'string' },
  { name: 'from_date', type: 'date' },
  { name: 'until_date', type: 'date' },
];

/** The settings and the rules as tables that the models read. */
export function moneyTables({ attribution = {}, costs = {} }: MoneyConfig, currency: string): readonly ConfigTable[] {
  const window = Duration.fromISO(attribution.window ?? 'P5D').as('seconds');
  return [
    {
      name: 'ops.money_settings',
      columns: settingColumns,
      rows: [
        {
          attribution_model: attribution.model ?? 'last_click',
          window_seconds: window,
          include_tax: attribution.include_tax ?? true,
          include_shipping: attribution.include_shipping ?? true,
          other_revenue_split: attribution.other_revenue ?? 'sends',
          shared_costs: costs.shared ?? 'by_sends',
          cost_of_goods_rate: costs.cost_of_goods_rate ?? null,
          close_after_days: costs.close_after_days ?? 5,
        },
      ],
    },
    {
      name: 'ops.cost_rules',
      columns: costRuleColumns,
      rows: (costs.rules ?? []).map((rule, position) => ({
        position,
        kind: rule.kind,
        amount: rule.amount,
        per: rule.per,
        hours: rule.hours ?? '1',
        currency_code: rule.currency ?? currency,
        account_id: rule.account ?? null,
        match: rule.match ?? null,
        from_date: rule.from ?? null,
        until_date: rule.until ?? null,
      })),
    },
  ];
}

const publishedName = 'marts.profit_monthly';

/**
 * What each closed month showed when it was first published. Taken from the published mart itself, before it is built
 * anew: what was never published is nothing that could be restated. A row once here stays as it is, in the currency that it was
 * published in.
 */
export async function closedMonths(warehouse: Warehouse): Promise<ConfigTable> {
  const present = await warehouse.tables();
  const read = async (table: string, names: string, where: string): Promise<readonly Row[]> => {
    if (!present.has(table)) return [];
    return await warehouse.query(`select ${names} from ${warehouse.quote(table)} where ${where}`);
  };
  // An older version wrote no currency. Which it was is not known: today's, and even an equal amount, can be another (rules have none).
  const known = await read(closedMonthsName, '*', 'true');
  const kept = known.map((row) => ({ ...row, currency_code: row['currency_code'] ?? null }));
  const months = new Set(known.map(({ month }) => String(month)));
  const names = closedColumns.map(({ name }) => name).join(', ');
  const published = await read(publishedName, names, 'is_closed');
  const added = published.filter(({ month }) => !months.has(String(month)));
  const keyOf = (row: Row): string => JSON.stringify([row['month'], row['source'], row['account_id']]);
  const rows = [...kept, ...added].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return { name: closedMonthsName, columns: closedColumns, rows };
}
