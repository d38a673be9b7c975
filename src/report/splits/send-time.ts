import type { Context } from '../context.ts';
import { figure } from '../figure.ts';
import { markup, type Html } from '../html.ts';
import { martTable, tableCaption } from '../mart-table.ts';
import { numberOf, type Fields } from '../reader.ts';
import { absent } from './absent.ts';

const table = 'marts.send_time';
const kinds = ['reporting', 'recipient'] as const;
const weekdays = [1, 2, 3, 4, 5, 6, 7] as const;
const hours = Array.from({ length: 24 }, (_, hour) => hour);
/** Shades of the heat map; the numbers say the same. */
const shades = 5;
/** An hour with fewer sends says nothing about when to send. */
const fewestSends = 100;

const keys = ['scope', 'scope_id', 'time_zone_kind', 'weekday', 'hour'] as const;

/** When people open, hour by weekday, in the company's zone and in the readers' own; and how soon after the send. */
export async function sendTimeFigures(context: Context): Promise<readonly Html[]> {
  const words = context.messages.splits.sendTime;
  const none = await absent(context, 'send_time', words.title.reporting);
  if (none !== undefined) return [none];
  const rows = await context.reader.rows(
    [table],
    `select * from ${table} where scope = 'all' order by time_zone_kind, weekday, hour`,
  );
  const maps: Html[] = [];
  for (const kind of kinds)
    maps.push(
      await heatMap(
        context,
        kind,
        rows.filter((row) => row['time_zone_kind'] === kind),
      ),
    );
  return [
    ...maps,
    sends(
      context,
      rows.filter((row) => row['time_zone_kind'] === 'reporting'),
    ),
  ];
}

async function heatMap(context: Context, kind: (typeof kinds)[number], rows: readonly Fields[]): Promise<Html> {
  const { messages, format } = context;
  const words = messages.splits.sendTime;
  const known = rows.filter((row) => numberOf(row['open_share_rate']) !== null);
  const best = known.toSorted((a, b) => Number(b['open_share_rate']) - Number(a['open_share_rate']))[0];
  const any = rows.find((row) => row['scope_median_seconds_to_open'] !== null);
  return await figure(context, {
    id: `heat-${kind}`,
    title: words.title[kind],
    finding:
      best === undefined
        ? words.empty[kind]
        : markup`${words.finding(
            format.weekday(Number(best['weekday'])),
            format.hour(Number(best['hour'])),
            format.percent(best['open_share_rate'] ?? null),
          )}
          ${
            any !== undefined &&
            words.speed(
              format.span(Number(any['scope_median_seconds_to_open'])),
              format.span(Number(any['scope_p90_seconds_to_open'])),
            )
          }`,
    chart: undefined,
    isTableOpen: known.length > 0,
    table: grid(context, kind, known),
  });
}

/** One row an hour, so that it fits a telephone. */
function grid({ messages, format }: Context, kind: string, rows: readonly Fields[]): Html {
  const words = messages.splits.sendTime;
  const most = Math.max(...rows.map((row) => Number(row['open_share_rate'])));
  const at = new Map(rows.map((row) => [`${String(row['weekday'])} ${String(row['hour'])}`, row]));
  const cell = (weekday: number, hour: number): Html => {
    const row = at.get(`${weekday} ${hour}`);
    if (row === undefined) return markup`<td class="h0">${messages.none}</td>`;
    const share = Number(row['open_share_rate']);
    const shade = most === 0 ? 0 : Math.min(shades, Math.ceil((share / most) * shades));
    return markup`<td class="h${shade}" data-key="${keys.map((key) => String(row[key])).join('/')}" data-value="${share}">
      ${format.share(share)}
    </td>`;
  };
  return markup`<div class="scroll heat" role="group" tabindex="0" aria-labelledby="heat-${kind}-caption">
    <table id="heat-${kind}-table" data-mart="send_time" data-cell="open_share_rate">
      ${tableCaption(`heat-${kind}-caption`, words.caption)}
      <thead>
        <tr>
          <th scope="col">${words.hour}</th>
          ${weekdays.map((day) => markup`<th scope="col">${format.shortWeekday(day)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${hours.map(
          (hour) =>
            markup`<tr>
              <th scope="row">${format.hour(hour)}</th>
              ${weekdays.map((day) => cell(day, hour))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** How mails sent in an hour fared: what to compare when a send is moved. */
function sends(context: Context, rows: readonly Fields[]): Html {
  const { messages, format } = context;
  const words = messages.splits.sendTime;
  const sent = rows
    .filter((row) => Number(row['send_count'] ?? 0) >= fewestSends)
    .toSorted((a, b) => Number(b['send_open_rate'] ?? -1) - Number(a['send_open_rate'] ?? -1));
  const seconds = (column: string) => (row: Fields) => {
    const value = numberOf(row[column]);
    return value === null ? messages.notAvailable : format.span(value);
  };
  return martTable(context, {
    id: 'send-hours',
    caption: words.sendsCaption(format.count(fewestSends)),
    mart: 'send_time',
    keys,
    empty: words.noSends(format.count(fewestSends)),
    columns: [
      { column: 'weekday', unit: 'text', label: words.weekday, show: (row) => format.weekday(Number(row['weekday'])) },
      { column: 'hour', unit: 'count', label: words.hour, show: (row) => format.hour(Number(row['hour'])) },
      { column: 'send_count', unit: 'count' },
      { column: 'opened_send_count', unit: 'count' },
      { column: 'send_open_rate', unit: 'rate' },
      { column: 'median_seconds_to_open', unit: 'count', show: seconds('median_seconds_to_open') },
      { column: 'p90_seconds_to_open', unit: 'count', show: seconds('p90_seconds_to_open') },
    ],
    rows: sent,
  });
}
