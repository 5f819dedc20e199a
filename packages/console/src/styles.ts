/**
 * The view's style sheet. Nothing outside `.bg-governor` is touched, nothing is fetched, and there are
 * no style attributes in the view, so that a page may forbid them. Widths are those of the view
 * (container queries) and not of the window: a CloudWatch widget is narrow in a wide one.
 */
const LIGHT = `
--page:#f4f6f9;--panel:#fff;--sunk:#eef1f5;--ink:#18212f;--soft:#536074;--line:#dce2ea;--edge:#8592a6;--link:#1d56b8;
--calm:#3c74d0;--warn:#8a5200;--warn-fill:#c4820f;--warn-back:#fdf3e0;--over:#b3221c;--over-fill:#cf3b33;--over-back:#fdecea;
--would:#5c3fb8;--would-fill:#8467d6;--would-back:#f0ecfb;--unknown:#4d5a6d;--unknown-fill:#8592a6;--unknown-back:#edf0f4;--good:#17693a;
--s0:#3c74d0;--s1:#1f9387;--s2:#9a6bc2;--s3:#7c8798;--stripe:#fff;--button:#1d56b8;--button-ink:#fff;--shadow:0 1px 2px #18212f14;`;

const DARK = `
--page:#0e131a;--panel:#171e28;--sunk:#212a36;--ink:#e7ecf3;--soft:#a3b0c2;--line:#2b3644;--edge:#75849a;--link:#8ab4ff;
--calm:#5f97ee;--warn:#f2bd66;--warn-fill:#d6982f;--warn-back:#33270f;--over:#ff9c94;--over-fill:#e5574e;--over-back:#3a1b1b;
--would:#c3b2ff;--would-fill:#9279e0;--would-back:#2a2345;--unknown:#b3bfcf;--unknown-fill:#75849a;--unknown-back:#252e3a;--good:#79d6a1;
--s0:#5f97ee;--s1:#35b3a5;--s2:#b487dd;--s3:#8f9cae;--stripe:#171e28;--button:#2f6fda;--button-ink:#fff;--shadow:none;`;

