import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld } from '../../src/demo/world.ts';
import { renderReport, writeReport, type Language, type ReportForm } from '../../src/report/index.ts';
import { languages, type Messages } from '../../src/report/messages/index.ts';
import { openPublished, type Published } from '../../src/warehouse/duckdb/index.ts';
import { startInProcess } from '../truth/in-process.ts';
import * as inPage from './report/in-page.ts';
import { flags, look as lookWith, type Seen } from './report/look.ts';
import { pseudoLanguage } from './report/pseudo.ts';
import {
  changedCopy,
  dropped,
  emptied,
  hostileNames,
  hostileStatements,
  manyCampaigns,
  withoutEngagement,
  type Changes,
} from './report/published-copies.ts';
import {
  domainSums,
  martNames,
  martRows,
  named,
  ratioOfSums,
  sumsOf,
  rowsOf,
  shows,
  type Fields,
} from './report/second-look.ts';

const executablePath = process.env['MAILMART_CHROMIUM'] ?? '/usr/bin/chromium';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const project = { config: { company: { name: 'Acme <Garden> & Söhne', time_zone: 'Europe/Berlin', currency: 'EUR' } } };
const folder = mkdtempSync(path.join(tmpdir(), 'mailmart-report-'));
const at = (name: string): string => path.join(folder, name);
const unchanged: Changes = () => [];

let hostile: Published;
let browser: Browser | undefined;

async function look(file: string, options: BrowserContextOptions = {}): Promise<Seen> {
  if (browser === undefined) throw new Error('no browser');
  return await lookWith(browser, file, options);
}

/** The short form of the report. */
const short = async (): Promise<string> => await renderReport({ published: hostile, project }, 'email');

/** The report of a changed copy of the small demo world's published file. */
async function render(
  name: string,
  changes: Changes,
  language: Language | Messages = 'en',
  form: ReportForm = 'pages',
): Promise<string> {
  const file = at(`${name}.duckdb`);
  await changedCopy(at('published.duckdb'), file, changes);
  const published = await openPublished(file);
  try {
    await writeReport({ published, project, language }, { out: at(`${name}.html`), form });
  } finally {
    published.close();
  }
  return at(`${name}.html`);
}

beforeAll(async () => {
  const run = await startInProcess({
    world: createWorld({ size: 'small' }),
    // Its events alone name what people read with.
    sources: ['mailchimp', 'sendgrid'],
  });
  try {
    for (const accountId of run.accountIds) await run.sync(accountId);
    await run.transform();
    await changedCopy(await run.warehouse.publish('run-report'), at('published.duckdb'), unchanged);
  } finally {
    await run.stop();
  }
  await render('hostile', hostileStatements);
  hostile = await openPublished(at('hostile.duckdb'));
  if (existsSync(executablePath)) browser = await chromium.launch({ executablePath, args: [...flags] });
});

afterAll(async () => {
  await browser?.close();
  hostile?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the file', () => {
  test('is one file of at most 2 MB, and the same data give the same bytes', async () => {
    expect(statSync(at('hostile.html')).size).toBeLessThan(2_000_000);
    const again = await renderReport({ published: hostile, project });
    expect(again === readFileSync(at('hostile.html'), 'utf8')).toBe(true);
  });

  test('stays below 2 MB however many campaigns and tests there are, and says how many it leaves to the marts', async () => {
    const text = readFileSync(await render('many', manyCampaigns), 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThan(1_700_000);
    for (const id of ['campaigns', 'metric-14', 'goal-customer_acquisition']) {
      expect([id, text.split(`id="${id}"`)[1]?.split('</section>')[0]]).toEqual([
        id,
        expect.stringMatching(/rows are shown; [\d,]+ more are in the mart/),
      ]);
    }
    expect(text).toMatch(/[\d,]+ older tests are in the mart/);
  });

  test('in short stays below the 100 kB that mail programs show, and the same data give the same bytes', async () => {
    await render('many-short', manyCampaigns, 'vi', 'email');
    expect(statSync(at('many-short.html')).size).toBeLessThan(100_000);
    const [one, again] = [await short(), await short()];
    expect(one === again).toBe(true);
    expect(one).not.toMatch(/<script|<link|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
  });

  test('comes from a process that ends by itself', () => {
    const source = (file: string): string => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href);
    const program = `
      import { openPublished } from ${source('warehouse/duckdb/index.ts')};
      import { writeReport } from ${source('report/index.ts')};
      const published = await openPublished(${JSON.stringify(at('hostile.duckdb'))});
      await writeReport({ published, project: ${JSON.stringify(project)} }, { out: ${JSON.stringify(at('child.html'))} });
      published.close();`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 60_000 });
    expect([ended.status, ended.signal, ended.stderr.toString()]).toEqual([0, null, '']);
    expect(readFileSync(at('child.html')).equals(readFileSync(at('hostile.html')))).toBe(true);
  });
});

