import { phrase, translated, type Context } from '../context.ts';
import { shownUnit } from '../format.ts';
import { bdi, markup, type Html, type HtmlValue } from '../html.ts';
import { martTable } from '../mart-table.ts';
import { numberOf, type Fields } from '../reader.ts';
import { absent } from '../splits/absent.ts';

const table = 'marts.as_esp_shows';
const campaignsPerAccount = 2;

/** The newest campaigns of each account as its e-mail service shows them, beside the number that it states and ours. */
export async function espView(context: Context): Promise<Html> {
  const { reader, messages } = context;
  const words = messages.espView;
  const none = await absent(context, 'as_esp_shows', words.heading);
  if (none !== undefined) return none;
  const rows = await reader.rows(
    [table, 'marts.campaign_performance'],
    `with newest as (select source, account_id, campaign_id, name, sent_at from marts.campaign_performance
        where (source, account_id, campaign_id) in (select (source, account_id, campaign_id) from ${table})
        qualify row_number() over (partition by source, account_id order by sent_at desc nulls last, campaign_id) <= ${campaignsPerAccount})
      select s.*, n.name as campaign_name from ${table} as s join newest as n using (source, account_id, campaign_id)
      order by s.source, s.account_id, n.sent_at desc, s.campaign_id, s.metric`,
  );
  return markup`<h3 class="group">${words.heading}</h3>
    <p>${words.intro}</p>
    ${martTable(context, {
      id: 'esp-view',
      caption: words.caption,
      mart: 'as_esp_shows',
      keys: ['source', 'account_id', 'campaign_id', 'metric'],
      columns: [
        { column: 'account_id', unit: 'text' },
        {
          column: 'campaign_id',
          unit: 'text',
          label: messages.columns.name,
          show: (row) => bdi(String(row['campaign_name'])),
        },
        { column: 'shown_name', unit: 'text', label: words.shownName },
        { column: 'metric', unit: 'text', label: messages.metricPages.metric, show: (row) => metricName(context, row) },
        {
          column: 'formula',
          unit: 'text',
          label: messages.glossary.formula,
          show: (row) => markup`<code>${String(row['formula'])}</code>`,
        },
        value(context, 'shown_value', words.shown),
        value(context, 'stated_value', words.stated),
        { column: 'metric_value', unit: 'ratio', label: words.ours, show: (row) => ownValue(context, row) },
        {
          column: 'reason',
          unit: 'text',
          show: (row) => (row['reason'] === null ? messages.none : translated(context, String(row['reason']))),
        },
      ],
      rows,
      empty: words.empty,
    })}`;
}

function metricName({ catalog, messages }: Context, row: Fields): HtmlValue {
  const metric = catalog.metrics.find(({ key }) => key === row['metric']);
  return metric === undefined ? String(row['metric']) : phrase(messages, metric.name);
}

/** In the metric's unit, as everywhere else in the report. */
function ownValue({ catalog, format, messages }: Context, row: Fields): string {
  const metric = catalog.metrics.find(({ key }) => key === row['metric']);
  const number = row['metric_value'] ?? null;
  if (number === null) return messages.none;
  return format.value(number, metric === undefined ? 'ratio' : shownUnit(metric.unit, metric.column));
}

/** In the service's own scale: some show 0–1, some percent, some a count. */
function value({ format, messages }: Context, column: string, label: string) {
  return {
    column,
    unit: 'ratio',
    label,
    show: (row: Fields): string => {
      const number = numberOf(row[column]);
      if (number === null) return messages.none;
      return Number.isInteger(number) ? format.count(number) : format.number(number, Math.abs(number) < 1 ? 4 : 2);
    },
  } as const;
}
