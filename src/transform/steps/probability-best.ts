import betaCdf from '@stdlib/stats-base-dists-beta-cdf';
import betaPdf from '@stdlib/stats-base-dists-beta-pdf';
import type { Sample } from './proportions.ts';

/** Distances from a posterior's mean, in its standard deviations, at which a panel of the integration ends. */
const panelEnds = [0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 11, 15, 20, 28, 40];

/** Ten-point Gauss–Legendre rule on −1…1: positive nodes and their weights. */
const gaussNodes = [
  [0.14887433898163122, 0.29552422471475287],
  [0.4333953941292472, 0.26926671930999635],
  [0.6794095682990244, 0.21908636251598204],
  [0.8650633666889845, 0.1494513491505806],
  [0.9739065285171717, 0.06667134430868814],
] as const;

type Posterior = { readonly alpha: number; readonly beta: number; readonly mean: number; readonly deviation: number };

/**
 * Probability that each variant has the highest true rate, from independent Beta(1 + successes, 1 + failures)
 * posteriors (uniform prior): ∫ pdfᵢ(x) · ∏ⱼ≠ᵢ cdfⱼ(x) dx. Gauss–Legendre on panels that follow every posterior's own
 * width, so the result is the same on every run (no random draws) and good to about 1e-9. A hold-out takes part like
 * any variant: "best" may be "send nothing".
 */
export function probabilityBest(samples: readonly Sample[]): readonly number[] {
  if (samples.length === 1) return [1];
  const posteriors = samples.map(toPosterior);
  const edges = panelEdges(posteriors);
  const sums = posteriors.map(() => 0);
  for (let panel = 1; panel < edges.length; panel += 1) {
    const from = edges[panel - 1] ?? 0;
    const half = ((edges[panel] ?? 0) - from) / 2;
    for (const [node, weight] of gaussNodes) {
      addDensities(posteriors, from + half * (1 - node), weight * half, sums);
      addDensities(posteriors, from + half * (1 + node), weight * half, sums);
    }
  }
  // What is left of the integration error is shared out, so that the parts always make a whole.
  const total = sums.reduce((sum, part) => sum + part, 0);
  return sums.map((part) => part / total);
}

function toPosterior({ successes, trials }: Sample): Posterior {
  const alpha = 1 + successes;
  const beta = 1 + trials - successes;
  const size = alpha + beta;
  return { alpha, beta, mean: alpha / size, deviation: Math.sqrt((alpha * beta) / (size * size * (size + 1))) };
}

function panelEdges(posteriors: readonly Posterior[]): readonly number[] {
  const edges = new Set<number>([0, 1]);
  for (const { mean, deviation } of posteriors) {
    for (const distance of panelEnds) {
      for (const edge of [mean - distance * deviation, mean + distance * deviation]) {
        if (edge > 0 && edge < 1) edges.add(edge);
      }
    }
  }
  return [...edges].toSorted((a, b) => a - b);
}

function addDensities(posteriors: readonly Posterior[], x: number, weight: number, sums: number[]): void {
  const below = posteriors.map(({ alpha, beta }) => betaCdf(x, alpha, beta));
  for (const [index, { alpha, beta }] of posteriors.entries()) {
    let density = betaPdf(x, alpha, beta) * weight;
    for (const [other, probability] of below.entries()) {
      if (other !== index) density *= probability;
    }
    sums[index] = (sums[index] ?? 0) + density;
  }
}