// A rule a line, each of them scoped below; `{…}` alone and `&` are the view itself.
const RULES = `
{container-type:inline-size;color:var(--ink);background:var(--page);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;padding:1.25rem clamp(.75rem,2cqi,2rem) 2.5rem;box-sizing:border-box;text-align:start;-webkit-text-size-adjust:100%;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
*{box-sizing:border-box}
h1,h2,h3,p,ul,ol,figure,fieldset{margin:0;padding:0;border:0;font-weight:inherit}
ul[role],ol[role]{list-style:none}
h1{font-size:1.25rem;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.05rem;font-weight:650;margin-block:0 .7rem}
h2 small{font-size:.85rem;font-weight:500;color:var(--soft);margin-inline-start:.25rem}
h3{font-size:1rem;font-weight:650;line-height:1.3}
section,.card,.tile{scroll-margin-top:1rem}
section:empty{display:none}
&[data-stale] .asof::after{content:" – no longer up to date";color:var(--over);font-weight:600}
section{margin-block-start:1.5rem}
#bg-status{margin:0}
code{font:.86em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
a{color:var(--link)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.vh{position:absolute!important;width:1px;height:1px;margin:-1px;padding:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap;border:0}
.none,.scope,.terms,.about,.hint,.asof,small{color:var(--soft)}
.scope,.hint,.card .none{font-size:.82rem;line-height:1.4}
.bad{color:var(--over)}
.good{color:var(--good)}

.badge{display:inline-block;font-size:.75rem;line-height:1.35;font-weight:650;padding:.05rem .45rem;border-radius:99px;white-space:nowrap;color:var(--ink);background:var(--sunk)}
.badge.over{color:var(--over);background:var(--over-back)}
.badge.warn{color:var(--warn);background:var(--warn-back)}
.badge.would{color:var(--would);background:var(--would-back)}
.badge.unknown{color:var(--unknown);background:var(--unknown-back)}

.top{display:flex;flex-wrap:wrap;gap:.6rem 2rem;align-items:flex-start}
.top .name p,.asof{font-size:.88rem;color:var(--soft)}
.mode{flex:1 1 20rem;border-inline-start:3px solid var(--good);padding-inline-start:.8rem}
.mode.observe{border-inline-start:3px dashed var(--would-fill)}
.mode.paused{border-inline-start:3px double var(--unknown-fill)}
.mode .badge{color:var(--good);font-size:.82rem;text-transform:uppercase;letter-spacing:.04em;background:none;padding:0;margin-inline-end:.3rem}
.mode.observe .badge{color:var(--would)}
.mode.paused .badge{color:var(--unknown)}

.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(9.5rem,100%),1fr));gap:.6rem;margin-block-start:1rem}
.tile{background:var(--panel);border:1px solid var(--line);border-radius:8px;box-shadow:var(--shadow)}
.tile a{display:block;height:100%;padding:.55rem .85rem .6rem;color:var(--soft);font-size:.88rem;line-height:1.3;text-decoration:none;border-radius:8px}
.tile a:hover{text-decoration:underline}
.tile b{display:block;font-size:1.6rem;line-height:1.2;font-weight:600;color:var(--ink);letter-spacing:-.02em}
.tile.over b{color:var(--over)}
.tile.warn b{color:var(--warn)}
.tile.would b{color:var(--would)}
.tile.unknown b{color:var(--unknown)}

#bg-clock{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;margin-block-start:1rem;padding:.5rem .85rem;background:var(--panel);border:1px solid var(--line);border-radius:8px}
#bg-clock:empty{display:none}
#bg-clock h2{font-size:.9rem;margin:0}
#bg-clock p{font-size:.88rem;color:var(--soft);min-width:7em}
#bg-clock form{padding:0;display:flex;flex-wrap:wrap;gap:.4rem;align-items:center;font-size:.88rem}
#bg-clock select{width:auto}

.columns{display:grid;grid-template-columns:minmax(0,1fr);gap:0 1.75rem}
.main,.side{min-width:0}
.cards,.notes{display:grid;align-items:start;grid-template-columns:repeat(auto-fill,minmax(min(25rem,100%),1fr));gap:.9rem}
.in-force{list-style:none;margin:0 0 .75rem;padding:0;display:grid;gap:.5rem}
.in-force li{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:.5rem .75rem;overflow-wrap:anywhere}
.in-force p{margin:0 0 .4rem}
.card{display:flex;flex-direction:column;gap:.5rem;min-width:0;background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:.85rem 1rem;box-shadow:var(--shadow)}
.card.over{border-block-start:3px solid var(--over-fill)}
.card.warn{border-block-start:3px solid var(--warn-fill)}
.card.would{border-block-start:3px dashed var(--would-fill)}
.card.unknown{border-block-start:3px dotted var(--unknown-fill)}
.card:target{border-color:var(--link)}
.card header{display:flex;gap:.5rem;align-items:baseline;justify-content:space-between}
.card ul:not([role]){padding-inline-start:1.1rem;display:grid;gap:.35rem}
.about{color:var(--ink)}
.terms,.about{font-size:.88rem}
.terms b{color:var(--ink);font-weight:600}
.terms b.bad{color:var(--over)}

.keys{display:grid;gap:.7rem;margin-block-start:.2rem}
.keys li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 .6rem;align-items:baseline}
.who{font-weight:550;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden}
.where{text-align:end;white-space:nowrap}
.where b{font-weight:600;margin-inline-start:.2rem}
.say{grid-column:1/-1;display:flex;flex-wrap:wrap;justify-content:space-between;column-gap:1rem;font-size:.85rem;color:var(--soft)}
.keys svg{grid-column:1/-1;margin-block-start:.15rem}
svg{display:block;overflow:hidden}
.bar .track{fill:var(--sunk)}
.fill{fill:var(--calm)}
.fill.warn{fill:var(--warn-fill)}
.fill.over{fill:var(--over-fill)}
.fill.would{fill:var(--would-fill)}
.tick{fill:var(--edge)}
.tick.deny{fill:var(--ink)}
.beyond{fill:#fff;font:700 13px/1 system-ui,sans-serif}
.ahead{fill:url(#bg-hatch-ahead) var(--line)}
.nobody-knows{fill:url(#bg-hatch-unknown) var(--line)}
.axis{margin-block-start:-.45rem}
.axis text{font-size:11px;fill:var(--soft)}
.axis text.deny{fill:var(--ink);font-weight:650}
.hatch-ahead path{stroke:var(--edge);stroke-width:1.2;fill:none}
.hatch-unknown path{stroke:var(--edge);stroke-width:1;fill:none}
.hatch-denied path{stroke:var(--over-fill);stroke-width:1;stroke-opacity:.5;fill:none}
.series-1 rect{fill:var(--s1)}
.series-2 rect{fill:var(--s2)}
.series-3 rect{fill:var(--s3)}
.series-1 path,.series-2 path{stroke:var(--stripe);stroke-width:1.1;stroke-opacity:.75;fill:none}
.series-3 path{fill:var(--stripe);fill-opacity:.75}
.steps{display:flex;flex-wrap:wrap;gap:.3rem .4rem;font-size:.82rem;line-height:1.4}
.steps li{padding:.1rem .5rem;border:1px solid var(--line);border-radius:6px}
.steps li.deny{border-color:var(--edge)}
.way{display:grid;gap:.3rem;margin-block:0 .8rem}
.way a{margin-inline-start:.6rem;font-size:.9rem}
.way b{font-weight:550}

details summary{cursor:pointer;font-size:.88rem;color:var(--link);padding-block:.1rem;width:fit-content}
details[open]>summary{margin-block-end:.4rem}
.act form+form{border-block-start:1px solid var(--line);padding-block-start:.8rem}
.card .act{padding-block-start:.2rem;border-block-start:1px solid var(--line)}
table{border-collapse:collapse;width:100%;font-size:.88rem}
th,td{text-align:start;vertical-align:top;padding:.3rem .6rem .3rem 0;border-block-start:1px solid var(--line);font-weight:400}
thead th{font-size:.78rem;font-weight:600;color:var(--soft);border:0}
td:last-child,th:last-child{padding-inline-end:0}
td i{font-style:normal;font-weight:600}
th i{font-style:normal;font-weight:600;color:var(--over)}
.numbers tbody td{white-space:nowrap}
.money{table-layout:fixed;overflow-wrap:anywhere}
.money small{display:block}
.scroll{overflow-x:auto}
.at{display:none}
table.denied{table-layout:fixed;background:var(--panel);border:1px solid var(--line);border-radius:8px;border-collapse:separate;border-spacing:0;box-shadow:var(--shadow)}
.denied tbody tr>*{padding:.6rem .9rem .6rem 0}
.denied tr>:first-child{padding-inline-start:.9rem}
.denied thead th{padding-block:.55rem .35rem}
.denied tbody th{font-weight:600;box-shadow:inset 3px 0 var(--over-fill)}
.denied tbody tr.would th{box-shadow:inset 3px 0 var(--would-fill)}
.denied thead th:nth-child(1){width:23%}
.denied thead th:nth-child(2){width:20%}
.denied thead th:nth-child(4){width:7.2rem}
.denied thead th:nth-child(5){width:19%}
.denied tbody tr:last-child th{border-end-start-radius:8px}
.denied small{display:block;font-size:.82rem;white-space:nowrap}
.denied th .badge{display:table;margin-block-start:.2rem}
#bg-denied>.scope{margin-block-start:.6rem}

.plot text{font-size:11px;fill:var(--soft)}
.plot .line{fill:var(--line)}
.plot .base{fill:var(--edge)}
.s0{fill:var(--s0)}
.s1{fill:url(#bg-series-1) var(--s1)}
.s2{fill:url(#bg-series-2) var(--s2)}
.s3{fill:url(#bg-series-3) var(--s3)}
.refused{fill:var(--over-fill)}
.denied-back{fill:var(--over-back)}
.denied-hatch{fill:url(#bg-hatch-denied) transparent}
.denied-edge{fill:var(--over-fill)}
.plot .denied-word{fill:var(--over);font-weight:650}
.plot .now{fill:var(--ink)}
.point rect{fill:transparent}
.point rect:hover{fill:var(--ink);fill-opacity:.08}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;font-size:.82rem;color:var(--soft)}
.legend code{color:var(--ink)}
.swatch{display:inline-block;vertical-align:-1px}

.feed{background:var(--panel);border:1px solid var(--line);border-radius:8px;box-shadow:var(--shadow)}
.feed li{padding:.6rem .9rem;border-inline-start:3px solid transparent;font-size:.9rem}
.feed li+li{border-block-start:1px solid var(--line)}
.feed li.over{border-inline-start-color:var(--over-fill)}
.feed li.warn{border-inline-start-color:var(--warn-fill)}
.feed li.would{border-inline-start:3px dashed var(--would-fill)}
.feed li.unknown{border-inline-start:3px dotted var(--unknown-fill)}
.feed b{font-weight:650}
.feed li.over b{color:var(--over)}
.feed li.warn b{color:var(--warn)}
.feed li.would b{color:var(--would)}
.feed time{float:inline-end;color:var(--soft);font-size:.82rem}
.feed .scope span{margin-inline-end:.6rem}

form{display:grid;gap:.7rem;padding-block:.4rem .6rem}
.field{display:grid;gap:.15rem}
label{font-size:.88rem;font-weight:550}
.hint{margin:0}
input[type=text],select{font:inherit;color:inherit;background:var(--page);border:1px solid var(--edge);border-radius:6px;padding:.35rem .55rem;width:100%;min-width:0;height:2.3rem}
input[aria-invalid]{border-color:var(--over);border-width:2px}
legend{font-size:.88rem;font-weight:550;padding:0}
.choice{display:flex;gap:.5rem;align-items:baseline;font-weight:400;padding-block:.15rem}
.choice input{margin:0;accent-color:var(--button)}
.answer{font-size:.88rem}
.answer:empty{display:none}
button{font:inherit;font-size:.88rem;font-weight:600;color:var(--button-ink);background:var(--button);border:1px solid transparent;border-radius:6px;padding:.35rem .9rem;min-height:2.1rem;width:fit-content;cursor:pointer}
button:hover{filter:brightness(1.1)}
#bg-clock button{color:var(--ink);background:var(--sunk);border-color:var(--edge);padding-inline:.7rem}
#bg-by-hand .act{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:.5rem .9rem;margin-block-end:.6rem}
`;

