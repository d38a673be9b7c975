import type { Chart } from '../charts/shapes.ts';
import { chartConfig, chartStyles } from '../charts/theme.ts';
import { renderSvg } from '../charts/render.ts';
import type { Format } from '../format.ts';
import { light } from '../page/colors.ts';

const colors: Readonly<Record<string, string>> = light;

const style = `svg{font-family:system-ui,sans-serif}${chartStyles}`;

/** A chart as the address of an image that holds it (`data:`): on white, in the colours of a light page. */
export async function picture(chart: Chart, format: Format, width: number): Promise<string> {
  const svg = await renderSvg(chart({ width, isNarrow: false }), chartConfig(format), '');
  const whole = svg.replace(
    /^<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)">/,
    (_, across: string, down: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="${across}" height="${down}" viewBox="0 0 ${across} ${down}">` +
      `<style>${style}</style><rect width="100%" height="100%" fill="var(--card)"/>`,
  );
  const drawn = whole.replaceAll(/var\(--([\w-]+)\)/g, (_, name: string) => colors[name] ?? colors['text'] ?? '');
  return `data:image/svg+xml;base64,${Buffer.from(drawn).toString('base64')}`;
}