describe.skipIf(!existsSync(executablePath))(`in a browser (${executablePath})`, () => {
  test('asks for nothing, says nothing, and names stay text', async () => {
    const { page, trouble } = await look(at('hostile.html'), { viewport: { width: 1440, height: 1000 } });
    await page.evaluate(inPage.openAll);
    for (const name of (await page.locator('bdi').all()).slice(0, 20)) {
      await name.hover({ timeout: 1000 }).catch(() => undefined);
    }
    const found = await page.evaluate<inPage.Intruders>(inPage.intruders);
    expect(trouble).toEqual([]);
    expect(found).toMatchObject({ elements: [], handlers: [], turned: [] });
    expect(found.links.filter((href) => href?.startsWith('#') !== true)).toEqual([]);
    // Each name is there, letter by letter, but for characters that HTML cannot hold.
    for (const name of hostileNames) {
      // oxlint-disable-next-line no-control-regex -- they are what is replaced
      expect(found.names).toContain(name.replaceAll(/[\u0000\u0007]/g, '\uFFFD'));
    }
    const shot = path.join(mkdtempSync(path.join(tmpdir(), 'mailmart-screenshot-')), 'report.png');
    await page.screenshot({ path: shot });
    console.log(`screenshot of the report: ${shot}`);
    await page.context().close();
  });

  test('every cell holds what its mart holds, and shows it', async () => {
    const { page } = await look(at('hostile.html'));
    const marts = new Map<string, ReadonlyMap<string, Fields>>();
    const names = await martNames(hostile);
    for (const mart of names) marts.set(mart, await martRows(hostile, mart));
    const counted = new Map<string, number>();
    const wrong: unknown[] = [];
    for (const { mart, key, column, value, text } of await page.evaluate<readonly inPage.Cell[]>(inPage.cells)) {
      if (mart === '') continue;
      const row = marts.get(mart)?.get(key);
      const held = row === undefined ? 'no such row' : column in row ? (row[column] ?? null) : 'no such column';
      const isNumber = typeof held === 'number' || /_(?:amount|value)$/.test(column);
      const isSame =
        held === null ? value === null : typeof held === 'string' ? same(held, value) : String(held) === value;
      const isShown =
        column in named
          ? text === named[column]?.[Number(held)]
          : !isNumber || (held === null ? !/\d/.test(text) : shows(text, Number(held)));
      if (!isSame || !isShown) wrong.push({ mart, key, column, value, text, held });
      counted.set(mart, (counted.get(mart) ?? 0) + 1);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    // Cohorts of twenty people are few in a small company.
    const least = (mart: string): number => (mart === 'ltv_cohorts' ? 10 : 15);
    expect(names.filter((mart) => (counted.get(mart) ?? 0) < least(mart))).toEqual([]);
    await page.context().close();
  });

  test('every card is the ratio of sums of its mart’s rows', async () => {
    const { page } = await look(at('hostile.html'));
    const cards = await page.evaluate<readonly inPage.Card[]>(inPage.cards);
    expect(cards.length).toBeGreaterThanOrEqual(20);
    let known = 0;
    const summed = cards.filter(
      ({ date, mart }) =>
        (date === 'send_date' || date === 'day') &&
        mart !== 'active_audience_daily' &&
        mart !== 'audience_growth_daily',
    );
    for (const card of summed) {
      const expected = await ratioOfSums(hostile, card);
      const label = `${card['metric']} ${card['filter'] ?? ''}: ${card.text}`;
      if (expected === null) {
        expect([label, card['value']]).toEqual([label, undefined]);
        continue;
      }
      expect([label, Number(card['value'])]).toEqual([label, expect.closeTo(expected, 6)]);
      expect([label, shows(card.text, expected)]).toEqual([label, true]);
      known += 1;
    }
    expect(known).toBeGreaterThanOrEqual(20);
    // Wilson's bounds are the shares from which the observed one is 1.96 of their own standard errors away.
    let bounded = 0;
    for (const card of summed.filter(({ low }) => low !== undefined)) {
      const { above, below } = (await sumsOf(hostile, card)) ?? { above: Number.NaN, below: Number.NaN };
      for (const bound of [Number(card['low']), Number(card['high'])]) {
        const error = Math.sqrt((bound * (1 - bound)) / below);
        expect([card['metric'], Math.abs(above / below - bound)]).toEqual([
          card['metric'],
          expect.closeTo(1.959963985 * error, 9),
        ]);
      }
      expect(Number(card['low'])).toBeLessThan(Number(card['high']));
      bounded += 1;
    }
    expect(bounded).toBeGreaterThanOrEqual(15);
    for (const card of cards.filter(({ mart }) => mart === 'active_audience_daily')) {
      const days = /window_days = (\d+)/.exec(card['filter'] ?? '')?.[1];
      const [row] = await rowsOf(
        hostile,
        `select active_audience_rate from marts.active_audience_daily
          where scope = 'all' and window_days = ${days} and day = '${card['to']}'`,
      );
      expect(Number(card['value'])).toBe(row?.['active_audience_rate']);
    }
    // A limit to stay under reads as one.
    const bounces = page.locator('#kpis .kpi', { has: page.locator('[data-metric=bounce_rate]') });
    expect(await bounces.locator('.status').textContent()).toMatch(/Under the limit of 70%$/);
    const [value] = await rowsOf(hostile, 'select avg(ltv_to_date_amount) as mean from marts.subscriber_ltv');
    const ltv = cards.find(({ metric }) => metric === 'subscriber_ltv');
    expect(Number(ltv?.['value'])).toBeCloseTo(Number(value?.['mean']), 9);
    await page.context().close();
  });

  test('the sentence about money adds up, each part as its marts say', async () => {
    // Nothing in the small world gives a conversion a value.
    const file = await render('conversions', () => [
      `update marts.campaign_profit set conversion_value_amount = 12.5, profit_amount = profit_amount + 12.5
        where profit_amount is not null and coalesce(conversion_value_amount, 0) = 0`,
    ]);
    const { page } = await look(file);
    const text = (await page.locator('#summary li').first().textContent()) ?? '';
    const card = (await page.evaluate<readonly inPage.Card[]>(inPage.cards)).find(({ metric }) => metric === 'profit');
    const published = await openPublished(at('conversions.duckdb'));
    const [sums] = await rowsOf(
      published,
      `select sum(revenue_amount - refund_amount) as revenue, sum(conversion_value_amount) as conversions,
          sum(profit_amount) as profit, sum(total_cost_amount) as costs
        from marts.campaign_profit where send_date between '${card?.['from']}' and '${card?.['to']}'`,
    ).finally(() => published.close());
    const parts = ['revenue', 'conversions', 'profit', 'costs'].map((name) => Number(sums?.[name]));
    const [revenue = 0, conversions = 0, profit = 0, costs = 0] = parts;
    expect(conversions).toBeGreaterThan(0);
    expect(revenue + conversions - costs).toBeCloseTo(profit, 6);
    const amounts = text.match(/-?€[\d,.]*\d/g) ?? [];
    expect(amounts).toHaveLength(4);
    for (const [place, sum] of parts.entries()) {
      expect([text, place, shows(amounts[place] ?? '', sum)]).toEqual([text, place, true]);
    }
    await page.context().close();
  });

  test('every month of a metric’s trend is the ratio of sums of that month', async () => {
    const { page } = await look(at('hostile.html'));
    const cards = await page.evaluate<readonly inPage.Card[]>(inPage.cards);
    const cells = await page.evaluate<readonly inPage.Cell[]>(inPage.cells);
    let known = 0;
    for (const { key: month, column, value, text } of cells.filter(({ table }) => table.endsWith('-trend-table'))) {
      const card = cards.find(
        ({ metric, date, filter }) => metric === column && date === 'send_date' && filter === undefined,
      );
      if (card === undefined || column === 'month') continue;
      const to = new Date(Date.parse(month) + 32 * 86_400_000).toISOString().slice(0, 8);
      const end = new Date(Date.parse(`${to}01`) - 86_400_000).toISOString().slice(0, 10);
      const expected = await ratioOfSums(hostile, { ...card, from: month, to: end });
      const label = `${column} in ${month}: ${text}`;
      expect([label, value === null ? null : expect.any(String)]).toEqual([label, expected === null ? null : value]);
      if (expected === null) continue;
      expect([label, Number(value?.replaceAll(',', ''))]).toEqual([label, expect.closeTo(expected, 6)]);
      known += 1;
    }
    expect(known).toBeGreaterThanOrEqual(100);
    await page.context().close();
  });

  test('sums by recipient domain are the sums of its days', async () => {
    const { page } = await look(at('hostile.html'));
    const cards = await page.evaluate<readonly inPage.Card[]>(inPage.cards);
    const card = cards.find(({ date }) => date === 'send_date');
    const sums = await domainSums(hostile, card?.['from'] ?? '', card?.['to'] ?? '');
    const cells = (await page.evaluate<readonly inPage.Cell[]>(inPage.cells)).filter(
      ({ table, column }) => /^(?:domains|bounce-reasons)\b.*-sums$/.test(table) && column !== 'recipient_domain',
    );
    expect(new Set(cells.map(({ table }) => table)).size).toBe(4);
    for (const { key, column, value } of cells) {
      const expected = sums(decodeURIComponent(key), column);
      expect([key, column, value === null ? null : Number(value.replaceAll(',', ''))]).toEqual([
        key,
        column,
        expected === null ? null : expect.closeTo(expected, 12),
      ]);
    }
    await page.context().close();
  });

  test('at least ten charts, each with title, finding, name for screen readers and its numbers as a table', async () => {
    const { page } = await look(at('hostile.html'));
    const figures = await page.evaluate<readonly inPage.FigureSeen[]>(inPage.figures);
    const drawn = figures.filter(({ charts }) => charts > 0);
    expect(drawn.length).toBeGreaterThanOrEqual(10);
    for (const figure of drawn) {
      expect(figure).toEqual({ ...figure, charts: 2, isNamed: true, broken: 0 });
      expect(figure.title).not.toBe('');
      expect(figure.finding.length).toBeGreaterThan(15);
      expect(figure.finding).not.toMatch(/undefined|NaN|\bnull\b/);
      expect([figure.title, figure.rows > 0]).toEqual([figure.title, true]);
    }
    await page.context().close();
  });

  test.each([
    { width: 320, colorScheme: 'light' },
    { width: 390, colorScheme: 'dark' },
    { width: 1440, colorScheme: 'light' },
  ] as const)('nothing runs over the side of any page at $width px, opened as far as it goes', async (given) => {
    const { page, trouble } = await look(at('hostile.html'), {
      viewport: { width: given.width, height: 900 },
      colorScheme: given.colorScheme,
    });
    const seen = await page.evaluate<readonly inPage.PageSeen[]>(inPage.pages);
    expect(seen.length).toBeGreaterThanOrEqual(30);
    for (const { id, title } of seen) {
      const shown = await page.evaluate<inPage.Shown>(inPage.visit(id));
      expect(shown).toEqual({ id, visible: [id], width: given.width, title: expect.stringContaining(title), cut: [] });
    }
    expect(trouble).toEqual([]);
    await page.context().close();
  });

  test.each([
    ['every row', { colorScheme: 'light' }],
    ['two rows of a kind', { colorScheme: 'dark' }],
    ['two rows of a kind', { colorScheme: 'dark', forcedColors: 'active' }],
    ['two rows of a kind', { colorScheme: 'light', viewport: { width: 390, height: 800 } }],
    ['two rows of a kind', { media: 'print' }],
  ] as const)('axe finds nothing in %s with %j', async (rows, given) => {
    const { media, ...options }: BrowserContextOptions & { readonly media?: 'print' } = given;
    const { page } = await look(at('hostile.html'), options);
    if (media !== undefined) await page.emulateMedia({ media });
    await page.evaluate(inPage.openAll);
    await page.evaluate(inPage.showAll);
    if (rows !== 'every row') await page.evaluate(inPage.twoRowsOfAKind);
    await page.evaluate(axe);
    const findings = await page.evaluate<readonly inPage.Finding[]>(inPage.accessibility);
    // Nobody points at paper: how large a link is matters on screens alone.
    expect(findings.filter(({ id }) => !(media === 'print' && id === 'target-size'))).toEqual([]);
    await page.context().close();
  });

  test.each([
    { width: 390, colorScheme: 'dark', language: 'vi' },
    { width: 1440, colorScheme: 'light', language: 'en' },
  ] as const)(
    'in short, in $language at $width px: the same numbers, pictures with words, nothing loaded',
    async (given) => {
      const options = { viewport: { width: given.width, height: 900 }, colorScheme: given.colorScheme };
      const file = at(`short-${given.language}.html`);
      await writeReport({ published: hostile, project, language: given.language }, { out: file, form: 'email' });
      const whole = await look(at('hostile.html'));
      const { page, trouble } = await look(file, options);
      // Its words are English.
      const values = (cards: readonly inPage.Card[]) =>
        cards.map(({ metric, value, text }) => [metric, value, given.language === 'en' ? text : '']);
      const own = values(await page.evaluate<readonly inPage.Card[]>(inPage.cards));
      const overview = `[...document.querySelectorAll('#kpis [data-metric]')]`;
      const theirs = await whole.page.evaluate<readonly inPage.Card[]>(
        inPage.cards.replace(`[...document.querySelectorAll('[data-metric]')]`, overview),
      );
      expect(own.length).toBeGreaterThanOrEqual(20);
      expect(own).toEqual(values(theirs));
      const images = await page.evaluate<readonly { readonly alt: string; readonly width: number }[]>(
        `[...document.images].map((image) => ({ alt: image.alt, width: image.naturalWidth }))`,
      );
      expect(images.map(({ alt }) => alt.length > 30)).toEqual([true, true]);
      expect(images.every(({ width }) => width > 300)).toBe(true);
      const found = await page.evaluate<inPage.Intruders>(inPage.intruders);
      expect(found.elements.filter((element) => !element.startsWith('<img src="data:image/svg+xml;base64,'))).toEqual(
        [],
      );
      expect(found).toMatchObject({ handlers: [], links: [] });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(given.width);
      await page.evaluate(axe);
      expect(await page.evaluate<readonly inPage.Finding[]>(inPage.accessibility)).toEqual([]);
      // Its own pictures are all that it asks for.
      expect(trouble.filter((what) => !what.startsWith('request: data:image/svg+xml;base64,'))).toEqual([]);
      await whole.page.context().close();
      await page.context().close();
    },
  );

  test('works by keyboard: skip link, pages, folded parts, sorting', async () => {
    const { page } = await look(at('hostile.html'));
    // The page answers a key or a step back with an event of its own, later than the key is through: hence every poll.
    const focused = async (): Promise<unknown> => await page.evaluate('document.activeElement.id');
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate(`document.activeElement.getAttribute('href')`)).toBe('#content');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('content');
    // A page is reached by its link: shown alone, its heading has the focus, the window its name; back leads back.
    await page.locator('nav a[href="#metric-8"]').focus();
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('metric-8-heading');
    expect(await page.title()).toMatch(/^Click-through rate – Acme/);
    expect(await page.locator('section.page:visible').count()).toBe(1);
    expect(await page.locator('nav a[aria-current=page]').getAttribute('href')).toBe('#metric-8');
    await page.goBack();
    await page.goBack();
    await expect.poll(() => page.title()).toMatch(/^Overview – /);
    await page.locator('#kpis .kpi details summary').first().focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#kpis .kpi details').first().getAttribute('open')).toBe('');
    await page.locator('nav a[href="#campaigns"]').focus();
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('campaigns-heading');
    const head = page.locator('#campaign-table thead th[data-column=sent_count]');
    await head.locator('button').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => head.getAttribute('aria-sort')).toBe('descending');
    const order = await page.evaluate<readonly number[]>(inPage.sentCounts);
    expect(order).toEqual(order.toSorted((a, b) => b - a));
    expect(new Set(order).size).toBeGreaterThan(1);
    await page.context().close();
  });

  test('on a telephone the menu is folded, opens by keyboard, and folds again on the way to a page', async () => {
    const { page } = await look(at('hostile.html'), { viewport: { width: 390, height: 800 } });
    expect(await page.locator('.menu').getAttribute('open')).toBeNull();
    await page.locator('.menu > summary').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.menu').getAttribute('open')).toBe('');
    await page.locator('nav a[href="#glossary"]').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('glossary-heading');
    expect(await page.locator('.menu').getAttribute('open')).toBeNull();
    await page.context().close();
  });

  test('in Vietnamese the numbers are the same, and everything else is said in it', async () => {
    const file = await render('vietnamese', unchanged, 'vi');
    const { page, trouble } = await look(file, { viewport: { width: 390, height: 800 } });
    expect(await page.locator('html').getAttribute('lang')).toBe('vi');
    const seen = await page.evaluate<readonly inPage.PageSeen[]>(inPage.pages);
    const titles = Object.values(languages.vi.metricPages.titles);
    expect(seen.map(({ title }) => title)).toEqual(expect.arrayContaining([...titles, languages.vi.alerts.heading]));
    for (const { id } of seen) {
      expect(await page.evaluate<inPage.Shown>(inPage.visit(id))).toMatchObject({ visible: [id], width: 390 });
    }
    // What no words were found for stands in English, and says so.
    expect(await page.locator('[lang=en]').allTextContents()).toEqual([]);
    expect(await page.evaluate<readonly string[]>(inPage.rawHeadings)).toEqual([]);
    expect(await page.locator('main').textContent()).not.toMatch(/ wins over |\bhuman(?:\+unknown)?\b/);
    const english = await look(await render('english', unchanged));
    const values = (cards: readonly inPage.Card[]) => cards.map(({ metric, filter, value }) => [metric, filter, value]);
    const own = values(await page.evaluate<readonly inPage.Card[]>(inPage.cards));
    expect(own).toEqual(values(await english.page.evaluate<readonly inPage.Card[]>(inPage.cards)));
    expect(await page.locator('#kpis [data-metric=open_rate]').textContent()).toMatch(/^\s*\d+,\d+\s?%\s*$/);
    expect(trouble).toEqual([]);
    await english.page.context().close();
    await page.context().close();
  });

  test('words that are two fifths longer run over no side of a telephone', async () => {
    const { page } = await look(await render('pseudo', unchanged, pseudoLanguage()), {
      viewport: { width: 390, height: 800 },
    });
    const seen = await page.evaluate<readonly inPage.PageSeen[]>(inPage.pages);
    expect(seen[0]?.title).toMatch(/^\[Ovërvïëw lör/);
    for (const { id } of seen) {
      const shown = await page.evaluate<inPage.Shown>(inPage.visit(id));
      expect([id, shown.width, shown.cut]).toEqual([id, 390, []]);
    }
    await page.context().close();
  });

  test('reads without a script, and prints', async () => {
    const { page } = await look(at('hostile.html'), { javaScriptEnabled: false });
    expect(await page.locator('[data-metric]').count()).toBeGreaterThanOrEqual(20);
    // Every link leads somewhere, and every page stands there to be read.
    const targets = await page
      .locator('a[href^="#"]')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    const ids = new Set(
      await page.locator('[id]').evaluateAll((elements) => elements.map((element) => `#${element.id}`)),
    );
    expect(targets.filter((target) => !ids.has(target ?? ''))).toEqual([]);
    expect(await page.locator('section.page:visible').count()).toBe(await page.locator('section.page').count());
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.context().close();
  });

  test('a source without opens shows n/a and why, never 0', async () => {
    const { page, trouble } = await look(await render('without', withoutEngagement));
    const card = page.locator('#kpis .kpi', { has: page.locator('[data-metric=open_rate]') });
    expect((await card.locator('.value').textContent())?.trim()).toBe('n/a');
    expect(await card.locator('.why').textContent()).toBe('source has no per-recipient opens');
    const cells = await page.evaluate<readonly inPage.Cell[]>(inPage.cells);
    const cell = cells.find(({ table, column }) => table === 'campaign-table' && column === 'open_rate');
    expect(cell).toMatchObject({ text: 'n/a', value: null });
    expect(await page.locator('#campaigns .notes').textContent()).toContain('source has no per-recipient opens');
    expect(await page.locator('#kpis [data-metric=revenue_amount]').getAttribute('data-value')).toMatch(/^\d+\.\d{9}$/);
    expect(trouble).toEqual([]);
    await page.context().close();
  });

  test.each([
    ['empty marts', emptied],
    ['no marts at all', dropped],
  ] as const)('%s: pages that say so', async (name, changes) => {
    const { page, trouble } = await look(await render(name.replaceAll(' ', '-'), changes));
    const cards = await page.evaluate<readonly inPage.Card[]>(inPage.cards);
    expect(cards.filter(({ text, value }) => text !== 'n/a' || value !== undefined)).toEqual([]);
    expect(await page.locator('svg').count()).toBe(0);
    // A page whose mart is not there or empty stands, and says which one it is.
    for (const [id, mart] of Object.entries(martOfPage)) {
      expect([id, await page.locator(`#${id} [data-absent]`).first().textContent()]).toEqual([
        id,
        expect.stringMatching(new RegExp(`(?:Not measured|Nothing to show).*\\b${mart}\\b`, 's')),
      ]);
    }
    expect(await page.locator('#summary').textContent()).toContain('There are no campaigns yet');
    expect(trouble).toEqual([]);
    await page.context().close();
  });
});

/** Pages that are about a mart of their own. */
const martOfPage: Readonly<Record<string, string>> = {
  'metric-1': 'subject_lines',
  'metric-4': 'send_time',
  'metric-5': 'deliverability_daily',
  'metric-14': 'profit_monthly',
  'metric-16': 'ltv_cohorts',
  'metric-17': 'view_time',
  'metric-19': 'reply_performance',
  'metric-20': 'spam_checks',
  'metric-21': 'client_share',
};

/** Text may hold characters that HTML cannot. */
function same(held: string, value: string | null): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is replaced
  return held.replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F]/g, '\uFFFD') === value;
}
