import { createHash } from 'node:crypto';
import type { Context } from '../context.ts';
import { markup, trusted, type Html } from '../html.ts';
import { script } from './script.ts';
import { styles } from './styles.ts';

/** One page of the report: the script shows one at a time; without it, and in print, they follow each other. */
export type Page = { readonly id: string; readonly title: string; readonly content: Html };
export type PageGroup = { readonly title: string; readonly pages: readonly Page[] };

/** The whole document. Its policy forbids everything but its own style sheet and script, by their hashes. */
export function document(context: Context, header: Html, groups: readonly PageGroup[]): string {
  const { messages, company } = context;
  const words = messages.page;
  const policy = [
    `default-src 'none'`,
    `style-src '${hashOf(styles)}'`,
    `script-src '${hashOf(script)}'`,
    'img-src data:',
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return markup`<!doctype html>
    <html lang="${messages.language}" dir="${messages.direction}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${words.title(company.name)}</title>
        <link rel="icon" href="data:," />
        <style>${trusted(styles)}</style>
      </head>
      <body>
        <a class="skip" href="#content">${words.skip}</a>
        ${header}
        <div class="shell">
          ${navigation(context, groups)}
          <main id="content" tabindex="-1">${groups.flatMap(({ pages }) => pages.map(pageMarkup))}</main>
        </div>
        <footer><p>${words.footer(company.time_zone, company.currency)}</p></footer>
        <script>${trusted(script)}</script>
      </body>
    </html>
  `.markup;
}

function pageMarkup({ id, title, content }: Page): Html {
  return markup`<section class="page" id="${id}" aria-labelledby="${id}-heading">
    <h2 id="${id}-heading" tabindex="-1">${title}</h2>
    ${content}
  </section>`;
}

/** Open as it comes, so that it works without a script; the script folds it where there is little room. */
function navigation({ messages }: Context, groups: readonly PageGroup[]): Html {
  const words = messages.page;
  return markup`<nav aria-label="${words.contents}">
    <details class="menu" open="">
      <summary>${words.contents}<span class="current"></span></summary>
      ${groups.map(
        ({ title, pages }, index) =>
          markup`<p class="over" id="nav-${index}">${title}</p>
            <ul aria-labelledby="nav-${index}">
              ${pages.map((page) => markup`<li><a href="#${page.id}">${page.title}</a></li>`)}
            </ul>`,
      )}
    </details>
  </nav>`;
}

/** As a content security policy names a style sheet or script. */
export function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
