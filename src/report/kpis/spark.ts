import { markup, trusted, type Html } from '../html.ts';

const width = 120;
const height = 30;
const edge = 3;

/** A line without axes, gaps where a month is not known; the label says its ends in words. */
export function sparkline(values: readonly (number | null)[], label: string): Html | undefined {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return undefined;
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const x = (index: number): string => (edge + (index * (width - 2 * edge)) / (values.length - 1)).toFixed(1);
  const y = (value: number): string => (height - edge - ((value - low) * (height - 2 * edge)) / span).toFixed(1);
  let path = '';
  let isOpen = false;
  for (const [index, value] of values.entries()) {
    if (value !== null) path += isOpen ? `L${x(index)} ${y(value)}` : `M${x(index)} ${y(value)}h0`;
    isOpen = value !== null;
  }
  const last = values.findLastIndex((value) => value !== null);
  return markup`<svg class="spark" role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">
    <path d="${trusted(path)}" />
    <path class="last" d="M${x(last)} ${y(values[last] ?? low)}h0" />
  </svg>`;
}
