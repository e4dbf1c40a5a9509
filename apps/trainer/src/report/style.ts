/** The page's style: light and dark as the reader has it, one column on a telephone, plain on paper. */
export const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--ground:#fff;--tint:#fff4d6;--alarm:#b00020;
--series-0:#0072b2;--series-1:#d55e00;--series-2:#00845f;--series-3:#b5478b;--series-4:#946200;--series-5:#2b8fc7}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#343b44;--ground:#12161b;--tint:#332a12;--alarm:#ff8a80;
--series-0:#4aa8e0;--series-1:#ff8a3c;--series-2:#2fc79a;--series-3:#e59ac6;--series-4:#f0b429;--series-5:#9ad4f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:.2em 0 .6em}h2{margin:2.2em 0 .8em;border-bottom:1px solid var(--line);padding-bottom:.2em}h3{margin:1.4em 0 .5em;font-size:1rem}
p,.findings,figcaption{max-width:46rem}
.findings{padding-left:0;list-style:none}.findings li{margin:.5em 0}
figure{margin:0}figcaption,.note,.intro,small{color:var(--soft);font-size:.875rem}
.plot{max-width:36rem}.table{margin-top:1.3rem}
.plot>svg{display:block;width:100%;height:auto;color:var(--ink);--plot-background:var(--ground)}
.row{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1.5rem 2rem;align-items:start}
.legend{display:block;color:var(--ink)}.legend span{display:inline-block;max-width:100%;overflow:hidden;text-overflow:ellipsis;vertical-align:bottom;white-space:nowrap;margin-right:1em}.key{width:1.4em;height:.5em;vertical-align:middle}
.scroll{overflow-x:auto;margin-top:.2rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9375rem}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}th:first-child{text-align:left;padding-left:0}
th{font-weight:600}th[colspan]{text-align:center}td:last-child,th:last-child{padding-right:0}thead th{vertical-align:bottom}
.settings td,.settings th{text-align:left}.settings td{white-space:normal;min-width:9rem}.settings th{font-weight:400}.settings thead th{font-weight:600}
.findings ul{margin:.2em 0 .9em;padding-left:1.9rem}.findings ul li{margin:.15em 0}
.wrapped thead th{white-space:normal;max-width:6.5rem}
.bars{--bar:4.3rem}.bars td{min-width:5.5rem;background:linear-gradient(to right,color-mix(in srgb,var(--series-0) 30%,transparent) calc(var(--bar)*var(--part,0)),transparent 0) content-box}
.confusion td{text-align:center;min-width:2.1rem;padding:.25rem .2rem;background:color-mix(in srgb,var(--series-1) calc(50%*var(--part,0)),transparent)}
.confusion td.right{background:color-mix(in srgb,var(--series-0) calc(50%*var(--part,0)),transparent);box-shadow:inset 0 0 0 1.5px var(--ink)}
.confusion thead th{text-align:center;padding-inline:.2rem}.confusion thead tr:first-child th:first-child{text-align:left;padding-left:0}.confusion th:last-child,.confusion td:last-child{padding-left:.6rem}
.confusion thead tr:last-child th:last-child{padding-left:.2rem}abbr{text-decoration:none}
.upright thead tr:last-child span{writing-mode:vertical-rl;rotate:180deg}
summary{cursor:pointer}.differs{background:var(--tint)}.differs td{font-weight:600}.mark-differs{font-size:.75rem;color:var(--soft);margin-left:.4rem}
.slices{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:1rem .8rem}
.slice{display:block;width:100%;border-radius:3px;background:#000}
.slice rect,.swatch{fill:none;stroke-width:2}.slice rect{vector-effect:non-scaling-stroke;filter:drop-shadow(0 0 .3px #000)}
.slice .truth{stroke:#ffd400;stroke-dasharray:5 3}.slice .mark{stroke:#00d5ff}
.slice text{fill:#fff;stroke:#000;stroke-width:.15em;paint-order:stroke;font-weight:600}.heat{image-rendering:pixelated}
.heat-scale{white-space:nowrap;color:var(--ink)}.heat-scale img{background:#333;vertical-align:-.05em}
.strips{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:1.2rem 1.6rem}.strips.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))}
.strip{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(0,1fr);gap:.4rem}.strips.wide .strip{grid-auto-columns:calc(25% - .3rem)}.strip small{display:block;text-align:center;font-size:.75rem;line-height:1.3}
.strips .card small{white-space:normal}.card figcaption small span{color:inherit}
.runs td:nth-child(2),.runs th:nth-child(2){text-align:left}
.card figcaption{line-height:1.35;margin-top:.3rem}.card figcaption span{white-space:nowrap;color:var(--ink)}.card small{font-size:.75rem;white-space:nowrap}
.swatch{display:inline-block;width:1.15em;height:1.15em;vertical-align:-.2em;margin-left:.3em;outline:1px solid #333}.swatch.truth{border:2px dashed #ffd400;background:#333}.swatch.mark{border:2px solid #00d5ff;background:#333}
.alarm{color:var(--alarm)}
@media (max-width:30rem){.slices{grid-template-columns:repeat(2,1fr)}table{font-size:.75rem}th,td{padding:.25rem .3rem}.bars{--bar:2.8rem}.bars td{min-width:3.4rem}.confusion td{min-width:1.45rem;padding:.25rem 0}.confusion thead th{padding-inline:0}.findings ul{padding-left:1.2rem}}
@page{margin:15mm}
@media print{body{font-size:11pt}main{max-width:none;padding:0}.plot,.card,tr,li{break-inside:avoid}h2,h3{break-after:avoid}.row{grid-template-columns:1fr 1fr}.tables{grid-template-columns:1fr}.tables>div{break-inside:avoid}.slices{grid-template-columns:repeat(6,1fr)}.scroll{overflow:visible}
.slice,.differs,.swatch,.bars td,.confusion td{print-color-adjust:exact}details::details-content{content-visibility:visible;display:block}table{font-size:8.5pt}.card figcaption{font-size:8pt}.card small{font-size:6.5pt}.settings td{min-width:0}}
`;
