/** Markup that is safe to write out: made only by `markup`, so that text cannot become an element. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Template tag: every value is escaped, but for what `markup` itself made. Attributes are always quoted by the templates. */
export function markup(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(unindented(parts).reduce((text, part, index) => text + markupOf(values[index - 1]) + part));
}

const known = new WeakMap<TemplateStringsArray, readonly string[]>();

/** The template's own indentation is for who reads the source. */
function unindented(parts: TemplateStringsArray): readonly string[] {
  const short = known.get(parts) ?? parts.map((part) => part.replaceAll(/\n\s*/g, '\n'));
  known.set(parts, short);
  return short;
}

/** For text that is not ours, such as names and subjects: a mark that reverses direction ends with the element. */
export function bdi(text: string): Html {
  return markup`<bdi>${text}</bdi>`;
}

/** Only for the report's own style sheet and script, and for SVG that came escaped from the renderer. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function markupOf(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escapeText(String(value));
}

/** Characters that HTML may not hold are shown as what they are: unreadable. */
function escapeText(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- they are what is looked for
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/g, '\uFFFD')
      .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
  );
}
