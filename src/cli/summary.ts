import { withoutFix } from '../contracts/failure-text.ts';
import type { Context } from './context.ts';
import { costLine, dearestLines, priceNote } from './cost.ts';
import { bytesText, countText, durationText } from './durations.ts';
import { namedFailure } from './describe-error.ts';
import { failedStreamLines } from './failed-streams.ts';
import type { ExitName } from './exit-codes.ts';
import { fxGapLines } from './fx-gaps.ts';
import { missingOfAccount } from './missing.ts';
import type { Ended, RunOutcome } from './run-outcome.ts';
import { tableText } from './table.ts';
import { styled } from './terminal-text.ts';

/** Prints how a run ended, the verdict last, and returns the exit code. */
export function showEnd(
  context: Context,
  command: string,
  ended: Ended,
  extra: Readonly<Record<string, unknown>> = {},
): ExitName {
  const { output } = context;
  output.document(command, { ...ended.outcome, ...extra });
  if (!output.json) {
    output.data(summaryText(ended.outcome));
    output.repeatWarnings();
    output.say(lastLine(ended));
  }
  return ended.exit;
}

/** Table of streams, then everything a person should know: gaps, quarantine, failures. */
export function summaryText(outcome: RunOutcome): string {
  const rows = outcome.accounts.flatMap((account) =>
    account.streams.map((stream) => [
      account.account_id,
      stream.stream,
      stream.failure === null ? stream.verdict.kind.replaceAll('_', ' ') : 'failed',
      countText(stream.counts.rowsRead),
      countText(stream.counts.rowsInserted),
      countText(stream.counts.rowsUpdated),
      countText(stream.counts.rowsDeleted),
      countText(stream.counts.rowsQuarantined),
      countText(stream.counts.requests),
    ]),
  );
  const lines: string[] = [];
  if (rows.length > 0) {
    lines.push(
      tableText(['source', 'stream', 'verdict', 'read', 'new', 'changed', 'deleted', 'quarantined', 'requests'], rows),
      '',
    );
  }
  const total = (pick: (counts: RunOutcome['accounts'][number]['counts']) => number): number =>
    outcome.accounts.reduce((sum, account) => sum + pick(account.counts), 0);
  if (outcome.accounts.length > 0) {
    lines.push(
      `Read ${countText(total((counts) => counts.rowsRead))} rows (${bytesText(total((counts) => counts.bytesRead))}) with ${countText(total((counts) => counts.requests))} requests: ` +
        `${countText(total((counts) => counts.rowsInserted))} new, ${countText(total((counts) => counts.rowsUpdated))} changed, ${countText(total((counts) => counts.rowsDeleted))} deleted.`,
    );
  }
  const { transform } = outcome;
  if (transform !== null) {
    const skipped = transform.skipped === 0 ? '' : `, ${transform.skipped} skipped`;
    lines.push(
      `Models and tests: ${transform.built} run, ${transform.unchanged} unchanged, ${transform.failed.length} failed${skipped}.`,
    );
  }
  const { cost } = outcome;
  if (cost !== null) {
    lines.push(costLine(cost), ...list('Dearest models', dearestLines(cost)), priceNote);
  }
  lines.push(...list('Missing', outcome.accounts.flatMap(missingOfAccount)));
  lines.push(...list('Known gaps (explained; they do not make the run incomplete)', outcome.verdict.gaps));
  lines.push(
    ...list(
      'Failed',
      outcome.accounts.flatMap((account) => [
        ...(account.failure === null ? [] : [`${account.account_id}: ${account.failure}`]),
        ...failedStreamLines(
          account.streams.flatMap(({ stream, failure }) =>
            failure === null ? [] : [{ account_id: account.account_id, stream, failure }],
          ),
        ),
      ]),
    ),
  );
  lines.push(
    ...list(
      'Failed models and tests',
      (transform?.failed ?? []).map(({ name, message }) => `${name}: ${message}`),
    ),
  );
  const quarantined = total((counts) => counts.rowsQuarantined);
  if (quarantined > 0) {
    lines.push(`In quarantine: ${recordsText(quarantined)}. See why: mailmart query "from status.quarantine"`);
  }
  const earlier = (outcome.quarantine_open ?? 0) - quarantined;
  if (earlier > 0) {
    lines.push(
      `Still in quarantine from earlier runs: ${recordsText(earlier)}. See why: mailmart query "from status.quarantine where open_count > 0"`,
    );
  }
  lines.push(...fxGapLines(outcome.fx_gaps));
  if (outcome.report !== null) lines.push(`Report: ${outcome.report}`);
  return lines.join('\n');
}

const recordsText = (count: number): string => `${countText(count)} ${count === 1 ? 'record' : 'records'}`;

function list(title: string, entries: readonly string[]): readonly string[] {
  return entries.length === 0 ? [] : [`${title}:`, ...entries.map((entry) => `  - ${entry}`)];
}

/** The line that matters most, and what to do next. */
export function lastLine(ended: Ended): string {
  const { outcome, exit, failures } = ended;
  const took = durationText(outcome.duration_ms / 1000);
  const failure = failures.find(({ kind }) => namedFailure(kind).exit === exit) ?? failures[0];
  const more = (code: string): string => `More: mailmart explain ${code}`;
  switch (exit) {
    case 'done':
      return `${styled('green', 'Complete')} in ${took}${outcome.published ? ', published' : ''}.`;
    case 'dataTest': {
      const [first] = outcome.transform?.failed ?? [];
      return `${styled('red', 'Error DATA_TEST_FAILED')}: ${first?.name ?? 'a model or test'} failed; readers keep the last good tables. ${more('DATA_TEST_FAILED')}`;
    }
    case 'incomplete': {
      const kind =
        outcome.verdict.kind === 'complete' ? 'records in quarantine' : outcome.verdict.kind.replaceAll('_', ' ');
      // A person has to do what a failure asks for; all else heals by itself, or is looked at by the explanation.
      const next = failures.find(({ fix }) => fix !== undefined)?.fix ?? 'Run it again: what can be healed is healed.';
      return `${styled('yellow', 'Not complete')} (${kind}) after ${took}${outcome.published ? ', published' : ''}. ${next} ${more('DATA_INCOMPLETE')}`;
    }
    default: {
      const code = failure?.code ?? (failure === undefined ? 'RUN_FAILED' : namedFailure(failure.kind).code);
      const head = styled('red', `Error ${code}`);
      if (failure?.fix === undefined) return `${head}: ${failure?.message ?? 'The run did not finish.'} ${more(code)}`;
      const what = withoutFix(failure.message, failure.fix);
      if (failure.code === undefined) return `${head}: ${what} Fix: ${failure.fix}`;
      // As every command says a fault of the configuration.
      return `${head}: ${what}\n  ${more(code)}\n  Fix: ${failure.fix}`;
    }
  }
}
