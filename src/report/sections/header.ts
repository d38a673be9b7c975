import type { Json } from '../../contracts/json.ts';
import { sourceName, type Context } from '../context.ts';
import { bdi, markup, type Html, type HtmlValue } from '../html.ts';
import { martTable } from '../mart-table.ts';
import { listOf, textOf, type Fields } from '../reader.ts';

type VerdictKind = 'complete' | 'incomplete' | 'suspiciously_empty' | 'unknown';
type Verdict = { readonly kind: VerdictKind; readonly missing: readonly string[]; readonly gaps: readonly string[] };

const mostLines = 8;

/** Whose data, of when, whether it is all there, and how fresh each source is. */
export async function headerSection(context: Context): Promise<Html> {
  return markup`<header>${await headline(context)} ${await freshness(context)}</header>`;
}

/** Whose data, of when, and whether it is all there. */
export async function headline(context: Context): Promise<Html> {
  const { reader, messages, format, period, company } = context;
  const words = messages.header;
  const publication = await reader.first(['status.publication'], 'select published_at from status.publication');
  const streams = await reader.rows(
    ['status.streams'],
    'select * from status.streams order by source, account_id, stream',
  );
  const runs = await reader.rows(
    ['status.runs'],
    `select verdict from status.runs where kind = 'pipeline' and verdict is not null order by started_at desc limit 1`,
  );
  const verdict = verdictOf(streams, runs[0]);
  const campaigns = await reader.first(
    ['marts.campaign_performance'],
    `select count(*) as campaigns from marts.campaign_performance
      where send_date between date '${period.from}' and date '${period.to}'`,
  );
  const published = textOf(publication?.['published_at']);
  const tone = verdict.kind === 'complete' ? 'good' : verdict.kind === 'unknown' ? 'plain' : 'bad';
  return markup`<p class="over">${messages.page.heading}</p>
    <h1>${bdi(company.name)}</h1>
    <dl class="facts">
      <div>
        <dt>${words.period}</dt>
        <dd>${messages.page.period(format.date(period.from), format.date(period.to), period.days)}</dd>
      </div>
      ${
        period.asOf !== null &&
        markup`<div>
          <dt>${words.asOf}</dt>
          <dd>${format.date(period.asOf)}</dd>
        </div>`
      }
      ${
        published !== null &&
        markup`<div>
          <dt>${words.published}</dt>
          <dd>${format.instant(published)}</dd>
        </div>`
      }
      <div>
        <dt>${words.campaigns}</dt>
        <dd>${format.count(campaigns?.['campaigns'] ?? 0)}</dd>
      </div>
    </dl>
    ${period.isPast && period.asOf !== null && markup`<p>${messages.page.periodPast(format.date(period.asOf))}</p>`}
    <div class="verdict ${tone}">
      <p><strong>${words.verdict[verdict.kind]}</strong></p>
      ${named(context, words.missing, verdict.missing)}${named(context, words.gaps, verdict.gaps)}
    </div>`;
}

/** The last whole run's verdict; where there is none, the worst of what the streams say. */
function verdictOf(streams: readonly Fields[], run: Fields | undefined): Verdict {
  const ofRun = parse(run?.['verdict']);
  const each = (column: string) =>
    streams.flatMap((row) =>
      listOf(row[column]).map((line) => `${String(row['account_id'])}, ${String(row['stream'])}: ${line}`),
    );
  const kinds = streams.map((row) => String(row['verdict_kind']) as VerdictKind);
  const worst = (['incomplete', 'suspiciously_empty', 'complete'] as const).find((kind) => kinds.includes(kind));
  return {
    kind: ofRun?.kind ?? worst ?? 'unknown',
    missing: ofRun === undefined || ofRun.missing.length === 0 ? each('missing') : ofRun.missing,
    gaps: ofRun === undefined || ofRun.gaps.length === 0 ? each('gaps') : ofRun.gaps,
  };
}

function parse(value: Json | undefined): Verdict | undefined {
  if (typeof value !== 'string') return undefined;
  const parsed = JSON.parse(value) as Partial<Verdict> | null;
  return parsed === null
    ? undefined
    : { kind: parsed.kind ?? 'unknown', missing: parsed.missing ?? [], gaps: parsed.gaps ?? [] };
}

function named({ messages, format }: Context, title: string, entries: readonly string[]): HtmlValue {
  const more = entries.length - mostLines;
  return (
    entries.length > 0 &&
    markup`<p>${title}:</p>
      <ul>
        ${entries.slice(0, mostLines).map((line) => markup`<li>${bdi(line)}</li>`)}${
          more > 0 && markup`<li>${messages.header.more(format.count(more))}</li>`
        }
      </ul>`
  );
}

async function freshness(context: Context): Promise<Html> {
  const { reader, messages } = context;
  const words = messages.header;
  const rows = await reader.rows(
    ['status.streams', 'status.tables'],
    `select s.source, s.account_id, count(*) as stream_count, max(s.finished_at) as read_at,
        max(t.last_change_at) as changed_at, sum(t.row_count) as row_count,
        case when bool_or(s.verdict_kind = 'incomplete') then 'incomplete'
          when bool_or(s.verdict_kind = 'suspiciously_empty') then 'suspiciously_empty' else 'complete' end as verdict_kind
      from status.streams as s left join status.tables as t using (source, account_id, stream)
      group by s.source, s.account_id order by s.source, s.account_id`,
  );
  const labels = words.columns;
  return markup`<details class="data">
    <summary>${words.freshness}</summary>
    ${martTable(context, {
      id: 'freshness',
      caption: words.freshnessCaption,
      empty: words.noSources,
      rows,
      columns: [
        { column: 'account_id', unit: 'text', label: labels.account_id },
        { column: 'source', unit: 'text', label: labels.source, show: (row) => sourceName(context, row['source']) },
        { column: 'stream_count', unit: 'count', label: labels.stream_count },
        { column: 'row_count', unit: 'count', label: labels.row_count },
        { column: 'read_at', unit: 'instant', label: labels.read_at },
        { column: 'changed_at', unit: 'instant', label: labels.changed_at },
        {
          column: 'verdict_kind',
          unit: 'text',
          label: labels.verdict_kind,
          show: (row) => messages.verdicts[String(row['verdict_kind']) as keyof typeof messages.verdicts],
        },
      ],
    })}
  </details>`;
}
