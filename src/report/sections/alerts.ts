import { columnName, phrase, translated, type Context } from '../context.ts';
import { shownUnit } from '../format.ts';
import { bdi, markup, type Html, type HtmlValue } from '../html.ts';
import { martTable } from '../mart-table.ts';
import type { Fields } from '../reader.ts';
import { absent } from '../splits/absent.ts';

const table = 'marts.alerts';
const mostAlerts = 60;
const severities = ['critical', 'warning', 'info'] as const;

/** Incidents, the open and the grave first: one row each, as on its last bad day. */
export async function alertSection(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.alerts;
  const none = await absent(context, 'alerts', words.heading);
  if (none !== undefined) return reader.has(table) ? markup`<p class="empty">${words.empty}</p>` : none;
  const rows = await incidents(context);
  const open = rows.filter((row) => row['closed_date'] === null);
  return markup`<p>${words.intro}</p>
    <p>${words.counted(format.count(open.length), format.count(rows.length))}</p>
    ${martTable(context, {
      id: 'alerts-table',
      caption: words.caption,
      mart: 'alerts',
      keys: ['source', 'account_id', 'rule', 'scope', 'scope_id', 'day'],
      columns: [
        {
          column: 'severity',
          unit: 'text',
          label: words.severity,
          show: (row) => markup`<span class="severity ${String(row['severity'])}">${severityName(context, row)}</span>`,
        },
        { column: 'metric', unit: 'text', show: (row) => metricName(context, row) },
        { column: 'scope_id', unit: 'text', label: words.scope, show: (row) => scopeName(context, row) },
        { column: 'value', unit: 'ratio', label: words.value, show: (row) => measured(context, row, 'value') },
        {
          column: 'threshold_value',
          unit: 'ratio',
          label: messages.kpis.thresholdText,
          show: (row) => measured(context, row, 'threshold_value'),
          isAbsent: () => true,
        },
        {
          column: 'baseline_value',
          unit: 'ratio',
          label: words.baseline,
          show: (row) => measured(context, row, 'baseline_value'),
          isAbsent: () => true,
        },
        { column: 'first_seen_date', unit: 'date', label: words.firstSeen },
        { column: 'last_seen_date', unit: 'date', label: words.lastSeen },
        { column: 'closed_date', unit: 'date', label: words.closed, show: (row) => closedText(context, row) },
        {
          column: 'method',
          unit: 'text',
          label: words.method,
          show: (row) => translated(context, String(row['method'])),
        },
      ],
      rows: rows.slice(0, mostAlerts),
      more: Math.max(0, rows.length - mostAlerts),
    })}`;
}

/** The line of the overview that says whether something needs looking at. */
export async function openAlerts(context: Context): Promise<string | false> {
  const { messages, format, reader } = context;
  if (!reader.has(table)) return false;
  const open = (await incidents(context)).filter((row) => row['closed_date'] === null);
  const names = [...new Set(open.map((row) => metricText(context, row)))];
  return open.length === 0
    ? messages.alerts.noneOpen
    : messages.alerts.open(format.count(open.length), messages.joinNames(names));
}

/** The days on which an incident recovers are of it too, with good numbers: they do not say what was wrong. */
async function incidents({ reader, period }: Context): Promise<readonly Fields[]> {
  return await reader.rows(
    [table],
    `select * from ${table} where day <= date '${period.asOf ?? period.to}'
      qualify row_number() over (partition by incident_id order by is_past_threshold desc, day desc, scope_id desc) = 1
      order by closed_date is not null, case severity ${severities.map((name, place) => `when '${name}' then ${place}`).join(' ')} end,
        last_seen_date desc, rule, scope, scope_id`,
  );
}

function severityName({ messages }: Context, row: Fields): string {
  const names: Readonly<Record<string, string>> = messages.alerts.severities;
  const name = String(row['severity']);
  return names[name] ?? name;
}

function metricOf({ catalog }: Context, row: Fields) {
  return catalog.metrics.find(({ key }) => key === row['metric']);
}

function metricText(context: Context, row: Fields): string {
  const metric = metricOf(context, row);
  return metric === undefined ? columnName(context, '', String(row['metric'])) : phrase(context.messages, metric.name);
}

function metricName(context: Context, row: Fields): HtmlValue {
  const article = metricOf(context, row)?.article;
  const name = metricText(context, row);
  return article === undefined ? name : markup`<a href="#metric-${article}">${name}</a>`;
}

function scopeName({ messages }: Context, row: Fields): HtmlValue {
  if (row['scope'] === 'all') return messages.alerts.everything;
  if (row['scope'] === 'domain' && row['scope_id'] === 'unknown') return messages.splits.domains.unknown;
  return bdi(String(row['scope_name'] ?? row['scope_id']));
}

function measured(context: Context, row: Fields, column: string): string {
  const value = row[column] ?? null;
  const metric = metricOf(context, row);
  if (value === null) return context.messages.none;
  return context.format.value(value, metric === undefined ? 'ratio' : shownUnit(metric.unit, metric.column));
}

function closedText({ messages, format }: Context, row: Fields): string {
  return row['closed_date'] === null ? messages.alerts.stillOpen : format.date(String(row['closed_date']));
}
