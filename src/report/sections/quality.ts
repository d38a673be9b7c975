import { wordOf, type Context } from '../context.ts';
import { bdi, markup, type Html } from '../html.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import { listOf } from '../reader.ts';

/** What was refused, what each stream read, and how the last runs ended. */
export async function qualitySection(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.quality;
  const label = words.columns;
  const quarantine = await reader.rows(
    ['status.quarantine'],
    `select * from status.quarantine where open_count > 0
    order by open_count desc, source, account_id, stream, path, reason limit 100`,
  );
  const streams = await reader.rows(
    ['status.streams'],
    'select * from status.streams order by source, account_id, stream',
  );
  const runs = await reader.rows(
    ['status.runs'],
    'select * from status.runs order by started_at desc, run_id desc limit 10',
  );
  const models = await reader.rows(['status.models'], 'select * from status.models order by name');
  const failed = models.filter((row) => row['status'] === 'failed');
  const from: readonly TableColumn[] = [
    { column: 'account_id', unit: 'text' },
    { column: 'stream', unit: 'text' },
  ];
  const counts = (
    ['rows_read', 'rows_inserted', 'rows_updated', 'rows_deleted', 'rows_quarantined', 'requests'] as const
  ).map((column) => ({ column, unit: 'count', label: label[column] }) as const);
  return markup`
    <p>${words.intro}</p>
    ${martTable(context, {
      id: 'quarantine',
      caption: words.quarantine,
      empty: words.noQuarantine,
      columns: [
        ...from,
        { column: 'path', unit: 'text' },
        { column: 'reason', unit: 'text' },
        { column: 'open_count', unit: 'count', label: label.open_count },
        { column: 'first_at', unit: 'instant', label: label.first_at },
        { column: 'last_at', unit: 'instant', label: label.last_at },
      ],
      rows: quarantine,
    })}
    ${
      failed.length === 0
        ? markup`<p class="empty">${words.noModels(format.count(models.length))}</p>`
        : martTable(context, {
            id: 'failed-models',
            caption: words.models,
            columns: [
              { column: 'name', unit: 'text', label: label.name },
              {
                column: 'kind',
                unit: 'text',
                label: label.kind,
                show: (row) => wordOf(messages.values.model, row['kind']),
              },
              { column: 'message', unit: 'text', label: label.message },
            ],
            rows: failed,
          })
    }
    <details class="data">
      <summary>${words.streams}</summary>
      ${martTable(context, {
        id: 'streams',
        caption: words.streams,
        empty: words.noStreams,
        columns: [
          ...from,
          {
            column: 'verdict_kind',
            unit: 'text',
            label: messages.columns.verdict,
            show: (row) => messages.verdicts[String(row['verdict_kind']) as keyof typeof messages.verdicts],
          },
          ...counts,
          { column: 'finished_at', unit: 'instant', label: label.finished_at },
          {
            column: 'missing',
            unit: 'text',
            label: label.missing,
            show: (row) => bdi([...listOf(row['missing']), ...listOf(row['gaps'])].join('; ')),
          },
        ],
        rows: streams,
      })}
    </details>
    <details class="data">
      <summary>${words.runs}</summary>
      ${martTable(context, {
        id: 'runs',
        caption: words.runs,
        empty: words.noRuns,
        columns: [
          { column: 'run_id', unit: 'text', label: label.run_id },
          {
            column: 'kind',
            unit: 'text',
            label: label.kind,
            show: (row) => wordOf(messages.values.run, row['kind']),
          },
          { column: 'started_at', unit: 'instant', label: label.started_at },
          { column: 'finished_at', unit: 'instant', label: label.finished_at },
          {
            column: 'status',
            unit: 'text',
            label: label.status,
            show: (row) => words.states[String(row['status']) as keyof typeof words.states],
          },
          {
            column: 'message',
            unit: 'text',
            label: label.message,
            show: (row) => (row['message'] === null ? '' : bdi(String(row['message']))),
          },
        ],
        rows: runs,
      })}
    </details>
  `;
}
