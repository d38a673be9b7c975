import { bars, intervals, type Bar } from '../charts/shapes.ts';
import { chartLabel } from '../charts/render.ts';
import type { Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, type Html } from '../html.ts';
import { martTable } from '../mart-table.ts';
import { numberOf, type Fields } from '../reader.ts';
import { absent } from './absent.ts';

const table = 'marts.subject_lines';
const mostSubjects = 30;
const drawnSubjects = 12;
const classes = ['short', 'medium', 'long'] as const;

/** Which subject lines are opened: each with its interval, and by length and name of the reader. */
export async function subjectFigures(context: Context): Promise<readonly Html[]> {
  const none = await absent(context, 'subject_lines', context.messages.splits.subjects.title);
  return none === undefined ? [await lengths(context), await subjects(context)] : [none];
}

async function subjects(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.splits.subjects;
  const rows = await reader.rows(
    [table],
    `select * from ${table} order by delivered_count desc, subject limit ${mostSubjects}`,
  );
  const counted = await reader.first([table], `select count(*) as subjects from ${table}`);
  const known = rows
    .filter((row) => numberOf(row['open_low_rate']) !== null)
    .slice(0, drawnSubjects)
    .toSorted((a, b) => Number(b['open_rate']) - Number(a['open_rate']));
  const [best, worst] = [known[0], known.at(-1)];
  const isApart =
    best !== undefined && worst !== undefined && Number(best['open_low_rate']) > Number(worst['open_high_rate']);
  return await figure(context, {
    id: 'subjects',
    title: words.title,
    finding:
      best === undefined || worst === undefined
        ? words.empty
        : words.finding(
            bdi(String(best['subject'])),
            format.percent(best['open_rate'] ?? null),
            bdi(String(worst['subject'])),
            format.percent(worst['open_rate'] ?? null),
            isApart,
          ),
    chart:
      known.length === 0
        ? undefined
        : intervals(
            known.map((row) => ({
              label: chartLabel(String(row['subject'])),
              low: Number(row['open_low_rate']),
              value: Number(row['open_rate']),
              high: Number(row['open_high_rate']),
              isProven: true,
            })),
            { format: '~p' },
          ),
    isTableOpen: known.length === 0 && rows.length > 0,
    table: martTable(context, {
      id: 'subjects-table',
      caption: words.caption,
      mart: 'subject_lines',
      keys: ['subject'],
      columns: [
        { column: 'subject', unit: 'text' },
        { column: 'character_count', unit: 'count' },
        { column: 'length_class', unit: 'text', show: (row) => lengthName(context, row) },
        {
          column: 'is_personalised',
          unit: 'flag',
          show: (row) => (row['is_personalised'] === true ? messages.yes : messages.no),
        },
        { column: 'campaign_count', unit: 'count' },
        { column: 'delivered_count', unit: 'count' },
        { column: 'open_count', unit: 'count' },
        { column: 'open_rate', unit: 'rate' },
        { column: 'open_low_rate', unit: 'rate' },
        { column: 'open_high_rate', unit: 'rate' },
        { column: 'last_send_date', unit: 'date' },
      ],
      rows,
      sortable: true,
      more: Math.max(0, Number(counted?.['subjects'] ?? 0) - rows.length),
    }),
  });
}

function lengthName({ messages }: Context, row: Fields): string {
  const names: Readonly<Record<string, string>> = messages.splits.subjects.classes;
  const name = String(row['length_class']);
  return names[name] ?? name;
}

/** Also on the page of mobile opens, where short subjects matter. */
async function lengths(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.splits.subjects;
  const found = await reader.rows(
    [table],
    `select length_class, is_personalised, count(*) as subject_count, sum(campaign_count) as campaign_count,
        sum(delivered_count) as delivered_count, sum(open_count) as open_count,
        sum(open_count) / nullif(sum(delivered_count), 0) as open_rate
      from ${table} group by 1, 2`,
  );
  const order = (row: Fields): number => classes.indexOf(String(row['length_class']) as (typeof classes)[number]);
  const rows = found.toSorted(
    (a, b) => order(a) - order(b) || Number(a['is_personalised']) - Number(b['is_personalised']),
  );
  const name = (row: Fields): string => words.group(lengthName(context, row), row['is_personalised'] === true);
  const known = rows.filter((row) => row['open_rate'] !== null);
  const best = known.toSorted((a, b) => Number(b['open_rate']) - Number(a['open_rate']))[0];
  return await figure(context, {
    id: 'subject-lengths',
    title: words.lengthTitle,
    finding:
      best === undefined ? words.empty : words.lengthFinding(name(best), format.percent(best['open_rate'] ?? null)),
    chart:
      known.length === 0
        ? undefined
        : bars(
            known.map((row): Bar => ({
              label: name(row),
              from: 0,
              to: Number(row['open_rate']),
              text: format.percent(row['open_rate'] ?? null),
              series: row['is_personalised'] === true ? 'total' : 'in',
            })),
            { format: '~p' },
          ),
    table: martTable(context, {
      id: 'subject-lengths-table',
      caption: words.lengthCaption,
      columns: [
        { column: 'length_class', unit: 'text', show: name },
        { column: 'subject_count', unit: 'count', label: words.subjectCount },
        { column: 'campaign_count', unit: 'count' },
        { column: 'delivered_count', unit: 'count' },
        { column: 'open_count', unit: 'count' },
        { column: 'open_rate', unit: 'rate' },
      ],
      rows,
    }),
  });
}
