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
      sum +
      size *
        (/[iljtfI.,:;|'! ]/.test(character)
          ? 0.36
          : /[mwMW@%—…]/.test(character)
            ? 0.9
            : /[A-Z\d]/.test(character)
              ? 0.66
              : 0.6),
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
    .replaceAll(/<[a-z][^>]*>/g, slimTag);
  return shed(short).replace(
    /^<svg [^>]*width="([\d.]+)" height="([\d.]+)"[^>]*>/,
    (_, width: string, height: string) =>
      `<svg role="img" aria-labelledby="${labelledBy}" viewBox="0 0 ${width} ${height}">`,
  );
}

/** What most marks share is said once, by classes of the style sheet. */
const shared: readonly (readonly [from: RegExp, to: string])[] = [
  [/ (?:class|role|aria-roledescription|aria-hidden|pointer-events)="[^"]*"/g, ''],
  [/ (?:opacity="1"|stroke-width="1"|font-family="inherit"|stroke-miterlimit="4"|stroke-dasharray="1,0")/g, ''],
  [/ (?:font-size="11px"|x2="0"|y2="0"|text-anchor="start")/g, ''],
  [/ transform="translate\(0,0\)"/g, ''],
  [/(\d\.\d)\d+/g, '$1'],
  [/^<line(.*) stroke="var\(--grid\)"/, '<line class="thin"$1'],
  [/^<line(.*) stroke="var\(--axis\)"/, '<line class="rule"$1'],
  [/^<text(.*) text-anchor="(middle|end)"(.*) fill="var\(--(?:muted|text)\)"/, '<text class="$2"$1$3'],
  [/^<text(.*) fill="var\(--(?:muted|text)\)"/, '<text$1'],
  // A point of a line, which the library draws as two arcs.
  [/^<path transform="translate\(([\d.]+),([\d.]+)\)" d="M([\d.]+),0A[^"]*"/, '<circle cx="$1" cy="$2" r="$3"'],
];

function slimTag(tag: string): string {
  return shared.reduce((text, [from, to]) => text.replace(from, to), tag);
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
