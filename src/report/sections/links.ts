import { bars, countAxis, type Bar } from '../charts/shapes.ts';
import { chartLabel } from '../charts/render.ts';
import type { Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, type Html } from '../html.ts';
import { martTable } from '../mart-table.ts';
import type { Fields } from '../reader.ts';

const mostLinks = 60;
const charted = 10;

/** Where people went from the period's e-mails. */
export async function linkFigure(context: Context): Promise<Html> {
  const { reader, messages, format, period } = context;
  const words = messages.links;
  const from = `marts.link_performance as l join marts.campaign_performance as p using (source, account_id, campaign_id)
      where p.send_date between date '${period.from}' and date '${period.to}'`;
  const tables = ['marts.link_performance', 'marts.campaign_performance'];
  const rows = await reader.rows(
    tables,
    `select l.*, p.name as campaign_name from ${from}
      order by coalesce(l.human_click_count, l.total_click_count) desc nulls last, l.source, l.account_id, l.campaign_id, l.link_id limit ${mostLinks}`,
  );
  const counted = await reader.first(
    tables,
    `select count(*) as links, sum(l.total_click_count) as clicks from ${from}`,
  );
  const strongest = rows.slice(0, charted).filter((row) => Number(row['total_click_count'] ?? 0) > 0);
  const top = strongest[0];
  const clicks = Number(counted?.['clicks'] ?? 0);
  return await figure(context, {
    id: 'links-chart',
    title: words.title,
    finding:
      top === undefined || clicks === 0
        ? words.empty
        : words.finding(
            bdi(String(top['url'] ?? top['link_id'])),
            format.count(top['human_click_count'] ?? top['total_click_count'] ?? 0),
            format.percent(strongest.reduce((sum, row) => sum + Number(row['total_click_count']), 0) / clicks),
          ),
    chart: top === undefined ? undefined : bars(stacked(context, strongest), countAxis, { legend: true }),
    table: martTable(context, {
      id: 'link-table',
      caption: words.caption,
      mart: 'link_performance',
      keys: ['source', 'account_id', 'campaign_id', 'link_id'],
      columns: [
        { column: 'url', unit: 'text' },
        {
          column: 'campaign_id',
          unit: 'text',
          label: messages.columns.name,
          show: (row) => bdi(String(row['campaign_name'])),
        },
        { column: 'total_click_count', unit: 'count' },
        { column: 'human_click_count', unit: 'count' },
        { column: 'human_unique_click_count', unit: 'count' },
        { column: 'machine_click_count', unit: 'count' },
        { column: 'unknown_click_count', unit: 'count' },
        { column: 'human_share_rate', unit: 'rate' },
        { column: 'reported_total_click_count', unit: 'count' },
      ],
      rows,
      empty: words.empty,
      more: Math.max(0, Number(counted?.['links'] ?? 0) - rows.length),
    }),
  });
}

function stacked({ messages, format }: Context, rows: readonly Fields[]): readonly Bar[] {
  const words = messages.links;
  return rows.flatMap((row, index) => {
    const people = Number(row['human_click_count'] ?? 0);
    const machines = Number(row['machine_click_count'] ?? 0);
    const unknown =
      row['human_click_count'] === null ? Number(row['total_click_count']) : Number(row['unknown_click_count'] ?? 0);
    const parts = [
      { series: words.people, clicks: people },
      { series: words.machines, clicks: machines },
      { series: words.unknown, clicks: unknown },
    ].filter(({ clicks }) => clicks > 0);
    let from = 0;
    return parts.map(({ series, clicks }, place): Bar => {
      const bar = {
        row: `${index}`,
        label: chartLabel(linkLabel(row), 36),
        from,
        to: from + clicks,
        text: place === parts.length - 1 ? parts.map((part) => format.count(part.clicks)).join(' + ') : '',
        series,
      };
      from += clicks;
      return bar;
    });
  });
}

/** What tells one link of a company from the next: not the host, but the path and the place in the message. */
function linkLabel(row: Fields): string {
  const url = String(row['url'] ?? row['link_id']);
  const path = url.replace(/^[a-z]+:\/\/[^/]+/i, '').replace(/[?#].*$/s, '');
  const parts = [path === '' ? url : path, row['utm_content'], row['utm_term'], row['campaign_name']];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' · ');
}
