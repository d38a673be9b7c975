import { expect, test } from 'vitest';
import { always, contextOf } from '../context.fixture.ts';
import type { Context } from '../context.ts';
import type { Html } from '../html.ts';
import type { Language } from '../messages/index.ts';
import type { Fields } from '../reader.ts';
import { clientFigures, deviceFigure } from './clients.ts';
import { complaintFigures } from './deliverability.ts';
import { spamFigure } from './spam-checks.ts';

const unknown = { client: 'unknown', device: 'unknown', os: 'unknown', open_count: 10, known_open_count: 8 };
const outlook = { client: 'Outlook', device: 'desktop', os: 'Windows', open_count: 6, known_open_count: 8 };
const proxy = { client: 'Gmail', device: 'unknown', os: 'unknown', open_count: 2, known_open_count: 8 };
const opens = [unknown, outlook, proxy].map((row) => ({ ...row, month: '2026-06-01', is_proxy: false }));

/** What readers see of rows that a mart holds, without the picture's words. */
async function shown(
  language: Language,
  rows: readonly Fields[],
  figures: (context: Context) => Promise<Html | readonly Html[]>,
): Promise<string> {
  const context = contextOf(language, {
    reader: always(rows, { one: 1, checks: 1, scored: 1, passed: 1 }),
    period: { from: '2026-04-02', to: '2026-06-30' },
  });
  return [await figures(context)]
    .flat()
    .map(({ markup }) => markup.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '))
    .join(' ');
}

test.each([
  ['clients and devices', clientFigures, opens, /Máy tính .*Không rõ/, /\b(?:desktop|unknown)\b/],
  ['devices by month', deviceFigure, opens, /“Máy tính”/, /\b(?:desktop|unknown)\b/],
  [
    'what providers say',
    complaintFigures,
    [{ day: '2026-06-29', recipient_domain: 'gmail.com', reputation: 'bad' }],
    /Xấu/,
    /\bbad\b/,
  ],
  [
    'placement',
    spamFigure,
    [
      {
        checked_name: 'x',
        day: '2026-06-29',
        tool: 'seeds',
        score: null,
        is_passed: null,
        placement_by_provider:
          'gmail.com: inbox 8, tabs 2, spam 0, missing 1; t-online.de: inbox 3, tabs 0, spam 0, missing 0',
      },
    ],
    /gmail\.com: hộp thư đến 8, trong thẻ 2, thư rác 0, không tới 1; t-online\.de: hộp thư đến 3/,
    /\b(?:inbox|tabs|missing)\b/,
  ],
] as const)('%s have no English words in Vietnamese', async (_, figures, rows, said, never) => {
  const text = await shown('vi', rows, figures);
  expect(text).toMatch(said);
  expect(text).not.toMatch(never);
});

test('kinds of device are shares of the opens whose device is known, as the rate of mobile openers is', async () => {
  const text = await shown('en', opens, deviceFigure);
  expect(text).toContain('Device “Desktop”: 100.0% of known opens');
});
