import { dark, light, type Colors } from '../page/colors.ts';

/** Programs for mail know no variables: colours are written out, and where a rule is not known what is left is plain text. */
const colored = (colors: Colors): string => `
body{background:${colors.card};color:${colors.text}}
th,td{border-top:1px solid ${colors.line}}
.over,h3,caption,dt,.muted,.finding,footer,.na{color:${colors.muted}}
.good{color:${colors.good}}.bad{color:${colors.bad}}
.verdict{border-left:6px solid ${colors.axis}}.verdict.good{border-color:${colors.good};color:${colors.text}}.verdict.bad{border-color:${colors.bad};color:${colors.text}}`;

export const emailStyles = `
body{margin:0 auto;max-width:680px;padding:16px;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;}
bdi{overflow-wrap:anywhere}
h1{font-size:26px;line-height:1.2;margin:0 0 12px}h2{font-size:19px;margin:28px 0 6px}h3{font-size:13px;margin:16px 0 4px;text-transform:uppercase}
p{margin:4px 0}.over{font-size:12px;text-transform:uppercase}
dl{margin:0 0 12px}dt{font-size:13px}dd{margin:0 0 4px;font-weight:600}
.verdict{padding:4px 12px;margin:12px 0}
ul{padding-left:20px}li{margin:4px 0}
img{display:block;width:100%;max-width:560px;height:auto;border:0}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:6px 0;font-size:13px}
th,td{padding:5px 8px 5px 0;text-align:left;vertical-align:top;font-weight:400}
thead th,.value{font-weight:600}
.value,.t{white-space:nowrap}
.n{text-align:right}.n+td,.n+th{padding-left:8px}
.numbers{table-layout:fixed}.numbers th:first-child{width:36%}.numbers th.n{width:30%}
footer{font-size:13px;margin-top:28px}
${colored(light)}
@media (prefers-color-scheme:dark){${colored(dark)}}
`;
