import { randomOf } from './random.ts';

export const faultKinds = ['429', '500', 'reset', 'truncated', 'cut'] as const;
/** `truncated`: fewer bytes than announced; `cut`: whole HTTP, half the JSON. */
export type FaultKind = (typeof faultKinds)[number];

/** Draws a fault for one request in so many; the same seed strikes the same requests, counted in the order they come. */
export function createFaults(rate: number, seed: number): () => FaultKind | undefined {
  const random = randomOf(seed, 5);
  return () => {
    const strikes = random() < rate;
    const kind = faultKinds[Math.floor(random() * faultKinds.length)];
    return strikes ? kind : undefined;
  };
}
