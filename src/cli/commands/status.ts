import { clockFromEnv } from '../../contracts/clock.ts';
import { budgetOf } from '../../temporal/project-budget.ts';
import type { Context } from '../context.ts';
import { costLine, dearestLines, priceNote, readCost, type RunCost } from '../cost.ts';
import { countText, durationText } from '../durations.ts';
import type { ExitName } from '../exit-codes.ts';
import { failedStreamLines } from '../failed-streams.ts';
import { fxGapLines } from '../fx-gaps.ts';
import { leftSourcesText } from '../left-sources.ts';
import { missingOf } from '../missing.ts';
import { readStatus } from '../published-status.ts';
import type { PublishedStatus, StreamStatus } from '../published-status.ts';
import { receiverLines, receiverStatus } from '../receiver-status.ts';
import { tableText } from '../table.ts';
import { styled } from '../terminal-text.ts';
import { openForReading } from './query.ts';

/** `mailmart status`: from the published copy, so it works while a run goes on. */
export async function status(context: Context): Promise<ExitName> {
  const { output } = context;
  const now = clockFromEnv(context.env).now();
  const project = await context.project();
  const published = await openForReading(project.paths.published);
  try {
    const state = await readStatus(published, now);
    const cost = await readCost(published, budgetOf(project));
    const receiver = await receiverStatus(project.dir);
    output.document('status', { now, ...state, cost, receiver });
    if (!output.json) output.data(statusText(state, cost, receiverLines(receiver, now), now));
    const left = leftSourcesText(project, state.streams);
    if (left !== undefined) output.warn(left);
    return 'done';
  } finally {
    published.close();
  }
}

function statusText(state: PublishedStatus, cost: RunCost | null, receiver: readonly string[], now: string): string {
  const ago = (at: string | null): string =>
    at === null ? 'never' : `${at} (${durationText((Date.parse(now) - Date.parse(at)) / 1000)} ago)`;
  const run = state.last_run;
  const lines = [
    `Published:     ${ago(state.published_at)}`,
    `Data as of:    ${state.as_of_date ?? 'not transformed yet'}`,
    `Last change:   ${ago(state.data_changed_at)}`,
    `Last run:      ${run === null ? 'none' : `${run.run_id}, ${run.kind} ${run.status}${run.verdict === null ? '' : `, ${verdictWord(run.verdict)}`}`}`,
    ...(cost === null
      ? []
      : [
          `Cost:          ${cost.run_id}: ${costLine(cost)}`,
          ...block('Dearest models', dearestLines(cost)).slice(0, -1),
        ]),
    '',
  ];
  if (state.streams.length > 0) lines.push(streamTable(state.streams), '');
  const missing = state.streams.flatMap((stream) =>
    missingOf(stream.missing, stream.failure).map((line) => `${nameOf(stream)}: ${line}`),
  );
  lines.push(...block('Missing', missing));
  lines.push(
    ...block(
      'Failed',
      failedStreamLines(
        state.streams.flatMap(({ failure, ...key }) => (failure === null ? [] : [{ ...key, failure }])),
      ),
    ),
  );
  lines.push(
    ...block(
      'Known gaps',
      state.streams.flatMap((stream) => stream.gaps.map((gap) => `${nameOf(stream)}: ${gap}`)),
    ),
  );
  lines.push(
    ...block(
      'In quarantine',
      state.quarantine.flatMap(({ open, path, reason, ...key }) =>
        open === 0 ? [] : [`${nameOf(key)}: ${countText(open)} × ${path === '' ? '' : `${path}: `}${reason}`],
      ),
    ),
  );
  const fxGaps = fxGapLines(state.fx_gaps);
  if (fxGaps.length > 0) lines.push(...fxGaps, '');
  lines.push(
    ...block(
      'Failed models and tests',
      state.failed_models.map(({ name, message }) => `${name}: ${message ?? 'failed'}`),
    ),
  );
  lines.push(...receiver);
  if (cost !== null) lines.push(priceNote, '');
  const incomplete = state.streams.filter((stream) => stream.verdict !== 'complete').length;
  lines.push(
    state.streams.length === 0
      ? 'Nothing was synced yet: mailmart run'
      : incomplete === 0
        ? `${styled('green', 'Complete')}: ${state.streams.length} streams.`
        : `${styled('yellow', 'Not complete')}: ${incomplete} of ${state.streams.length} streams.`,
  );
  return lines.join('\n');
}

function streamTable(streams: readonly StreamStatus[]): string {
  return tableText(
    ['source', 'stream', 'verdict', 'rows', 'new', 'changed', 'deleted', 'quarantined', 'requests', 'lag'],
    streams.map((stream) => [
      stream.account_id,
      stream.stream,
      verdictWord(stream.verdict),
      stream.rows === null ? null : countText(stream.rows),
      countText(stream.rows_inserted),
      countText(stream.rows_updated),
      countText(stream.rows_deleted),
      countText(stream.rows_quarantined),
      countText(stream.requests),
      durationText(stream.lag_seconds),
    ]),
  );
}

function block(title: string, entries: readonly string[]): readonly string[] {
  return entries.length === 0 ? [] : [`${title}:`, ...entries.map((entry) => `  - ${entry}`), ''];
}

function nameOf(key: { readonly account_id: string; readonly stream: string }): string {
  return `${key.account_id}/${key.stream}`;
}

/** The verdict in words. */
export function verdictWord(kind: string): string {
  return kind === 'suspiciously_empty' ? 'suspiciously empty' : kind;
}
