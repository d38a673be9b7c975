/** Numbers from 0 up to 1, the same for the same words: any record can be made alone, in any order. */
export type Random = () => number;

/** Mulberry32 from a seed of several numbers. */
export function randomOf(...words: readonly number[]): Random {
  let state = 0x9e3779b9;
  for (const word of words) state = Math.imul(state ^ word, 0x85ebca6b) + ((state << 13) | (state >>> 19));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One of them. */
export function pick<const T extends readonly [unknown, ...unknown[]]>(random: Random, values: T): T[number] {
  return values[Math.floor(random() * values.length)] ?? values[0];
}
