import { inboxStatus } from '../inbox/inbox-status.ts';
import { lockHolder } from '../inbox/lock.ts';
import { lockPath } from '../inbox/place.ts';
import type { ClockAlarm } from '../receiver/clock-alarm.ts';
import { readReceiverRecord } from '../receiver/record.ts';
import { bytesText, countText, durationText } from './durations.ts';
import { styled } from './terminal-text.ts';

/** What waits of one hook, and whether its posts are refused for their age. */
type HookStatus = {
  readonly account_id: string;
  readonly hook: string;
  readonly segments: number;
  readonly bytes: number;
  readonly bytes_waiting: number;
  readonly posts_waiting: number;
  readonly oldest_waiting_at: string | null;
  readonly clock_alarm: Omit<ClockAlarm, 'account_id' | 'hook'> | null;
};

/** The receiver in `mailmart status`. */
export type ReceiverStatus = {
  readonly running: boolean;
  /** Where it listens, or listened. */
  readonly address: string;
  readonly inbox: readonly HookStatus[];
};

/** Null when this project never had a receiver. */
export async function receiverStatus(projectDir: string): Promise<ReceiverStatus | null> {
  const record = readReceiverRecord(projectDir);
  if (record === undefined) return null;
  const inbox: HookStatus[] = [];
  for (const { account_id, hook } of record.hooks) {
    const waiting = await inboxStatus(projectDir, account_id, hook);
    const alarm = record.clock_alarms.find((raised) => raised.account_id === account_id && raised.hook === hook);
    inbox.push({
      account_id,
      hook,
      segments: waiting.segments,
      bytes: waiting.bytes,
      bytes_waiting: waiting.bytesWaiting,
      posts_waiting: waiting.postsWaiting,
      oldest_waiting_at: waiting.oldestWaitingAt,
      clock_alarm: alarm === undefined ? null : withoutKey(alarm),
    });
  }
  return { running: (await lockHolder(lockPath(projectDir))) !== undefined, address: record.address, inbox };
}

function withoutKey({
  account_id: _account,
  hook: _hook,
  ...alarm
}: ClockAlarm): Omit<ClockAlarm, 'account_id' | 'hook'> {
  return alarm;
}

/** For people; nothing without a receiver. */
export function receiverLines(status: ReceiverStatus | null, now: string): readonly string[] {
  if (status === null) return [];
  const lines = [
    '',
    status.running ? `Receiver:      ${status.address}` : 'Receiver:      not running (mailmart receive)',
  ];
  for (const {
    account_id,
    hook,
    bytes,
    posts_waiting,
    bytes_waiting,
    oldest_waiting_at,
    clock_alarm,
  } of status.inbox) {
    const oldest =
      oldest_waiting_at === null
        ? ''
        : `, the oldest since ${durationText((Date.parse(now) - Date.parse(oldest_waiting_at)) / 1000)}`;
    const waiting =
      posts_waiting === 0
        ? 'nothing waits to be loaded'
        : `${countText(posts_waiting)} posts (${bytesText(bytes_waiting)}) wait to be loaded${oldest}`;
    lines.push(`  - ${account_id}/${hook}: ${waiting}; ${bytesText(bytes)} kept`);
    if (clock_alarm !== null) lines.push(`    ${alarmText(clock_alarm)}`);
  }
  return [...lines, ''];
}

function alarmText({ posts, last_at, skew_seconds }: Omit<ClockAlarm, 'account_id' | 'hook'>): string {
  const direction = skew_seconds > 0 ? 'ahead of' : 'behind';
  const skew = durationText(Math.abs(skew_seconds));
  return `${styled('red', 'Clock alarm')}: ${countText(posts)} genuine posts were refused for their age, the last at ${last_at}: this machine’s clock is ${skew} ${direction} the sender’s, or they were sent again late. Compare it: timedatectl.`;
}
