/** The style of pages for teaching, light or dark as the reader's system. */
export const TEACHING_STYLE = `
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--ink:#1d2126;--dim:#667080;--line:#e3e4e1;--session:#eef3f9;
--edge:#9db4cf;--group:#fff;--front:#2f8f5b;--shell:#dfe6ee;--program:#4079b8;--on:#fff;--bad:#cf3a32;--half:#8a6100;--yes:#2a7d4f}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1c2026;--ink:#e6e8eb;--dim:#98a2b0;--line:#2d333b;--session:#222c38;
--edge:#4d6784;--group:#1a212a;--front:#4cbf83;--shell:#3a4654;--program:#4b8bd0;--bad:#ff6b61;--half:#b98a1d;--yes:#338a59}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1060px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:24px;line-height:1.25;margin:0 0 4px}h2{font-size:17px;margin:0 0 6px}
h2 code{font-weight:400;color:var(--dim);margin-left:10px}
.sub,footer{color:var(--dim)}footer{font-size:13px}
code{font:13px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:14px 22px;margin:18px 0}
dt{font-weight:650}dd{margin:0;color:var(--dim);font-size:14px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;margin:0 0 18px}
section p{margin:0 0 10px}ul{margin:0;padding-left:20px}li{margin:3px 0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:22px}figure{margin:0;min-width:0}
figcaption{color:var(--dim);font-size:13px;margin-bottom:4px}
.pill{border-radius:99px;padding:2px 11px;font-size:13px;font-weight:600;color:#fff;background:var(--yes);margin-right:6px;
display:inline-block}
.pill.no{background:#bd322b}.pill.half{background:var(--half)}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
th{color:var(--dim);font-weight:500;text-align:left}th,td{padding:4px 14px 4px 0;white-space:nowrap;border-bottom:1px solid var(--line)}
svg{display:block;width:100%;font-size:12px}.defs{width:0;position:absolute}
text{fill:var(--dim)}.box text,.term text,.gone text,.why,.label{text-anchor:middle}
.session rect{fill:var(--session);stroke:var(--edge)}
.group rect{fill:var(--group);stroke:var(--edge);stroke-dasharray:4 3}
.group text{font-size:11px}
.front rect{stroke:var(--front);stroke-dasharray:none;stroke-width:1.6}.front text{fill:var(--front)}
.box text{fill:var(--ink);font-weight:600}.box .pid{font-weight:400;font-size:11px}
.shell rect{fill:var(--shell)}.program rect{fill:var(--program)}.program text{fill:var(--on)}
.ghost rect{fill:none;stroke:var(--dim);stroke-dasharray:3 4}.ghost text{fill:var(--dim);text-decoration:line-through}
.term rect{fill:none;stroke:var(--front);stroke-width:1.6}.term text{fill:var(--front);font-weight:600}
.tty{stroke:var(--front);stroke-width:1.6;fill:none}
.gone rect{fill:none;stroke:var(--dim);stroke-dasharray:3 4}.cross{stroke:var(--bad);stroke-width:1.8;fill:none}
.parent{stroke:var(--dim);stroke-width:1.4;fill:none}#head path{fill:var(--dim)}.adopter,.streams{font-size:12px}
.why{fill:var(--bad)}.label{font-size:11px}
@media(max-width:720px){main{padding:18px 12px}.pair{grid-template-columns:minmax(0,1fr)}section{padding:13px 12px}}
@media print{:root{color-scheme:light}section{break-inside:avoid}}
`;
