import type { Context } from '../context.ts';
import { markup, type Html, type HtmlValue } from '../html.ts';
import type { Kpi } from '../kpis/kpi.ts';
import type { Kpis } from '../kpis/select.ts';
import { shell } from '../page/shell.ts';
import { headline } from '../sections/header.ts';
import { changeText, introText, kpiName, kpiStatus, kpiText, marks, statusText } from '../sections/kpi-cards.ts';
import { summarySection } from '../sections/summary.ts';
import { trends, type Trend } from '../sections/trends.ts';
import { picture } from './picture.ts';
import { emailStyles } from './styles.ts';

// Shrunk to a telephone its words can still be read.
const pictureWidth = 440;

/**
 * The report in short, for the body of an e-mail: less than 100 kB (mail programs cut what is longer), no script, nothing
 * that is loaded, pictures with what they show as text. The same data give the same bytes.
 */
export async function emailDocument(context: Context, kpis: Kpis): Promise<string> {
  const { messages, company } = context;
  const words = messages.kpis;
  return shell(context, {
    styles: emailStyles,
    body: markup`<header>${await headline(context)}</header>
      <main>
        <h2>${messages.summary.heading}</h2>
        ${await summarySection(context, kpis, (text) => markup`${text}`)}
        ${await pictures(context, trends(context, kpis))}
        <h2>${words.heading}</h2>
        <p class="muted">${introText(context)}</p>
        ${kpis.groups.map(({ group, kpis: ofGroup }) => numbers(context, words.groups[group], ofGroup))}
      </main>
      <footer><p>${messages.email.footer}</p><p>${messages.page.footer(company.time_zone, company.currency)}</p></footer>`,
  });
}

async function pictures({ format }: Context, figures: readonly Trend[]): Promise<readonly Html[]> {
  return await Promise.all(
    figures.map(
      async ({ title, finding, chart, table }) => markup`<h2>${title}</h2>
        <p class="finding">${finding}</p>
        ${chart !== undefined && markup`<img src="${await picture(chart, format, pictureWidth)}" alt="${title}: ${finding}" width="${pictureWidth}" />`}
        ${table}`,
    ),
  );
}

function numbers(context: Context, group: string, kpis: readonly Kpi[]): HtmlValue {
  const words = context.messages.email;
  return (
    kpis.length > 0 &&
    markup`<table class="numbers">
      <caption>${group}</caption>
      <thead>
        <tr>
          <th scope="col">${words.number}</th>
          <th scope="col" class="n">${words.value}</th>
          <th scope="col">${words.status}</th>
        </tr>
      </thead>
      <tbody>
        ${kpis.map((kpi) => row(context, kpi))}
      </tbody>
    </table>`
  );
}

function row(context: Context, kpi: Kpi): Html {
  const status = kpiStatus(context, kpi);
  const change = changeText(context, kpi);
  return markup`<tr>
    <th scope="row">${kpiName(context, kpi)}</th>
    <td class="n">
      <span class="value${kpi.value === null && ' na'}" data-metric="${kpi.key}"${kpi.value !== null && markup` data-value="${String(kpi.value)}"`}>${kpiText(context, kpi, kpi.value)}</span>
      ${kpi.previous !== null && markup`<br /><span class="muted">${kpiText(context, kpi, kpi.previous)}${change !== null && ` (${change})`}</span>`}
    </td>
    <td class="${status.tone}"><span aria-hidden="true">${marks[status.tone]}</span> ${statusText(context, kpi, status)}</td>
  </tr>`;
}
