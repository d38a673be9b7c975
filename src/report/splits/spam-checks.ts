import { bars, type Bar } from '../charts/shapes.ts';
import { chartLabel } from '../charts/render.ts';
import { wordOf, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, type Html } from '../html.ts';
import { martTable } from '../mart-table.ts';
import type { Fields } from '../reader.ts';
import { absent } from './absent.ts';

const table = 'marts.spam_checks';
const mostRows = 30;
const mostBars = 10;

/** What spam filters say before a mail is sent, and where test copies arrive. */
export async function spamFigure(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.splits.spam;
  const none = await absent(context, 'spam_checks', words.title);
  if (none !== undefined) return none;
  const rows = await reader.rows(
    [table, 'marts.campaign_performance'],
    `select s.*, coalesce(p.name, nullif(s.name, ''), s.domain, s.campaign_id) as checked_name from ${table} as s
      left join marts.campaign_performance as p using (source, account_id, campaign_id)
      order by s.day desc, s.account_id, s.campaign_id, s.domain, s.tool limit ${mostRows}`,
  );
  const counted = await reader.first(
    [table],
    `select count(*) as checks, count(*) filter (where is_passed) as passed, count(score) as scored from ${table}`,
  );
  const scored = rows.filter((row) => row['score'] !== null).slice(0, mostBars);
  const name = (row: Fields): string => String(row['checked_name']);
  return await figure(context, {
    id: 'spam-checks',
    title: words.title,
    finding: words.finding(format.count(counted?.['passed'] ?? 0), format.count(counted?.['scored'] ?? 0)),
    chart:
      scored.length === 0
        ? undefined
        : bars(
            scored.map((row): Bar => ({
              label: chartLabel(name(row)),
              from: 0,
              to: Number(row['score']),
              text: `${format.number(row['score'] ?? null, 1)} ${row['is_passed'] === true ? words.passed : words.failed}`,
              series: row['is_passed'] === true ? 'in' : 'loss',
            })),
            { format: '~r' },
          ),
    isTableOpen: scored.length === 0,
    table: martTable(context, {
      id: 'spam-checks-table',
      caption: words.caption,
      mart: 'spam_checks',
      keys: ['account_id', 'campaign_id', 'domain', 'day', 'tool'],
      columns: [
        { column: 'checked_name', unit: 'text', label: words.checked, isPlain: true, show: (row) => bdi(name(row)) },
        { column: 'day', unit: 'date' },
        { column: 'tool', unit: 'text' },
        { column: 'score', unit: 'ratio' },
        { column: 'threshold_score', unit: 'ratio' },
        {
          column: 'is_passed',
          unit: 'flag',
          show: (row) =>
            row['is_passed'] === null ? messages.notAvailable : row['is_passed'] === true ? words.passed : words.failed,
        },
        { column: 'inbox_placement_rate', unit: 'rate' },
        {
          column: 'placement_by_provider',
          unit: 'text',
          show: (row) => (row['placement_by_provider'] === null ? messages.notAvailable : placement(context, row)),
        },
      ],
      rows,
      more: Math.max(0, Number(counted?.['checks'] ?? 0) - rows.length),
    }),
  });
}

/** The mart says where copies arrived as text: `gmail.com: inbox 8, tabs 2, …; …`. */
function placement({ messages }: Context, row: Fields): Html {
  const places = /(?<=[:,] )[a-z]+(?= \d)/g;
  return bdi(
    String(row['placement_by_provider']).replaceAll(places, (place) => wordOf(messages.values.placement, place)),
  );
}
