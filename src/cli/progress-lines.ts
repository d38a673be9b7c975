import type { StreamProgress } from '../../workflows/index.ts';
import type { AccountProgress, LiveStream, RunProgress } from '../temporal/progress.ts';
import { countText, durationText } from './durations.ts';
import { styled } from './terminal-text.ts';

/** What was seen of a stream before, for its speed. */
export type Speeds = Map<string, { readonly atMs: number; readonly rows: number; readonly perSecond: number }>;

/** Rows a second over the last looks; a stream that waits keeps none. */
export function rowsPerSecond(speeds: Speeds, key: string, rows: number, nowMs: number): number {
  const last = speeds.get(key);
  if (last === undefined || nowMs <= last.atMs) {
    speeds.set(key, { atMs: nowMs, rows, perSecond: 0 });
    return 0;
  }
  const now = (Math.max(0, rows - last.rows) * 1000) / (nowMs - last.atMs);
  const smooth = last.perSecond === 0 ? now : last.perSecond * 0.7 + now * 0.3;
  speeds.set(key, { atMs: nowMs, rows, perSecond: smooth });
  return smooth;
}

const stateWords: Readonly<Record<StreamProgress['state'], string>> = {
  waiting: 'waits for other streams',
  planning: 'planning',
  extracting: 'reading',
  quota: 'quota used up',
  pending: 'waits for the export',
  finishing: 'loading',
  done: 'done',
  failed: 'failed',
  skipped: 'skipped',
  cancelled: 'cancelled',
};

/** True when nothing more will come of the stream. */
export function isFinal(state: StreamProgress['state']): boolean {
  return state === 'done' || state === 'failed' || state === 'skipped' || state === 'cancelled';
}

/** One stream on one line, without its name. */
export function streamLine(stream: LiveStream, perSecond: number, nowMs: number): string {
  if (stream.state === 'done' && stream.slices === 0) return `${stateText(stream, nowMs)}: nothing to read`;
  const slices = stream.slices === null ? '' : `${countText(stream.slicesDone)}/${countText(stream.slices)} slices, `;
  const work = `${slices}${countText(stream.rows)} rows, ${countText(stream.pages)} pages, ${countText(stream.requests)} requests`;
  const speed = stream.state === 'extracting' && perSecond >= 1 ? `, ${countText(Math.round(perSecond))} rows/s` : '';
  return `${stateText(stream, nowMs)}: ${work}${speed}${timeLeft(stream, nowMs)}`;
}

function stateText(stream: LiveStream, nowMs: number): string {
  const waits = stream.waitingUntil === undefined ? 0 : Math.max(0, (Date.parse(stream.waitingUntil) - nowMs) / 1000);
  if (waits > 0) {
    const isTimer = stream.state === 'quota' || stream.state === 'pending';
    const what = isTimer ? stateWords[stream.state] : (stream.waitingFor ?? waitReason(stream));
    return styled('yellow', `${what}, goes on in ${durationText(waits)}`);
  }
  if (stream.state === 'done') {
    const kind = stream.verdict?.kind ?? 'complete';
    return kind === 'complete' ? styled('green', 'complete') : styled('yellow', kind.replaceAll('_', ' '));
  }
  if (stream.state === 'failed')
    return styled('red', `failed${stream.failure === undefined ? '' : ` (${stream.failure.message})`}`);
  const again = stream.attempt === undefined ? '' : `, attempt ${stream.attempt}`;
  return `${stateWords[stream.state]}${again}`;
}

function waitReason(stream: LiveStream): string {
  return /rate|429|too many/i.test(stream.lastFailure ?? '') ? 'waits for a rate limit' : 'tries again';
}

const starts = new Map<string, { readonly atMs: number; readonly slices: number }>();

/** Time left at the pace so far; said only once a fifth is done, because before that it is a guess. */
function timeLeft(stream: LiveStream, nowMs: number): string {
  if (stream.state !== 'extracting' || stream.slices === null || stream.slices === 0) return '';
  const began = starts.get(stream.stream) ?? { atMs: nowMs, slices: stream.slicesDone };
  starts.set(stream.stream, began);
  const done = stream.slicesDone - began.slices;
  if (stream.slicesDone / stream.slices < 0.2 || done === 0) return '';
  const left = ((nowMs - began.atMs) / done) * (stream.slices - stream.slicesDone);
  return left < 2000 ? '' : `, about ${durationText(left / 1000)} left`;
}

/** Step of the pipeline in words. */
export function stepText(progress: RunProgress): string {
  const { transform } = progress;
  switch (progress.step) {
    case 'planning':
      return 'Planning';
    case 'sync': {
      const streams = progress.accounts.flatMap((account) => account.streams);
      const done = streams.filter((stream) => isFinal(stream.state)).length;
      return `Syncing: ${done} of ${streams.length} streams`;
    }
    case 'transform':
      if (transform === null || transform.planned === null) return 'Transforming: planning the models';
      if (transform.planned === 0) return 'Transforming: nothing has changed';
      return `Transforming: ${transform.done + transform.failed + transform.skipped} of ${transform.planned} models${transform.running.length > 0 ? ` (${transform.running.join(', ')})` : ''}`;
    case 'publish':
      return 'Publishing';
    case 'report':
      return 'Writing the report';
    case 'done':
      return 'Done';
  }
}

/** What is being tried again, besides reading; the first line of the failure says what, and often how to mend it. */
export function troubleLines({ trouble, accounts }: RunProgress): readonly string[] {
  return [trouble, ...accounts.map((account) => account.trouble)].flatMap((met) =>
    met === undefined
      ? []
      : [styled('yellow', `tries again (attempt ${met.attempt}): ${met.lastFailure.split('\n')[0] ?? ''}`)],
  );
}

/** Name of a stream among all accounts; the account is left out where there is only one. */
export function streamName(account: AccountProgress, stream: string, accounts: number): string {
  return accounts > 1 ? `${account.accountId}/${stream}` : stream;
}
