import type { Context } from '../context.ts';
import { markup, type Html } from '../html.ts';

/** Says in words that a mart is not there or holds nothing, and what it needs; undefined when it has rows. */
export async function absent(context: Context, mart: string, title: string): Promise<Html | undefined> {
  const words = context.messages.splits;
  const table = `marts.${mart}`;
  const found = await context.reader.first([table], `select 1 as one from ${table} limit 1`);
  if (found !== undefined) return undefined;
  const why = context.reader.has(table) ? words.emptyMart(mart) : words.noMart(mart);
  return markup`<div class="card" data-absent="${mart}">
    <h3>${title}</h3>
    <p class="finding">${why}</p>
  </div>`;
}
