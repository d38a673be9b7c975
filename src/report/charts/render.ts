import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

// Without a canvas the library takes every character for a wide one, and with one the picture depends on the machine.
// (The types leave the setting out; vega-scenegraph names it for this use.)
Object.assign((vega as unknown as { readonly textMetrics: object }).textMetrics, { width: textWidth });

/** About what the usual sans-serif fonts take. */
function textWidth(item: { readonly fontSize?: number; readonly text?: unknown }, text: unknown = item.text): number {
  const size = item.fontSize ?? 11;
  return [...String(text ?? '')].reduce(
    (sum, character) =>
      sum + size * (/[iljtfI1.,:;|'! ]/.test(character) ? 0.36 : /[mwMW@%—…]/.test(character) ? 0.9 : 0.6),
    0,
  );
}

export type Spec = Readonly<Record<string, unknown>>;

/** Marks that could end the text around them: chart labels have no `<bdi>`. */
const directionMarks = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** A label for a chart: one line, no longer than its place, nothing that turns the text around. */
export function chartLabel(text: string, longest = 34): string {
  const line = text
    .toWellFormed()
    .replaceAll(directionMarks, '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  const characters = [...new Intl.Segmenter('en').segment(line)].map(({ segment }) => segment.slice(0, 12));
  return characters.length <= longest ? characters.join('') : `${characters.slice(0, longest - 1).join('')}…`;
}

/** The picture as SVG text; what only an interactive view needs is taken off. `name` says what it shows to who cannot see it. */
export async function renderSvg(spec: Spec, config: Spec, labelledBy: string): Promise<string> {
  const { spec: compiled } = compile({ ...spec, config } as unknown as TopLevelSpec, {
    logger: silentLogger,
  });
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  try {
    return slim(await view.toSVG(), labelledBy);
  } finally {
    view.finalize();
  }
}

const silentLogger = {
  level() {
    return this;
  },
  error(...parts: readonly unknown[]): never {
    throw new Error(`chart: ${parts.join(' ')}`);
  },
  warn() {
    return this;
  },
  info() {
    return this;
  },
  debug() {
    return this;
  },
};

// Only tags hold these: text in the SVG is escaped, so it has no `<`.
function slim(svg: string, labelledBy: string): string {
  const short = svg
    .replaceAll(/<path class="(?:background|foreground)"[^>]*\/>/g, '')
    .replaceAll(/<[a-z][^>]*>/g, (tag) =>
      tag
        .replaceAll(/ (?:class|role|aria-roledescription|aria-hidden|pointer-events)="[^"]*"/g, '')
        .replaceAll(/ (?:opacity="1"|stroke-width="1"|font-family="inherit"|stroke-miterlimit="4")/g, '')
        .replaceAll(' transform="translate(0,0)"', '')
        .replaceAll(/(\d\.\d\d)\d+/g, '$1'),
    );
  return shed(short).replace(
    /^<svg [^>]*width="([\d.]+)" height="([\d.]+)"[^>]*>/,
    (_, width: string, height: string) =>
      `<svg role="img" aria-labelledby="${labelledBy}" viewBox="0 0 ${width} ${height}">`,
  );
}

/** Groups that hold nothing, or only one other thing and say nothing about it. */
function shed(svg: string): string {
  let text = svg;
  for (let before = ''; before !== text;) {
    before = text;
    text = text.replaceAll(/<g[^>]*><\/g>/g, '').replaceAll(/<g><g>((?:(?!<\/?g[ >]).)*)<\/g><\/g>/gs, '<g>$1</g>');
  }
  return text;
}
