import { chartConfig } from './charts/theme.ts';
import { renderSvg } from './charts/render.ts';
import type { Chart } from './charts/shapes.ts';
import type { Context } from './context.ts';
import { markup, trusted, type Html, type HtmlValue } from './html.ts';

const wide = 560;
const narrow = 326;

export type Figure = {
  readonly id: string;
  readonly title: string;
  /** One sentence that says what is to be seen, computed from the same rows. */
  readonly finding: HtmlValue;
  /** Absent when there is nothing to draw. */
  readonly chart: Chart | undefined;
  /** The same numbers as a table. */
  readonly table: Html;
  /** Where the picture says less than its table. */
  readonly isTableOpen?: boolean;
};

/** A chart with title, finding and its numbers as a table: everyone gets the same answer from it. */
export async function figure(
  { format, messages }: Context,
  { id, title, finding, chart, table, isTableOpen = false }: Figure,
): Promise<Html> {
  const config = chartConfig(format);
  const draw = async (width: number, isNarrow: boolean): Promise<HtmlValue> =>
    chart !== undefined &&
    markup`<div class="plot ${isNarrow ? 'narrow' : 'wide'}">
      ${trusted(await renderSvg(chart({ width, isNarrow }), config, `${id}-title ${id}-finding`))}
    </div>`;
  // Without a picture the table would hold nothing either.
  const hasTable = chart !== undefined || isTableOpen;
  return markup`<figure class="card" id="${id}">
    <figcaption>
      <h3 id="${id}-title">${title}</h3>
      <p class="finding" id="${id}-finding">${finding}</p>
    </figcaption>
    ${await draw(wide, false)}${await draw(narrow, true)}
    ${
      hasTable &&
      markup`<details class="data"${isTableOpen && markup` open=""`}>
      <summary>${messages.figure.data} <span class="hidden">${title}</span></summary>
      ${table}
    </details>`
    }
  </figure>`;
}
