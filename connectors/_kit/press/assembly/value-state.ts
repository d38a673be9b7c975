import { ENTRY } from './memory';

// The value read last, and the tops of the two stacks: functions return where they stopped, these say what they found.

export let valueAt: usize = 0;
export let valueLength: usize = 0;
export let valueKind: u32 = 0;
export let valueExcess: u32 = 0;

export function setValue(at: usize, length: usize, kind: u32, excess: u32): void {
  valueAt = at;
  valueLength = length;
  valueKind = kind;
  valueExcess = excess;
}

/** Where the next canonical text goes that is not in the page as it is. */
export let scratchTop: usize = 0;
export function setScratchTop(top: usize): void {
  scratchTop = top;
}

/** Where the next member's entry goes, and where entries must end. */
export let entryTop: usize = 0;
export let entryEnd: usize = 0;
export function setEntryTop(top: usize): void {
  entryTop = top;
}
export function setEntries(top: usize, end: usize): void {
  entryTop = top;
  entryEnd = end;
}

/** Puts the value read last on the stack at this place. False when it is full. */
export function pushValue(at: usize): bool {
  store<u32>(at, valueAt);
  store<u32>(at, valueLength, 4);
  store<u32>(at, valueKind, 8);
  store<u32>(at, valueExcess, 12);
  entryTop = at + ENTRY;
  return entryTop < entryEnd;
}
