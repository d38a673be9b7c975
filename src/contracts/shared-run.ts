/** Runs `work` for whoever asks, one run at a time. */
export type SharedRun<I, O> = (input: I) => Promise<O>;

/**
 * Who asks while a run is under way waits for the next, which begins when it ends, and is one for all that wait, with the
 * input of the last of them: for work that takes in everything that was there when it began.
 */
export function createSharedRun<I, O>(work: (input: I) => Promise<O>): SharedRun<I, O> {
  let underWay: Promise<unknown> = Promise.resolve();
  let next: { input: I; readonly result: Promise<O> } | undefined;
  const begin = async (): Promise<O> => {
    // Its failure is told to those whom it ran for.
    await underWay.catch(() => undefined);
    const { input, result } = next!;
    next = undefined;
    underWay = result;
    return await work(input);
  };
  return async (input) => {
    if (next === undefined) next = { input, result: begin() };
    else next.input = input;
    return await next.result;
  };
}
