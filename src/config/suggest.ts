/** Edit distance with transpositions (optimal string alignment); the inputs are short names. */
export function editDistance(a: string, b: string): number {
  const rows = a.length + 1;
  const columns = b.length + 1;
  const cost = new Uint16Array(rows * columns);
  const at = (row: number, column: number): number => cost[row * columns + column] ?? 0;
  for (let row = 0; row < rows; row += 1) cost[row * columns] = row;
  for (let column = 0; column < columns; column += 1) cost[column] = column;
  for (let row = 1; row < rows; row += 1) {
    for (let column = 1; column < columns; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, at(row - 2, column - 2) + 1);
      cost[row * columns + column] = best;
    }
  }
  return at(a.length, b.length);
}

/** Case and separators are what people get wrong most (`timeZone`, `time-zone`), so they cost nothing. */
function fold(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/**
 * The candidate that a person most likely meant, or undefined when nothing is near enough to be worth saying.
 * `synonyms` maps other tools' words to ours (`timezone` → `time_zone`).
 */
export function nearest(
  word: string,
  candidates: readonly string[],
  synonyms: Readonly<Record<string, string>> = {},
): string | undefined {
  const folded = fold(word);
  if (folded === '') return undefined;
  const synonym = synonyms[folded];
  if (synonym !== undefined && candidates.includes(synonym)) return synonym;
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of candidates) {
    const other = fold(name);
    const allowed = Math.max(1, Math.floor(Math.max(folded.length, other.length) / 3));
    const distance = editDistance(folded, other);
    if (distance <= allowed && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  if (best !== undefined) return best.name;
  // A part of the name (`Berlin` for `Europe/Berlin`, `activity` for `email_activity`), when only one candidate has it.
  if (folded.length < 4) return undefined;
  const containing = candidates.filter((name) => fold(name).includes(folded));
  return containing.length === 1 ? containing[0] : undefined;
}
