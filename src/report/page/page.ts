import { createHash } from 'node:crypto';
import type { Context } from '../context.ts';
import { markup, trusted, type Html } from '../html.ts';
import { script } from './script.ts';
import { styles } from './styles.ts';

export type Section = { readonly id: string; readonly title: string; readonly content: Html };

/** The whole document. Its policy forbids everything but its own style sheet and script, by their hashes. */
export function page(context: Context, header: Html, sections: readonly Section[]): string {
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
  const document = markup`<!doctype html>
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
        <nav aria-label="${words.contents}">
          <ul>
            ${sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}
          </ul>
        </nav>
        <main id="content" tabindex="-1">${sections.map(({ content }) => content)}</main>
        <footer><p>${words.footer(company.time_zone, company.currency)}</p></footer>
        <script>${trusted(script)}</script>
      </body>
    </html>
  `;
  return document.markup;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
