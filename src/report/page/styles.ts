import { chartStyles } from '../charts/theme.ts';
import { dark, light, type Colors } from './colors.ts';

/** `--name:colour;` of each. */
const variables = (colors: Colors): string =>
  Object.entries(colors)
    .map(([name, color]) => `--${name}:${color};`)
    .join('');

/** The report's one style sheet: no file, no font and no picture from elsewhere. */
export const styles = `
:root{color-scheme:light dark;${variables(light)}}
@media (prefers-color-scheme:dark){:root{${variables(dark)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-9999px}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:2}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
body>header,.shell,body>footer{max-width:1400px;margin:0 auto;padding:0 1rem}
body>header{padding-top:2rem}
.over{margin:0;color:var(--muted);text-transform:uppercase;letter-spacing:.06em;font-size:.8rem;font-weight:600}
h1{font-size:clamp(1.8rem,5vw,2.6rem);line-height:1.15;margin:.1rem 0 1rem}
h2{font-size:1.6rem;margin:1.2rem 0 .3rem;line-height:1.2}.page+.page h2{margin-top:2.8rem}.paged .page h2{margin-top:1.2rem}
@media screen{.paged .page:not(.shown){display:none}}
h3{font-size:1.05rem;margin:0;line-height:1.3}
h3.group{margin:1.5rem 0 .6rem;color:var(--muted);font-size:.85rem;text-transform:uppercase;letter-spacing:.06em}
section>p,.effect,.advice{max-width:70ch;color:var(--muted);margin:.2rem 0 1rem}
.facts{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:0 0 1rem}
dt{color:var(--muted);font-size:.85rem}dd{margin:0}.facts dd{font-weight:600}
.verdict{border:1px solid var(--line);border-left:6px solid var(--axis);background:var(--card);border-radius:8px;padding:.7rem 1rem;margin:0 0 1rem}
.verdict p{margin:0}.verdict ul{margin:.2rem 0 .4rem}
.verdict.good{border-left-color:var(--good)}.verdict.bad{border-left-color:var(--bad)}
.shell{display:grid;grid-template-columns:minmax(0,1fr);gap:0 2rem}
.menu{border:1px solid var(--line);border-radius:8px;background:var(--card);padding:.2rem 1rem .6rem}
.menu>summary{font-weight:600;font-size:1rem;padding:.4rem 0;margin:0}.menu .over{margin:.9rem 0 .2rem}
nav ul{list-style:none;padding:0;margin:0;columns:14rem auto}
nav a{display:block;padding:.28rem .5rem;border-radius:6px;text-decoration:none;font-size:.9rem;break-inside:avoid}
nav a:hover{text-decoration:underline}nav a[aria-current]{background:var(--plain-bg);color:var(--text);font-weight:600;box-shadow:inset 3px 0 var(--accent)}
@media (min-width:1100px){.shell{grid-template-columns:15.5rem minmax(0,1fr)}nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;padding:1rem 0}nav ul{columns:auto}}
.summary{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1rem 1rem 2.2rem;margin:.6rem 0 0}
.summary li{margin:.25rem 0;max-width:95ch}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem;margin:0;min-width:0}
.cards{list-style:none;padding:0;margin:0;display:grid;gap:.8rem;grid-template-columns:minmax(0,1fr);align-items:start}
@media (min-width:560px){.cards{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media (min-width:860px){.cards{grid-template-columns:repeat(3,minmax(0,1fr))}.cards.at3-2{grid-template-columns:repeat(2,minmax(0,1fr))}}
@media (min-width:1360px){.cards{grid-template-columns:repeat(4,minmax(0,1fr))}.cards.at4-3{grid-template-columns:repeat(3,minmax(0,1fr))}.cards.at4-2{grid-template-columns:repeat(2,minmax(0,1fr))}}
.kpi h4{margin:0;font-size:.92rem;font-weight:600}
.kpi .value{font-size:1.75rem;font-weight:700;line-height:1.2;margin:.15rem 0;font-variant-numeric:tabular-nums}
.kpi dl{margin:.4rem 0 0;font-size:.85rem}.kpi dl>div{display:flex;justify-content:space-between;flex-wrap:wrap;gap:0 .6rem}.kpi dd{margin-left:auto}.kpi details dd{margin-left:0}
.kpi details dl>div{display:block;margin:.3rem 0}.kpi .delta{color:var(--muted);white-space:nowrap}
.kpi dl>div{align-items:baseline}.kpi dt,.kpi dd{overflow-wrap:normal}.kpi dd{text-align:right}.kpi details dd{text-align:left;overflow-wrap:anywhere}
.kpi .muted,.kpi .why{margin:.2rem 0;font-size:.85rem;color:var(--muted)}
.status{display:inline-block;margin:0;font-size:.8rem;font-weight:600;padding:.1rem .5rem;border-radius:6px;background:var(--plain-bg)}
.status.good,.outcome.good{color:var(--good)}.status.good{background:var(--good-bg)}
.status.bad{color:var(--bad);background:var(--bad-bg)}
.spark{display:block;width:100%;height:34px;margin-top:.5rem;overflow:visible}
.spark path{fill:none;stroke:var(--c1);stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}.spark .last{stroke-width:6}
details summary{cursor:pointer;color:var(--accent);font-size:.85rem;margin-top:.5rem}
.na,.muted,.empty,.more{color:var(--muted)}
.more,.empty{font-size:.9rem}.print-note{display:none}
code{font:.85em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(2,minmax(0,1fr));margin:1rem 0}.grid>:last-child:nth-child(odd){grid-column:1/-1}
.grid.one{grid-template-columns:minmax(0,1fr)}
@media (max-width:900px){.grid{grid-template-columns:minmax(0,1fr)}}
.finding{margin:.2rem 0 .6rem;color:var(--muted)}
.plot svg{display:block;width:100%;height:auto;max-width:760px}
${chartStyles}
.plot.narrow{display:none}
@media (max-width:560px){.plot.wide{display:none}.plot.narrow{display:block}}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px;background:var(--card);margin:.6rem 0;max-height:36rem;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-size:.85rem;font-variant-numeric:tabular-nums}
.scroll{container-type:inline-size}caption{text-align:left;padding:.6rem .8rem;font-weight:600;color:var(--text)}caption span{display:block;position:sticky;left:.8rem;max-width:calc(100cqw - 1.6rem)}
th,td{padding:.4rem .7rem;text-align:left;vertical-align:top;border-top:1px solid var(--line);overflow-wrap:normal}
thead th{position:sticky;top:0;background:var(--card);font-weight:600;border-top:0;box-shadow:inset 0 -1px var(--axis);vertical-align:bottom;z-index:1}
@media (min-width:700px){tbody th{position:sticky;left:0;background:var(--card)}}
tbody th{font-weight:500;min-width:9rem;max-width:22rem;overflow-wrap:anywhere}
td bdi{display:inline-block;min-width:7rem;max-width:24rem;overflow-wrap:anywhere}
.t{white-space:nowrap}.n{text-align:right}td.n,th.n{white-space:nowrap}thead th.n{white-space:normal;min-width:5.2rem}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;text-align:inherit;cursor:pointer;text-decoration:underline dotted;text-underline-offset:3px}
th[aria-sort=ascending] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
sup{line-height:0}sup a{text-decoration:none;padding:0 .15rem}
.notes{font-size:.85rem;color:var(--muted);margin:.2rem 0 .8rem}
.tag{display:inline-block;font-size:.75rem;padding:0 .4rem;border:1px solid var(--axis);border-radius:999px;white-space:nowrap}
.test{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.2rem 1rem .6rem;margin:.6rem 0}
.test>summary{color:var(--text);font-size:1rem;margin:.4rem 0}.outcome{font-weight:600}
.test .card{border:0;padding:.4rem 0}
.lead{font-size:1.05rem;color:var(--text)!important}.advice{color:var(--text);margin:.2rem 0 1rem;padding-left:1.2rem}.advice li,.effect li{margin:.3rem 0}
.definition{border-top:1px solid var(--line);padding:.2rem 0 .4rem}.definition>summary{font-size:1rem}.terms{margin:.4rem 0;display:grid;gap:.5rem 2rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}.terms code{display:block;color:var(--muted)}
.heat td,.heat th{text-align:right;padding:.25rem .35rem}.heat table{max-width:46rem}.heat{max-height:none}.heat tbody th{min-width:0}.h1{background:color-mix(in srgb,var(--c1) 7%,var(--card))}.h2{background:color-mix(in srgb,var(--c1) 14%,var(--card))}.h3{background:color-mix(in srgb,var(--c1) 21%,var(--card))}.h4{background:color-mix(in srgb,var(--c1) 28%,var(--card))}.h5{background:color-mix(in srgb,var(--c1) 35%,var(--card))}
.severity.critical{color:var(--bad);font-weight:700}.severity.warning{font-weight:600}
.glossary dt{font-weight:600;color:var(--text);margin-top:1rem;font-size:1rem}.glossary dd span{display:block;color:var(--muted);font-size:.9rem}
.list{padding-left:1.1rem;color:var(--muted);font-size:.9rem}
body>footer{color:var(--muted);font-size:.85rem;padding:2rem 1rem 3rem;border-top:1px solid var(--line);margin-top:3rem}
@media (forced-colors:active){:root{--page:Canvas;--card:Canvas;--text:CanvasText;--muted:CanvasText;--line:CanvasText;--grid:GrayText;--axis:CanvasText;--accent:LinkText;--good:CanvasText;--bad:CanvasText;--c1:CanvasText;--c2:Highlight;--c3:LinkText;--c4:GrayText}}
@media print{
:root{color-scheme:light;${variables(light)}--page:#fff}
@page{size:A4;margin:14mm}
@page wide{size:A4 landscape;margin:12mm}
.sheet{page:wide}
body{font-size:10pt}
nav,.skip,details:not(.test) {display:none}
.card,.summary,.verdict,.test{break-inside:avoid}
h2,h3{break-after:avoid}
.grid{grid-template-columns:repeat(2,minmax(0,1fr))}
.cards{grid-template-columns:repeat(3,minmax(0,1fr))}
.plot.wide{display:block}.plot.narrow{display:none}
.kpi .value{font-size:14pt}.kpi dl,.status{font-size:7.5pt}.kpi{padding:.6rem}
.sheet tbody tr:nth-child(n+31){display:none}.print-note{display:block}
.scroll{overflow:visible;max-height:none;border:0}
table{font-size:6.5pt}th,td{padding:.15rem .2rem}thead th{position:static}tbody th{position:static}tbody th,td bdi{min-width:0}thead th.n{min-width:0}td.n,th.n{white-space:normal}
tr{break-inside:avoid}
}
`;
