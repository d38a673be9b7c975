import { createHash } from 'node:crypto';
import type { Context } from '../context.ts';
import { markup, trusted, type Html, type HtmlValue } from '../html.ts';

export type Shell = {
  readonly styles: string;
  readonly script?: string;
  /** More of the head, behind the title. */
  readonly head?: HtmlValue;
  readonly body: Html;
};

/** An HTML file that needs no other. Its policy forbids everything but its own style sheet, script and pictures. */
export function shell({ messages, company }: Context, { styles, script, head, body }: Shell): string {
  const policy = [
    `default-src 'none'`,
    `style-src '${hashOf(styles)}'`,
    ...(script === undefined ? [] : [`script-src '${hashOf(script)}'`]),
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
        <title>${messages.page.title(company.name)}</title>
        ${head}
        <style>${trusted(styles)}</style>
      </head>
      <body>
        ${body}
        ${script !== undefined && markup`<script>${trusted(script)}</script>`}
      </body>
    </html>
  `.markup;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