const WIDE = `
.columns{grid-template-columns:minmax(0,1fr) minmax(17rem,21rem)}
`;

const NARROW = `
table.denied,.denied tbody,.denied tr,.denied td,.denied tbody th{display:block}
.denied thead{display:none}
.denied tbody tr{box-shadow:inset 3px 0 var(--over-fill);padding:.6rem .9rem}
.denied tbody tr.would{box-shadow:inset 3px 0 var(--would-fill)}
.denied tbody tr+tr{border-block-start:1px solid var(--line)}
.denied tbody tr>*{border:0;padding:.1rem 0}
.denied tbody tr[class]>:first-child{padding-inline-start:0;box-shadow:none;border-radius:0}
.denied tbody td{display:grid;grid-template-columns:4.2rem minmax(0,1fr)}
.denied td>:not(.at){grid-column:2}
.denied .at{display:block;color:var(--soft);font-size:.82rem}
.denied th .badge{display:inline-block;margin-inline-start:.3rem}
`;

const MOVING = `
.fill,.bar .ahead{transition:width .4s ease-out,x .4s ease-out}
`;

// Colours that the user has chosen replace ours; shapes keep apart what has to be told apart.
const CHOSEN_COLOURS = `
.bar .track{fill:Canvas;stroke:CanvasText}
.fill,.s0,.refused,.tick.deny,.tick,.plot .base{fill:CanvasText}
.badge{border:1px solid}
`;

const scoped = (rules: string): string =>
  rules
    .trim()
    .split("\n")
    .filter((rule) => rule !== "")
    .map((rule) => {
      const [selectors = ""] = rule.split("{", 1);
      const inView = (one: string) =>
        one.startsWith("&") ? `.bg-governor${one.slice(1)}` : `.bg-governor ${one}`.trim();
      return selectors.split(",").map(inView) + rule.slice(selectors.length);
    })
    .join("\n");

export const styles = [
  `.bg-governor{color-scheme:light;${LIGHT}}`,
  `.bg-governor[data-theme=dark]{color-scheme:dark;${DARK}}`,
  `@media (prefers-color-scheme:dark){.bg-governor:not([data-theme]){color-scheme:dark;${DARK}}}`,
  scoped(RULES),
  `@container (min-width:64rem){${scoped(WIDE)}}`,
  `@container (max-width:40rem){${scoped(NARROW)}}`,
  `@media (prefers-reduced-motion:no-preference){${scoped(MOVING)}}`,
  `@media (forced-colors:active){${scoped(CHOSEN_COLOURS)}}`,
].join("\n");
