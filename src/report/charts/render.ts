import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

// Without a canvas the library takes every character for a wide one, and with one the picture depends on the machine.
// (The types leave the setting out; vega-scenegraph names it for this use.)
Object.assign((vega as unknown as { readonly textMetrics: object }).textMetrics, { width: textWidth });

/** About what the usual sans-serif fonts take; no more than the limit at which the library cuts a text. */
function textWidth(
  item: { readonly fontSize?: number; readonly text?: unknown; readonly limit?: number },
  text: unknown = item.text,
): number {
  const size = item.fontSize ?? 11;
  const whole = [...String(text ?? '')].reduce(
    (sum, character) =>
      sum +
      size *
        (/[iljtfI.,:;|'! ]/.test(character)
          ? 0.36
          : /[mwMW@%—…<>&#+=~]/.test(character)
            ? 0.9
            : /[A-Z\d]/.test(character)
              ? 0.66
              : 0.6),
    0,
  );
  return item.limit === undefined || item.limit <= 0 ? whole : Math.min(whole, item.limit);
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
    .replaceAll(/<[a-z][^>]*>/g, slimTag)
    // Labels that found no room, and bars that have no words.
    .replaceAll(/<text[^>]*(?:\/>| opacity="0"[^>]*>[^<]*<\/text>)/g, '');
  return joined(ungrouped(short)).replace(
    /^<svg [^>]*width="([\d.]+)" height="([\d.]+)"[^>]*>/,
    (_, width: string, height: string) =>
      `<svg role="img" aria-labelledby="${labelledBy}" viewBox="0 0 ${width} ${height}">`,
  );
}

/** What most marks share is said once, by classes of the style sheet. */
const shared: readonly (readonly [from: RegExp, to: string])[] = [
  [/ (?:class|role|aria-roledescription|aria-hidden|pointer-events)="[^"]*"/g, ''],
  [/ (?:opacity="1"|stroke-width="1"|font-family="inherit"|stroke-miterlimit="4"|stroke-dasharray="1,0")/g, ''],
  [/ (?:font-size="11px"|font-weight="normal"|x2="0"|y2="0"|text-anchor="start")/g, ''],
  [/ transform="translate\(0,0\)"/g, ''],
  [/(\d\.\d)\d+/g, '$1'],
  [/(\d)\.0(?!\d)/g, '$1'],
  // The mark of a dashed line in a legend: dashes around it would make a blot of it.
  [/^(<(?:path|circle)(?=[^>]* fill="(var\([^"]*\))")[^>]*) stroke="\2"(?=[^>]* stroke-dasharray=)/, '$1'],
  // An outline that is not drawn has neither width nor dashes.
  [/^(<(?:path|circle)(?!.* stroke=)[^>]*?) stroke-width="[^"]*"/, '$1'],
  [/^(<(?:path|circle)(?!.* stroke=)[^>]*?) stroke-dasharray="[^"]*"/, '$1'],
  [/^<line(.*) stroke="var\(--grid\)"/, '<line class="thin"$1'],
  [/^<line(.*) stroke="var\(--axis\)"/, '<line class="rule"$1'],
  [/^<text(.*) text-anchor="(middle|end)"(.*) fill="var\(--(?:muted|text)\)"/, '<text class="$2"$1$3'],
  [/^<text(.*) fill="var\(--(?:muted|text)\)"/, '<text$1'],
  [/^<text(.*) transform="translate\(([-\d.]+),([-\d.]+)\)"/, '<text$1 x="$2" y="$3"'],
  // A point of a line, which the library draws as two arcs.
  [/^<path transform="translate\(([\d.]+),([\d.]+)\)" d="M([\d.]+),0A[^"]*"/, '<circle cx="$1" cy="$2" r="$3"'],
];

function slimTag(tag: string): string {
  const short = shared.reduce((text, [from, to]) => text.replace(from, to), tag);
  return short
    .replace(
      /^<line(.*?)(?: transform="translate\(([^,]+),([^)]+)\)")? ([xy])2="([^"]+)"(.*)\/>$/,
      (_, before: string, x = '0', y = '0', axis: string, to: string, after: string) =>
        `<path${before}${after} d="M${x},${y}${axis === 'x' ? 'h' : 'v'}${to}"/>`,
    )
    .replace(
      /^<path transform="translate\(([^,]+),([^)]+)\)" d="([MLhvZ\d.,-]+)"(.*)\/>$/,
      (_, x: string, y: string, shape: string, rest: string) =>
        `<path${rest} d="${moved(shape, Number(x), Number(y))}"/>`,
    )
    .replace(/^<path d="([^"]*)"(.*)\/>$/, '<path$2 d="$1"/>');
}

/** A shape at its place: points that are named outright are moved, steps are not. */
function moved(shape: string, x: number, y: number): string {
  const sum = (a: number, b: string): string => `${Math.round((a + Number(b)) * 10) / 10}`;
  return shape.replaceAll(
    /([ML])([-\d.]+),([-\d.]+)/g,
    (_, command: string, left: string, top: string) => `${command}${sum(x, left)},${sum(y, top)}`,
  );
}

/** Without the groups that say nothing about what they hold. */
function ungrouped(svg: string): string {
  const hasWords: boolean[] = [];
  return svg.replaceAll(/<g[^>]*><\/g>/g, '').replaceAll(/<g[^>]*>|<\/g>/g, (tag) => {
    if (tag !== '</g>') hasWords.push(tag !== '<g>');
    return (tag === '</g>' ? hasWords.pop() : hasWords.at(-1)) === true ? tag : '';
  });
}

/** Shapes of one look that follow each other are one; see-through ones stay apart, for where they overlap they are darker. */
function joined(svg: string): string {
  return svg.replaceAll(
    /<path((?:(?! d=| opacity=)[^>])*) d="[^"]*"\/>(?:<path\1 d="[^"]*"\/>)+/g,
    (run, look: string) => {
      const shapes = [...run.matchAll(/ d="([^"]*)"/g)].map(([, shape]) => shape);
      return `<path${look} d="${shapes.join('')}"/>`;
    },
  );
}
