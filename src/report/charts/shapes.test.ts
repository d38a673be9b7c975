import { describe, expect, test } from 'vitest';
import { createFormat } from '../format.ts';
import { renderSvg } from './render.ts';
import { bars, columns, countAxis, lines, moneyAxis, type Bar, type Chart } from './shapes.ts';
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
    const labels = labelsOf(await drawn(bars(given, countAxis, { legend: true }), telephone));
    expect(labels.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['419 + 33 + 26 + 9', '1,365 + 1,022 + 127 + 110', ...parts]),
    );
    expect(labels.filter(({ left, right }) => left < -1 || right > telephone)).toEqual([]);
  });

  test('the legend starts at the left edge, in as many lines as it needs', async () => {
    const labels = labelsOf(await drawn(bars(given, countAxis, { legend: true }), telephone));
    expect(labels.find(({ text }) => text === 'Positive')?.left).toBeLessThan(24);
  });
});

describe('lines', () => {
  const months = Array.from({ length: 12 }, (_, index) => `M${index}`);
  const line = (series: string, value: (index: number) => number) =>
    months.map((x, index) => ({ x, y: value(index), series }));

  test('the marks of the legend have no dashes', async () => {
    const given = [...line('Glanced', () => 0.1), ...line('Skimmed', () => 0.2), ...line('Read', () => 0.3)];
    const svg = await drawn(lines(given, { format: '.0%' }), telephone);
    // Behind the lines and points: a mark, then its name.
    const legend = [...svg.matchAll(/(<(?:path|circle)[^>]*>)<text[^>]*>(?:Glanced|Skimmed|Read)</g)];
    expect(legend.map(([, mark]) => mark)).toEqual(Array(3).fill(expect.not.stringContaining('stroke-dasharray')));
    expect(svg).toMatch(/<path stroke="var\(--c2\)"[^>]* stroke-dasharray="6,3"/);
  });

  test('the words of a threshold stand where no line runs', async () => {
    const label = 'Threshold: 25%';
    const place = async (value: (index: number) => number) => {
      const svg = await drawn(lines(line('Read', value), { format: '.0%' }, [{ y: 0.25, label }]), telephone);
      const labels = labelsOf(svg);
      const found = labels.find(({ text }) => text === label);
      const rule = labels.find(({ text }) => text === '20%')?.y ?? 0;
      return { ...found, isLeft: (found?.left ?? 0) < 163, rule };
    };
    // It ends just above the rule, then just below it; once the middle alone is free.
    const below = await place((index) => (index < 6 ? 0.27 : 0.2));
    const above = await place((index) => (index < 6 ? 0.2 : 0.27));
    expect([below.isLeft, above.isLeft]).toEqual([false, false]);
    expect(above.y).toBeGreaterThan(below.y ?? 0);
    const crossing = await place((index) => (index < 6 ? 0.4 : index % 2 === 0 ? 0.23 : 0.27));
    expect(crossing.isLeft).toBe(true);
  });
});

describe('an axis of counts', () => {
  const values = [0, 40_000, 80_000];
  const points = values.map((y, index) => ({ x: `M${index}`, y, series: 'Sent' }));
  const charts = {
    lines: lines(points, countAxis),
    columns: columns(points, countAxis),
    bars: bars(
      values.map((to, index) => ({ row: `${index}`, label: `M${index}`, from: 0, to, text: '', series: '' })),
      countAxis,
    ),
  };
  test.each(
    ['en-GB', 'vi'].flatMap((locale) =>
      Object.keys(charts).map((name) => [locale, name as keyof typeof charts] as const),
    ),
  )('writes zero without the unit of the other numbers (%s, %s)', async (locale, name) => {
    const spec = charts[name]({ width: 560, isNarrow: false });
    const svg = await renderSvg(spec, chartConfig(createFormat(locale, 'UTC', 'EUR')), 'title');
    const ticks = labelsOf(svg).flatMap(({ text }) => (/^\d/.test(text) ? [text] : []));
    expect(ticks).toEqual(['0', '20k', '40k', '60k', '80k']);
  });

  test('writes nothing between two whole numbers', async () => {
    const few = [0, 1, 3].map((y, index) => ({ x: `M${index}`, y, series: 'Sent' }));
    const svg = await drawn(columns(few, countAxis), 560);
    expect(labelsOf(svg).flatMap(({ text }) => (/^\d/.test(text) ? [text] : []))).toEqual(['0', '1', '2', '3']);
  });
});

describe('an axis of money', () => {
  test.each([
    ['en-GB', 'EUR', [0, 40_000], '€20k'],
    ['vi', 'EUR', [0, 40_000], '20k €'],
    ['en-GB', 'EUR', [0, 2], '€0.50'],
    ['en-GB', 'KWD', [0, 2], 'KWD 0.500'],
    ['en-GB', 'JPY', [0, 2], '¥1'],
  ] as const)('names its currency, with its digits (%s, %s)', async (locale, currency, values, tick) => {
    const points = values.map((y, index) => ({ x: `M${index}`, y, series: 'Profit' }));
    const format = createFormat(locale, 'UTC', currency);
    const spec = lines(points, moneyAxis(format, values))({ width: 560, isNarrow: false });
    const svg = await renderSvg(spec, chartConfig(format), 'title');
    expect([...svg.matchAll(/>([^<]*)<\/text>/g)].map(([, text]) => text?.replace('\u00A0', ' '))).toContain(tick);
  });
});
