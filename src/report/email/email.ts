import type { Context } from '../context.ts';
import type { Figure } from '../figure.ts';
import { markup, trusted, type Html, type HtmlValue } from '../html.ts';
import { statusOf, type Kpi } from '../kpis/kpi.ts';
import type { Kpis } from '../kpis/select.ts';
import { hashOf } from '../page/page.ts';
import { headline } from '../sections/header.ts';
import { changeText, introText, kpiName, kpiText, marks, statusText } from '../sections/kpi-cards.ts';
import { summarySection } from '../sections/summary.ts';
import { trends } from '../sections/trends.ts';
import { picture } from './picture.ts';
import { emailStyles } from './styles.ts';

const pictureWidth = 600;

/**
 * The report in short, for the body of an e-mail: less than 100 kB (mail programs cut what is longer), no script, nothing
 * that is loaded, pictures with what they show as text. The same data give the same bytes.
 */
export async function emailDocument(context: Context, kpis: Kpis): Promise<string> {
  const { messages, company } = context;
  const words = messages.kpis;
  const policy = `default-src 'none'; style-src '${hashOf(emailStyles)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
    <html lang="${messages.language}" dir="${messages.direction}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${messages.page.title(company.name)}</title>
        <style>${trusted(emailStyles)}</style>
      </head>
      <body>
        <header>${await headline(context)}</header>
        <main>
          <h2>${messages.summary.heading}</h2>
          ${await summarySection(context, kpis, (text) => markup`${text}`)}
          ${await pictures(context, trends(context, kpis))}
          <h2>${words.heading}</h2>
          <p class="muted">${introText(context)}</p>
          ${kpis.groups.map(({ group, kpis: ofGroup }) => numbers(context, words.groups[group], ofGroup))}
        </main>
        <footer><p>${messages.email.footer}</p><p>${messages.page.footer(company.time_zone, company.currency)}</p></footer>
      </body>
    </html>
  `.markup;
}

async function pictures({ format }: Context, figures: readonly Figure[]): Promise<readonly Html[]> {
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
  const threshold = context.catalog.metrics.find(({ key }) => key === kpi.key)?.threshold;
  const status = statusOf(kpi, threshold);
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
