import { describe, expect, test } from 'vitest';
import { createFormat } from '../format.ts';
import { renderSvg } from './render.ts';
import { lines, type Chart } from './shapes.ts';
import { chartConfig } from './theme.ts';

const config = chartConfig(createFormat('en-GB', 'UTC', 'EUR'));
const series = ['Click rate', 'Click rate as reported', 'Click-to-open rate', 'Click-to-open rate as reported'];
const months = Array.from({ length: 18 }, (_, index) => `M${index}`);

async function drawn(chart: Chart, width = 560): Promise<string> {
  return await renderSvg(chart({ width, isNarrow: width < 400 }), config, 'title');
}

describe('the picture', () => {
  test('of four lines over 18 months takes at most 6 kB, and lacks neither a point, a line nor a word', async () => {
    const values = series.flatMap((name, place) =>
      months.map((x, index) => ({ x, y: ((index * 7 + place * 3) % 11) / 30, series: name })),
    );
    const svg = await drawn(lines(values, { format: '.0%' }));
    expect(svg.length).toBeLessThan(6000);
    for (const name of series) expect(svg).toContain(`>${name}</text>`);
    // Each series has a mark in the legend and one at each month.
    for (const colour of ['--c1', '--c2', '--c3', '--c4']) {
      const shapes = [
        ...svg.matchAll(
          new RegExp(`<circle[^>]*fill="var\\(${colour}\\)"|<path fill="var\\(${colour}\\)"[^>]* d="([^"]*)"`, 'g'),
        ),
      ];
      const marks = shapes.reduce((sum, [, shape]) => sum + (shape === undefined ? 1 : shape.split('M').length - 1), 0);
      expect([colour, marks]).toEqual([colour, months.length + 1]);
      expect(svg).toMatch(new RegExp(`<path stroke="var\\(${colour}\\)"[^>]* d="M[^"]*(?:L[^"L]*){17}"`));
    }
    // Grid: one line a percent label.
    const grid = /<path class="thin" d="([^"]*)"/.exec(svg)?.[1] ?? '';
    expect(grid.split('M').length - 1).toBe([...svg.matchAll(/%<\/text>/g)].length);
  });
});
