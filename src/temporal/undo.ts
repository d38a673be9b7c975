export type Undo = () => Promise<void> | void;

/** Takes the steps that undo what was opened, the last first. None is left out because another failed; what failed first is thrown. */
export async function undoAll(steps: Undo[]): Promise<void> {
  const failures: unknown[] = [];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
