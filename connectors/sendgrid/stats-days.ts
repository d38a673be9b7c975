import type { JsonObject } from '../../src/contracts/json.ts';
import type { Cursor, Params, ReadContext, ReadPage } from '../_kit/contract.ts';
import { timeMs } from '../_kit/instant.ts';
import type { SendgridConfig } from './config.ts';
import { shapeFailure } from './shape-failure.ts';

/** "We only store up to 7 days of email activity in our database", today among them. */
export const DETAIL_DAYS = 7;
/** Where no start_date is configured. */
const FIRST_READ_DAYS = 1_095;
const LIMIT = 500;
const DAY_MS = 86_400_000;

/** Rows by day, of which those of the last days may still grow. */
export const daily = (days: number) =>
  ({
    field: 'date',
    unit: 'iso',
    order: 'unsorted',
    lookback: `P${days}D`,
  }) as const satisfies Cursor<{ readonly date: string }>;

/** The slice's window as two days, both inclusive. */
function datesOf({ slice, now }: ReadContext<SendgridConfig>, longestDays: number) {
  const toMs = timeMs(slice.window?.to, 'iso') ?? Date.parse(now);
  const fromMs = timeMs(slice.window?.from, 'iso') ?? toMs - (longestDays - 1) * DAY_MS;
  return { start_date: dayOf(fromMs), end_date: dayOf(toMs) };
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** What is asked for, and on behalf of which stream. */
type Asked = { readonly stream: string; readonly path: string; readonly params: Params };

/** Reads a detail statistic day by day, so far as it is kept. */
export const byDay = (stream: string, path: string) =>
  async function* (context: ReadContext<SendgridConfig>): AsyncGenerator<ReadPage> {
    const { start_date: first, end_date: last } = datesOf(context, DETAIL_DAYS);
    const earliest = dayOf(Date.parse(last) - (DETAIL_DAYS - 1) * DAY_MS);
    for (let at = first < earliest ? earliest : first; at <= last; at = dayOf(Date.parse(at) + DAY_MS)) {
      const params = { aggregated_by: 'day', start_date: at, end_date: at };
      yield* pages(context, { stream, path, params });
    }
  };

/** Reads a statistic of days in one go. */
export const byRange = (stream: string, path: string) => (context: ReadContext<SendgridConfig>) =>
  pages(context, { stream, path, params: { aggregated_by: 'day', ...datesOf(context, FIRST_READ_DAYS) } });

/** Pages of a statistic. `/v3/clients/stats` knows none: all it has is in one answer. */
async function* pages(context: ReadContext<SendgridConfig>, asked: Asked): AsyncGenerator<ReadPage> {
  const isPaged = asked.path !== '/v3/clients/stats';
  for (let read = 0; ;) {
    const paging = isPaged ? { limit: LIMIT, offset: read } : {};
    const page = await entries(context, { ...asked, params: { ...asked.params, ...paging } });
    yield page;
    read += page.records.length;
    if (!isPaged || page.records.length < LIMIT) return;
  }
}

/** One record a day and entry of its `stats`. */
async function entries(context: ReadContext<SendgridConfig>, asked: Asked): Promise<ReadPage> {
  const { list, bytes } = await listOf(context, asked);
  const records = list.flatMap(({ date = null, stats }) =>
    (Array.isArray(stats) ? (stats as readonly JsonObject[]) : []).map((entry): JsonObject => ({ date, ...entry })),
  );
  return { records, bytes };
}

/** All categories, then the days of each. */
export async function* byCategory(context: ReadContext<SendgridConfig>): AsyncGenerator<ReadPage> {
  const dates = datesOf(context, FIRST_READ_DAYS);
  for (const category of await categoriesOf(context)) {
    const params = { categories: category, aggregated_by: 'day', ...dates };
    const { records, bytes } = await entries(context, {
      stream: 'category_stats',
      path: '/v3/categories/stats',
      params,
    });
    yield { records: records.filter(hasCounts).map((record) => ({ category, ...record })), bytes };
  }
}

/** Of any category every day is told, also those before there was such a category: days without anything are left out. */
const hasCounts = ({ metrics }: JsonObject): boolean =>
  typeof metrics !== 'object' || metrics === null || Object.values(metrics).some((count) => count !== 0);

async function categoriesOf(context: ReadContext<SendgridConfig>): Promise<ReadonlySet<string>> {
  const categories = new Set<string>();
  for (let read = 0; ;) {
    const params = { limit: LIMIT, offset: read };
    const { list } = await listOf(context, { stream: 'category_stats', path: '/v3/categories', params });
    const known = categories.size;
    for (const { category } of list) if (typeof category === 'string') categories.add(category);
    read += list.length;
    // By what came: a server that caps its pages below the limit would end the list early.
    if (categories.size === known) return categories;
  }
}

async function listOf(
  { http, signal }: ReadContext<SendgridConfig>,
  { stream, path, params }: Asked,
): Promise<{ readonly list: readonly JsonObject[]; readonly bytes: number }> {
  const { body, bytes } = await http.request({ method: 'GET', path, params, stream }, signal);
  if (Array.isArray(body)) return { list: body as readonly JsonObject[], bytes };
  throw shapeFailure(stream, 'the answer is no array');
}
