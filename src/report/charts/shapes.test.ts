import { describe, expect, test } from 'vitest';
import { createFormat } from '../format.ts';
import { renderSvg } from './render.ts';
import { bars, type Bar, type Chart } from './shapes.ts';
import { chartConfig } from './theme.ts';

const config = chartConfig(createFormat('en-GB', 'UTC', 'EUR'));

const telephone = 326;

async function drawn(chart: Chart, width: number): Promise<string> {
  return await renderSvg(chart({ width, isNarrow: width < 400 }), config, 'title');
}

type Label = { readonly text: string; readonly left: number; readonly right: number; readonly y: number };

/** Where the words stand, by what a digit of 11 pixels takes at most. */
function labelsOf(svg: string): readonly Label[] {
  const places = [{ x: 0, y: 0 }];
  const labels: Label[] = [];
  for (const [, g, text, content] of svg.matchAll(/<(g[^>]*|\/g)>|<text([^>]*)>([^<]*)<\/text>/g)) {
    const place = places.at(-1) ?? { x: 0, y: 0 };
    if (g === '/g') places.pop();
    else if (g !== undefined) {
      const [, x = '0', y = '0'] = /translate\(([^,]+),([^)]+)\)/.exec(g) ?? [];
      places.push({ x: place.x + Number(x), y: place.y + Number(y) });
    } else {
      const [x, y] = ['x', 'y'].map((name) => Number(new RegExp(` ${name}="([^"]*)"`).exec(text ?? '')?.[1] ?? 0)) as [
        number,
        number,
      ];
      const width =
        (content ?? '').replaceAll(/[ ,.]/g, '').length * 6.3 + (content ?? '').replaceAll(/[^ ,.]/g, '').length * 3.5;
      const left = place.x + x - (/"end"/.test(text ?? '') ? width : /"middle"/.test(text ?? '') ? width / 2 : 0);
      labels.push({ text: content ?? '', left, right: left + width, y: place.y + y });
    }
  }
  return labels;
}

describe('bars with several parts on a telephone', () => {
  const parts = ['Positive', 'Neutral', 'Negative', 'Not classified'];
  const counts = [
    [419, 33, 26, 9],
    [1365, 1022, 127, 110],
  ];
  const given = counts.flatMap((row, index) =>
    row.map((count, place): Bar => {
      const from = row.slice(0, place).reduce((sum, each) => sum + each, 0);
      return {
        row: `${index}`,
        label: '/newsletter · hero · pots · Newsletter',
        from,
        to: from + count,
        text: place === row.length - 1 ? row.map((each) => each.toLocaleString('en')).join(' + ') : '',
        series: parts[place] ?? '',
      };
    }),
  );

  test('the numbers, names and the legend stay in the picture', async () => {
    const labels = labelsOf(await drawn(bars(given, { format: '~s' }, { legend: true }), telephone));
    expect(labels.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['419 + 33 + 26 + 9', '1,365 + 1,022 + 127 + 110', ...parts]),
    );
    expect(labels.filter(({ left, right }) => left < -1 || right > telephone)).toEqual([]);
  });

  test('the legend starts at the left edge, in as many lines as it needs', async () => {
    const labels = labelsOf(await drawn(bars(given, { format: '~s' }, { legend: true }), telephone));
    expect(labels.find(({ text }) => text === 'Positive')?.left).toBeLessThan(24);
  });
});
