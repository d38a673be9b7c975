import { join } from 'node:path';
import { readState, writeState } from '../temporal/state-file.ts';
import type { ClockAlarm } from './clock-alarm.ts';

/** `.mailmart/receiver.json`: what the receiver tells the other commands. It stays when the receiver stops. */
export type ReceiverRecord = {
  readonly address: string;
  readonly hooks: readonly { readonly account_id: string; readonly hook: string }[];
  readonly clock_alarms: readonly ClockAlarm[];
};

export function readReceiverRecord(projectDir: string): ReceiverRecord | undefined {
  return readState<ReceiverRecord>(pathOf(projectDir));
}

export function writeReceiverRecord(projectDir: string, record: ReceiverRecord): void {
  writeState(pathOf(projectDir), record);
}

function pathOf(projectDir: string): string {
  return join(projectDir, '.mailmart', 'receiver.json');
}
