import { bars, countAxis, type Bar, type Chart } from '../charts/shapes.ts';
import { translated, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, markup, type Html } from '../html.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import type { Fields } from '../reader.ts';

const table = 'marts.reconciliation';
const mostRows = 60;

/** Our counts against the sources' own totals, the unexplained first. */
export async function reconciliationSection(context: Context): Promise<Html> {
  const { reader, messages } = context;
  const words = messages.reconciliation;
  const sums = await reader.rows(
    [table],
    `select measure, count(*) filter (where gap_value = 0) as equal_count,
        count(*) filter (where gap_value <> 0 and is_within_tolerance) as explained_count,
        count(*) filter (where not is_within_tolerance) as unexplained_count,
        string_agg(distinct reason, ', ' order by reason) filter (where gap_value <> 0) as reasons, sum(gap_value) as gap_value
      from ${table} group by measure order by unexplained_count desc, explained_count desc, measure`,
  );
  const [unexplained, explained] = [await gaps(context, false), await gaps(context, true)];
  return markup`
    <p>${words.intro}</p>
    ${gapTable(context, 'unexplained', words.unexplained, words.noneUnexplained, unexplained)}
    <div class="grid one">${await chart(context, sums)}</div>
    <details class="data">
      <summary>${words.explained}</summary>
      ${gapTable(context, 'explained', words.explained, words.noneExplained, explained)}
    </details>
  `;
}

type Gaps = { readonly rows: readonly Fields[]; readonly all: number };

async function gaps({ reader }: Context, within: boolean): Promise<Gaps> {
  const where = within ? 'r.gap_value <> 0 and r.is_within_tolerance' : 'not r.is_within_tolerance';
  const rows = await reader.rows(
    [table, 'marts.campaign_performance'],
    `select r.*, p.name as campaign_name from ${table} as r
      left join marts.campaign_performance as p using (source, account_id, campaign_id)
      where ${where} order by abs(r.gap_value) desc nulls first, r.source, r.account_id, r.campaign_id, r.measure limit ${mostRows}`,
  );
  const counted = await reader.first([table], `select count(*) as all_rows from ${table} as r where ${where}`);
  return { rows, all: Number(counted?.['all_rows'] ?? 0) };
}

function gapTable(context: Context, id: string, caption: string, empty: string, { rows, all }: Gaps): Html {
  const { messages } = context;
  const value = (column: string): TableColumn => ({
    column,
    unit: 'count',
    show: (row) => measured(context, row, column),
  });
  return martTable(context, {
    id: `gaps-${id}`,
    caption,
    mart: 'reconciliation',
    keys: ['source', 'account_id', 'campaign_id', 'measure'],
    columns: [
      {
        column: 'campaign_id',
        unit: 'text',
        label: messages.columns.name,
        show: (row) => bdi(String(row['campaign_name'] ?? row['campaign_id'])),
      },
      { column: 'measure', unit: 'text', show: (row) => measureName(context, row['measure']) },
      value('ours_value'),
      value('reported_value'),
      value('gap_value'),
      value('tolerance_value'),
      {
        column: 'reason',
        unit: 'text',
        show: (row) => (row['reason'] === null ? messages.none : translated(context, String(row['reason']))),
      },
    ],
    rows,
    empty,
    more: all - rows.length,
  });
}

/** Counts stand without decimals, money with them; both are exact in the mart. */
function measured({ format, messages }: Context, row: Fields, column: string): string {
  const value = row[column] ?? null;
  if (value === null) return messages.notAvailable;
  return row['measure'] === 'revenue' ? format.money(value) : format.count(value);
}

function measureName({ messages }: Context, measure: unknown): string {
  const names: Readonly<Record<string, string>> = messages.reconciliation.measures;
  return names[String(measure)] ?? String(measure);
}

async function chart(context: Context, sums: readonly Fields[]): Promise<Html> {
  const { messages, format } = context;
  const words = messages.reconciliation.chart;
  const outcomes = [
    { column: 'equal_count', series: words.equal },
    { column: 'explained_count', series: words.explained },
    { column: 'unexplained_count', series: words.unexplained },
  ];
  const totals = outcomes.map(({ column }) => format.count(sums.reduce((sum, row) => sum + Number(row[column]), 0)));
  return await figure(context, {
    id: 'reconciliation-chart',
    title: words.title,
    finding:
      sums.length === 0
        ? messages.reconciliation.empty
        : words.finding(totals[0] ?? '', totals[1] ?? '', totals[2] ?? ''),
    chart: sums.length === 0 ? undefined : stackedMeasures(context, sums, outcomes),
    table: martTable(context, {
      id: 'reconciliation-table',
      caption: words.caption,
      columns: [
        { column: 'measure', unit: 'text', show: (row) => measureName(context, row['measure']) },
        ...outcomes.map(({ column, series }) => ({ column, unit: 'count', label: series }) as const),
        { column: 'gap_value', unit: 'count', label: words.gap, show: (row) => measured(context, row, 'gap_value') },
        {
          column: 'reasons',
          unit: 'text',
          label: messages.columns.reason,
          show: (row) => (row['reasons'] === null ? '' : translated(context, String(row['reasons']))),
        },
      ],
      rows: sums,
    }),
  });
}

function stackedMeasures(
  context: Context,
  sums: readonly Fields[],
  outcomes: readonly { readonly column: string; readonly series: string }[],
): Chart {
  const rows = sums.flatMap((row) => {
    let from = 0;
    const parts = outcomes.map(({ column, series }) => ({ series, count: Number(row[column]) }));
    return parts.map(({ series, count }, index): Bar => {
      const to = from + count;
      const text = parts.map((part) => context.format.count(part.count)).join(' + ');
      const label = measureName(context, row['measure']);
      const bar = {
        row: String(row['measure']),
        label,
        from,
        to,
        text: index === parts.length - 1 ? text : '',
        series,
      };
      from = to;
      return bar;
    });
  });
  return bars(rows, countAxis, { legend: true });
}
