import { bars, lines, type Bar } from '../charts/shapes.ts';
import { chartLabel } from '../charts/render.ts';
import { wordOf, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, type Html } from '../html.ts';
import { martTable } from '../mart-table.ts';
import type { Fields } from '../reader.ts';
import { absent } from './absent.ts';

const table = 'marts.client_share';
const keys = ['scope', 'scope_id', 'month', 'client', 'device', 'os', 'is_proxy'] as const;
const mostClients = 10;
const mostRows = 40;

/** What people read with: the newest month, and the strongest clients over the months. */
export async function clientFigures(context: Context): Promise<readonly Html[]> {
  const words = context.messages.splits.clients;
  const none = await absent(context, 'client_share', words.title);
  return none === undefined ? [await clients(context), await clientTrend(context)] : [none];
}

async function clients(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.splits.clients;
  const rows = await reader.rows(
    [table],
    `select * from ${table} where scope = 'all' and month = (${newestMonth(context)})
      order by open_count desc, machine_open_count desc, client, device, os, is_proxy`,
  );
  const people = byClient(rows).filter(({ share }) => share > 0);
  const top = people[0];
  const machines = rows.reduce((sum, row) => sum + Number(row['machine_open_count']), 0);
  const month = rows[0]?.['month'] ?? null;
  return await figure(context, {
    id: 'clients',
    title: words.title,
    finding:
      top === undefined
        ? words.empty
        : words.finding(
            month === null ? '' : format.month(String(month)),
            bdi(top.name),
            format.percent(top.share),
            format.count(machines),
          ),
    chart:
      people.length === 0
        ? undefined
        : bars(
            people.slice(0, mostClients).map(({ name, share }): Bar => ({
              label: chartLabel(name),
              from: 0,
              to: share,
              text: format.percent(share),
              series: 'in',
            })),
            { format: '~p' },
          ),
    isTableOpen: people.length === 0 && rows.length > 0,
    table: martTable(context, {
      id: 'clients-table',
      caption: words.caption,
      mart: 'client_share',
      keys,
      columns: [
        { column: 'client', unit: 'text', label: words.client, show: (row) => programName(context, row['client']) },
        {
          column: 'device',
          unit: 'text',
          label: words.device,
          show: (row) => wordOf(messages.values.device, row['device']),
        },
        { column: 'os', unit: 'text', label: words.os, show: (row) => programName(context, row['os']) },
        {
          column: 'is_proxy',
          unit: 'flag',
          label: words.proxy,
          show: (row) => (row['is_proxy'] === true ? messages.yes : messages.no),
        },
        { column: 'open_count', unit: 'count' },
        { column: 'opener_count', unit: 'count' },
        { column: 'open_share_rate', unit: 'rate' },
        { column: 'opener_share_rate', unit: 'rate' },
        { column: 'machine_open_count', unit: 'count' },
        { column: 'unknown_open_count', unit: 'count' },
      ],
      rows: rows.slice(0, mostRows),
      more: Math.max(0, rows.length - mostRows),
    }),
  });
}

/** Of a client or a system, which have names of their own. */
function programName({ messages }: Context, name: unknown): Html {
  return bdi(wordOf(messages.values.program, name));
}

/** The newest month in which somebody's client is known. */
function newestMonth({ period }: Context): string {
  return `select max(month) from ${table} where scope = 'all' and known_open_count > 0 and month <= date '${period.to}'`;
}

type Share = { readonly name: string; readonly share: number };

/** Opens of people by client, over all known opens of the same month. */
function byClient(rows: readonly Fields[]): readonly Share[] {
  const known = Number(rows[0]?.['known_open_count'] ?? 0);
  const groups = Map.groupBy(
    rows.filter((row) => row['client'] !== 'unknown'),
    (row) => String(row['client']),
  );
  return [...groups]
    .map(([name, group]) => ({
      name,
      share: known === 0 ? 0 : group.reduce((sum, row) => sum + Number(row['open_count']), 0) / known,
    }))
    .toSorted((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
}

async function clientTrend(context: Context): Promise<Html> {
  return await trend(context, 'client', context.messages.splits.clients.trend);
}

/** Opens by kind of device, month by month: for the page of mobile opens. */
export async function deviceFigure(context: Context): Promise<Html> {
  const words = context.messages.splits.clients.devices;
  return (await absent(context, 'client_share', words.title)) ?? (await trend(context, 'device', words));
}

type TrendWords = {
  readonly title: string;
  readonly empty: string;
  readonly caption: string;
  readonly single: (name: string, share: string, month: string) => string;
  readonly finding: (name: string, first: string, firstMonth: string, last: string, lastMonth: string) => string;
};

/** Over the opens that tell their client, or their device: who hides it is in no share, as in the rate of mobile openers. */
async function trend(context: Context, column: 'client' | 'device', words: TrendWords): Promise<Html> {
  const { reader, messages, format, period } = context;
  const found = await reader.rows(
    [table],
    `select month, ${column}, sum(open_count) as open_count from ${table}
      where scope = 'all' and month <= date '${period.to}'
      group by month, ${column} having sum(open_count) > 0 order by month, open_count desc, ${column}`,
  );
  const rows = found.filter((row) => row[column] !== 'unknown');
  const known = Map.groupBy(rows, (row) => String(row['month']));
  const months = [...known.keys()].slice(-24);
  const label = (name: string): string => (column === 'device' ? wordOf(messages.values.device, name) : name);
  const totals = Map.groupBy(rows, (row) => String(row[column]));
  const strongest = [...totals]
    .map(([name, group]) => ({ name, opens: group.reduce((sum, row) => sum + Number(row['open_count']), 0) }))
    .toSorted((a, b) => b.opens - a.opens || (a.name < b.name ? -1 : 1))
    .slice(0, 5)
    .map(({ name }) => name);
  const share = (name: string, month: string): number => {
    const row = totals.get(name)?.find((each) => each['month'] === month);
    const all = (known.get(month) ?? []).reduce((sum, each) => sum + Number(each['open_count']), 0);
    return row === undefined ? 0 : Number(row['open_count']) / all;
  };
  const [first, last, top] = [months[0], months.at(-1), strongest[0]];
  return await figure(context, {
    id: `${column}-trend`,
    title: words.title,
    finding:
      first === undefined || last === undefined || top === undefined
        ? words.empty
        : first === last
          ? words.single(label(top), format.percent(share(top, last)), format.month(last))
          : words.finding(
              label(top),
              format.percent(share(top, first)),
              format.month(first),
              format.percent(share(top, last)),
              format.month(last),
            ),
    chart:
      months.length === 0
        ? undefined
        : lines(
            strongest.flatMap((name) =>
              months.map((month) => ({
                x: format.shortMonth(month),
                y: share(name, month),
                series: chartLabel(label(name)),
              })),
            ),
            { format: '.0%' },
          ),
    table: martTable(context, {
      id: `${column}-trend-shares`,
      caption: words.caption,
      columns: [
        { column: 'month', unit: 'month', label: messages.trends.month },
        ...strongest.map(
          (name, index) => ({ column: `share_${index}_rate`, unit: 'rate', label: label(name) }) as const,
        ),
      ],
      rows: months.map((month) => ({
        month,
        ...Object.fromEntries(strongest.map((name, index) => [`share_${index}_rate`, share(name, month)])),
      })),
    }),
  });
}
