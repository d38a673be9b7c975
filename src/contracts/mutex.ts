/** Runs callers one at a time, in the order they came. */
export type Mutex = <T>(work: () => Promise<T>) => Promise<T>;

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    // The next caller waits for this one's end, not for its success; the failure itself goes to this caller.
    last = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  };
}
