/** The style of a report: one column on a phone, light or dark as the reader's system, and light on paper. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--ink:#1d2126;--dim:#667080;--line:#e3e4e1;
--good:#4079b8;--good2:#6c9bd0;--bad:#cf3a32;--faint:#dfe5ec;--mark:#e8a11c;--warn:#8a6100}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1c2026;--ink:#e6e8eb;--dim:#98a2b0;--line:#2d333b;
--good:#5b9bdf;--good2:#3f79b8;--bad:#ff6b61;--faint:#2a313a;--mark:#f2b84b;--warn:#e3b341}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:24px;line-height:1.25;margin:0 0 4px;font-weight:650;overflow-wrap:anywhere}
h2{font-size:16px;margin:0 0 10px;font-weight:650}
h2 small{font-weight:400;color:var(--dim);font-size:13px;margin-left:8px}
.sub{color:var(--dim);margin:0 0 18px;overflow-wrap:anywhere}
.pill{display:inline-block;border-radius:99px;padding:1px 11px;font-size:13px;font-weight:600;color:#fff;background:var(--good);
vertical-align:3px;margin-left:8px;white-space:nowrap}
.pill.no{background:#bd322b}.pill.run{background:#5c6570}
.note{border-left:3px solid var(--mark);padding:2px 12px;color:var(--warn);margin:0 0 14px}
.tiles{display:flex;flex-wrap:wrap;gap:1px;background:var(--line);
border:1px solid var(--line);border-radius:10px;overflow:hidden;margin:0 0 18px}
.tiles div{background:var(--card);padding:11px 14px;flex:1 1 150px}
.tiles b{display:block;font-size:21px;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums;white-space:nowrap}
.tiles span{color:var(--dim);font-size:13px}.tiles .no b{color:var(--bad)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;margin:0 0 18px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:18px}.two section{min-width:0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:500;color:var(--dim);font-size:13px;text-align:left;border-bottom:1px solid var(--line);padding:3px 14px 5px 0}
td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}td.n,th.n{text-align:right;white-space:nowrap}
td.e{white-space:nowrap}td.c{width:100%;padding-right:0}td.c code{padding-top:1.5px}
.no-word{color:var(--bad);font-weight:600}
code{font:13px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere;white-space:pre-wrap;
display:block;max-height:9em;overflow:auto;unicode-bidi:isolate;direction:ltr}
pre{font:12px/1.45 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;margin:6px 0 2px;padding:8px 11px;background:var(--bg);
border-radius:6px;border-left:3px solid var(--bad);white-space:pre-wrap;overflow-wrap:anywhere;max-height:16em;overflow:auto;
unicode-bidi:isolate;direction:ltr}
details{margin-top:8px}summary{cursor:pointer;color:var(--dim)}
figure{margin:0}figcaption{display:flex;gap:10px;align-items:baseline;flex-wrap:wrap;margin-bottom:8px}
figcaption b{font-weight:650;font-size:16px}
figcaption span{color:var(--dim);font-size:13px}figcaption .top{margin-left:auto}
svg{display:block;width:100%;height:130px;border-bottom:1px solid var(--line)}
.good{fill:var(--good)}.bad{fill:var(--bad)}g:hover rect{opacity:.72}
.axis{display:flex;justify-content:space-between;color:var(--dim);font-size:12px;margin-top:4px}
#map{position:relative}canvas{display:block;width:100%;touch-action:pan-y;cursor:crosshair;border-radius:3px}
#sel{position:absolute;top:0;bottom:22px;background:var(--mark);opacity:.25;pointer-events:none;display:none}
#tip{position:absolute;z-index:2;pointer-events:none;background:var(--ink);color:var(--bg);border-radius:6px;padding:6px 10px;
font-size:13px;max-width:min(440px,90%);display:none;overflow-wrap:anywhere;white-space:pre-line}
.keys{display:flex;gap:4px 16px;flex-wrap:wrap;align-items:center;color:var(--dim);font-size:13px;margin-top:8px;min-height:27px}
.keys i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;vertical-align:-1px}
button{font:inherit;font-size:13px;color:var(--ink);background:var(--bg);border:1px solid var(--line);border-radius:6px;
padding:1px 10px;cursor:pointer}
input{font:inherit;width:100%;padding:8px 12px;border:1px solid var(--line);border-radius:8px;background:var(--bg);color:var(--ink);
margin-bottom:8px}
input:focus-visible,button:focus-visible{outline:2px solid var(--good);outline-offset:1px}
#count{margin:0}
.needs{display:none}.js .needs{display:block}
footer{color:var(--dim);font-size:13px}
@media(max-width:720px){main{padding:18px 12px 40px}.two{grid-template-columns:minmax(0,1fr);gap:0}section{padding:13px 12px}
td,th{padding-right:10px}h1{font-size:20px}td.s,th.s{display:none}}
@media print{:root{color-scheme:light}section{break-inside:avoid}.needs{display:none!important}}
`;
