import type { Context } from '../context.ts';
import { markup, type Html } from '../html.ts';
import { script } from './script.ts';
import { shell } from './shell.ts';
import { styles } from './styles.ts';

/** One page of the report: the script shows one at a time; without it, and in print, they follow each other. */
export type Page = { readonly id: string; readonly title: string; readonly content: Html };
export type PageGroup = { readonly title: string; readonly pages: readonly Page[] };

/** The whole document, with its own style sheet and script. */
export function document(context: Context, header: Html, groups: readonly PageGroup[]): string {
  const { messages, company } = context;
  const words = messages.page;
  return shell(context, {
    styles,
    script,
    head: markup`<link rel="icon" href="data:," />`,
    body: markup`<a class="skip" href="#content">${words.skip}</a>
      ${header}
      <div class="shell">
        ${navigation(context, groups)}
        <main id="content" tabindex="-1">${groups.flatMap(({ pages }) => pages.map(pageMarkup))}</main>
      </div>
      <footer><p>${words.footer(company.time_zone, company.currency)}</p></footer>`,
  });
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
