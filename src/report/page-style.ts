/** The report's style sheet. Colours are custom properties, so that themes and figures share them. */
import { DARK, LIGHT, themeDeclarations } from './palette.ts'

/** `modules` is how many modules need a rule that lets the others fade. */
export function pageStyle(modules: number): string {
  const fade = Array.from(
    { length: modules },
    (_, m) => `main[data-focus="${m}"] figure [data-m]:not([data-m~="${m}"]){opacity:.1}`,
  ).join('\n')
  return `:root{color-scheme:light;${themeDeclarations(LIGHT)}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${themeDeclarations(DARK)}}}
:root[data-theme=dark]{color-scheme:dark;${themeDeclarations(DARK)}}
${LAYOUT}
${fade}
${PRINT}`
}

const LAYOUT = `*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:4.5rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.6 'Atkinson Hyperlegible',system-ui,-apple-system,'Segoe UI',sans-serif;overflow-wrap:anywhere}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99rem;background:var(--paper);padding:.6rem 1rem;z-index:9}
.skip:focus{left:1rem;top:1rem}
header,main,footer{max-width:76rem;margin:0 auto;padding:0 clamp(1rem,4vw,2.5rem)}
header{display:flex;align-items:center;gap:1rem;padding-top:1.4rem}
header p{margin:0;color:var(--soft);flex:1;min-width:0}
header b{color:var(--ink);letter-spacing:.02em;margin-right:.5rem}
button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:999px;padding:.3rem .8rem;cursor:pointer}
button:hover{border-color:var(--soft)}
.verdict{padding:clamp(1.6rem,5vw,3.2rem) 0 1.2rem}
h1{font-size:clamp(2rem,6.4vw,3.6rem);line-height:1.08;letter-spacing:-.025em;margin:0 0 1rem;font-weight:750;text-wrap:balance}
.good h1{color:var(--good)}
.bad h1{color:var(--bad)}
.verdict p.partial{font-size:1rem;margin-top:1.1rem;padding:.7rem 1rem;background:var(--paper);border:1px solid var(--line);border-left:5px solid var(--bad);border-radius:8px}
.verdict p{font-size:clamp(1.05rem,2.2vw,1.25rem);max-width:44rem;margin:0;text-wrap:pretty}
dl.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1px;background:var(--line);border:1px solid var(--line);border-radius:14px;overflow:hidden;margin:1.4rem 0 0}
dl.key div{background:var(--paper);padding:.9rem 1.1rem}
dl.key dt{color:var(--soft);font-size:.84rem}
dl.key dd{margin:0;font-size:1.5rem;font-weight:650;letter-spacing:-.01em;line-height:1.3}
dl.key dd small{display:block;font-size:.8rem;font-weight:400;color:var(--soft);letter-spacing:0}
nav.modules{position:sticky;top:0;z-index:5;background:color-mix(in srgb,var(--page) 92%,transparent);backdrop-filter:blur(6px);padding:.6rem 0;margin-top:1.4rem;display:flex;gap:.35rem;align-items:center;overflow-x:auto;scrollbar-width:thin}
nav.modules span.label{color:var(--soft);font-size:.84rem;margin-right:.3rem;white-space:nowrap}
nav.modules button{display:inline-flex;align-items:center;padding:.16rem .6rem;flex:none;font-size:.92rem;font-variant-numeric:tabular-nums}
nav.modules button[aria-pressed=true]{border-color:var(--ink);box-shadow:inset 0 0 0 1px var(--ink)}
.mark{display:inline-flex;align-items:center;gap:.35rem;white-space:nowrap}
section{background:var(--paper);border:1px solid var(--line);border-radius:16px;padding:clamp(1.1rem,3vw,1.9rem);margin:1.2rem 0}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.2rem;margin:1.2rem 0}
.pair section{margin:0;min-width:0}
h2{font-size:1.35rem;letter-spacing:-.012em;line-height:1.25;margin:0 0 .8rem}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
h2.part{font-size:1.9rem;letter-spacing:-.02em;margin:2.6rem 0 0}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem}
.side,.together{border:1px solid var(--line);border-top:4px solid var(--grey);border-radius:10px;padding:.9rem 1.1rem}
.side.good,.together.good{border-top-color:var(--good)}
.side.bad,.together.bad{border-top-color:var(--bad)}
.side p,.together p{margin:0;max-width:46rem}
.side .name{color:var(--soft);font-size:.84rem}
.side h3,.together h3{margin:.1rem 0 .35rem;font-size:1.15rem;line-height:1.3}
.together{margin:1rem 0 1.1rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19.5rem),1fr));gap:1rem;margin-top:1rem}
.card{border:1px solid var(--line);border-radius:12px;padding:.9rem 1rem;min-width:0}
.card h3{display:flex;align-items:center;gap:.4rem;margin:0 0 .3rem;flex-wrap:wrap}
.card h3 span:not(.mark){font-weight:500}
.card .kind{margin-left:auto;font-weight:400;font-size:.8rem;color:var(--soft);border:1px solid var(--line);border-radius:999px;padding:0 .55rem}
.card .kind.important{color:var(--bad);border-color:var(--bad)}
.card p{margin:0;font-size:.9rem;color:var(--soft);line-height:1.45}
.card p b{color:var(--ink)}
.card svg{display:block;max-width:100%;height:auto;margin:.5rem 0 .2rem}
.card .mark svg{margin:0}
.pictures{display:flex;flex-wrap:wrap;gap:.35rem .9rem;margin:.5rem 0}
.pictures .small{flex-basis:100%}
.pictures small{display:block;color:var(--soft);font-size:.8rem;line-height:1.4}
.pictures .small div{display:flex;flex-wrap:wrap;gap:3px}
.pictures img{display:block;image-rendering:pixelated;border-radius:3px}
.pictures .large .image{width:5.4rem;height:auto}
.pictures .small .image{width:1.95rem;height:auto}
.pictures .strip{width:100%;min-width:4rem;height:.9rem}
.card table{min-width:100%;font-size:.84rem;margin-top:.4rem}
.card .hurt span{white-space:nowrap;margin-right:.3rem}
.questions td:not(:last-child),.questions thead th{white-space:nowrap}
.questions td:last-child{min-width:13rem}
.card th,.card td{padding:.15rem .4rem .15rem 0}
.card thead th{position:static}
figure{margin:0}
figure:focus-visible{outline-offset:5px}
figcaption{color:var(--soft);max-width:46rem;margin-top:.3rem;font-size:.95rem}
.scroll{overflow-x:auto;scrollbar-width:thin;max-width:100%}
figure .plot{margin:1rem 0 .2rem}
.plot svg{display:block;margin:0 auto;max-width:100%;height:auto}
.narrow .plot svg{width:100%;max-width:38rem}
[data-m]{transition:opacity .12s}
.node:hover,.node.here{stroke:var(--ink);stroke-width:2}
output{display:block;min-height:1.6em;font-size:.92rem;color:var(--ink);font-variant-numeric:tabular-nums}
details{margin-top:.9rem}
summary{cursor:pointer;color:var(--accent);width:fit-content}
details .scroll{max-height:26rem;overflow:auto;margin-top:.6rem}
.scroll+.scroll,.scroll+p,.words+*{margin-top:1.1rem}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;min-width:min(100%,24rem)}
caption{text-align:left;color:var(--soft);padding:.2rem 0 .5rem}
th,td{padding:.3rem .9rem .3rem 0;text-align:right;border-bottom:1px solid var(--faint);white-space:nowrap}
thead th{color:var(--soft);font-weight:500;position:sticky;top:0;background:var(--paper)}
th:first-child{text-align:left;font-weight:500}
.words td,.words th{text-align:left;white-space:normal;vertical-align:top}
.words th:first-child{min-width:9rem}
pre{background:var(--faint);border-radius:10px;padding:.9rem 1.1rem;overflow-x:auto;font:.86rem/1.55 ui-monospace,'Cascadia Mono',Menlo,Consolas,monospace;margin:.6rem 0;overflow-wrap:normal}
code{font-family:ui-monospace,'Cascadia Mono',Menlo,Consolas,monospace;font-size:.9em}
footer{color:var(--soft);font-size:.9rem;padding-top:.6rem;padding-bottom:3rem}
@media (max-width:40rem){section{border-radius:12px}header p span{display:none}}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}[data-m]{transition:none}}`

const PRINT = `@media print{:root{color-scheme:light;${themeDeclarations(LIGHT)}}body{background:none;font-size:10pt}nav.modules,button,.skip,output,details:not([open]){display:none}section{break-inside:avoid;border:0;padding:0 0 1rem}.plot svg{max-width:100%}.scroll{overflow:visible}details .scroll{max-height:none}}`
