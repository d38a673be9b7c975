/**
 * Minimum of a function without derivatives: Nelder & Mead (1965), with the usual coefficients 1, 2, ½, ½. Started again from its
 * own answer until that is no better, because a simplex may collapse early.
 */
export function minimise(
  f: (x: readonly number[]) => number,
  start: readonly number[],
  { step = 0.5, tolerance = 1e-9, rounds = 4 } = {},
): { readonly x: readonly number[]; readonly value: number } {
  let best = descend(f, start, step, tolerance);
  for (let round = 1; round < rounds; round += 1) {
    const next = descend(f, best.x, step / 4, tolerance);
    if (best.value - next.value < tolerance * (1 + Math.abs(best.value))) return next.value < best.value ? next : best;
    best = next;
  }
  return best;
}

type Point = { readonly x: readonly number[]; readonly value: number };

function descend(
  f: (x: readonly number[]) => number,
  start: readonly number[],
  step: number,
  tolerance: number,
): Point {
  const at = (x: readonly number[]): Point => {
    const value = f(x);
    return { x, value: Number.isFinite(value) ? value : Number.MAX_VALUE };
  };
  const dimensions = start.length;
  let simplex = [
    at(start),
    ...start.map((_, axis) => at(start.map((value, at_) => (at_ === axis ? value + step : value)))),
  ];
  for (let turn = 0; turn < 400 * dimensions; turn += 1) {
    simplex = simplex.toSorted((a, b) => a.value - b.value);
    const [best, worst, second] = [simplex[0], simplex.at(-1), simplex.at(-2)] as [Point, Point, Point];
    if (worst.value - best.value <= tolerance * (1 + Math.abs(best.value))) break;
    const centre = start.map((_, axis) => mean(simplex.slice(0, -1).map(({ x }) => x[axis] ?? 0)));
    const along = (factor: number): Point =>
      at(centre.map((value, axis) => value + factor * ((worst.x[axis] ?? 0) - value)));
    const reflected = along(-1);
    const replaceWith = (point: Point): void => {
      simplex = [...simplex.slice(0, -1), point];
    };
    if (reflected.value < best.value) {
      const expanded = along(-2);
      replaceWith(expanded.value < reflected.value ? expanded : reflected);
    } else if (reflected.value < second.value) {
      replaceWith(reflected);
    } else {
      const contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
      if (contracted.value < Math.min(reflected.value, worst.value)) replaceWith(contracted);
      else simplex = simplex.map(({ x }) => at(x.map((value, axis) => ((best.x[axis] ?? 0) + value) / 2)));
    }
  }
  return simplex.reduce((a, b) => (b.value < a.value ? b : a));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
