import { type Html, html, markup, type Part } from "./html.ts";
import { attention } from "./sections/attention.ts";
import { byHand } from "./sections/by-hand.ts";
import { charts } from "./sections/charts.ts";
import { clock } from "./sections/clock.ts";
import { denied } from "./sections/denied.ts";
import { events } from "./sections/events.ts";
import { limits } from "./sections/limits.ts";
import { money } from "./sections/money.ts";
import { news } from "./sections/news.ts";
import { status } from "./sections/status.ts";
import { type Look, lookAt } from "./standing.ts";
import type { ConsoleState } from "./state.ts";

const SECTIONS = {
  "bg-status": status,
  "bg-clock": clock,
  "bg-news": news,
  "bg-attention": attention,
  "bg-denied": denied,
  "bg-charts": charts,
  "bg-limits": limits,
  "bg-money": money,
  "bg-by-hand": byHand,
  "bg-events": events,
} as const satisfies Readonly<Record<string, (look: Look) => Part>>;

export type SectionId = keyof typeof SECTIONS;

/** What stands in each section: markup, empty where there is nothing to say. */
export type Sections = Readonly<Record<SectionId, string>>;

/**
 * The state as markup: no script, no styles, no document around it. The same state gives the same
 * text. Needs the style sheet of styles.ts; a CloudWatch widget puts it before it in a <style>.
 */
export const view = (state: ConsoleState): string => frame(sections(state), state.theme);

/** The view by sections, of which there are always the same, so that a host can send only those that changed. */
export function sections(state: ConsoleState): Sections {
  const look = lookAt(state);
  const drawn = Object.entries(SECTIONS).map(([id, draw]) => [id, markup(html`${draw(look)}`)]);
  return Object.fromEntries(drawn) as Sections;
}

/** Those sections that are not as they were. */
export function changedSections(before: Sections | undefined, after: Sections): Partial<Sections> {
  return Object.fromEntries(Object.entries(after).filter(([id, text]) => before?.[id as SectionId] !== text));
}

/** Sections put into the frame that never changes. */
function frame(drawn: Sections, theme: ConsoleState["theme"]): string {
  const region = (id: SectionId): string => `<section id="${id}" aria-labelledby="${id}-name">${drawn[id]}</section>`;
  const opening = `<div class="bg-governor"${theme === undefined ? "" : ` data-theme="${theme}"`}>${PATTERNS}`;
  const main = `<div class="main">${region("bg-denied")}${region("bg-charts")}${region("bg-limits")}${region("bg-money")}</div>`;
  const side = `<div class="side">${region("bg-by-hand")}${region("bg-events")}</div>`;
  const news = `<div id="bg-news" class="vh" role="status" aria-live="polite">${drawn["bg-news"]}</div>`;
  return `${opening}${region("bg-status")}${region("bg-clock")}${news}${region("bg-attention")}<div class="columns">${main}${side}</div></div>`;
}

/**
 * Hatchings, so that no meaning hangs on colour alone. Named by fill: url(#…) in the style sheet, which has a
 * colour for where this is stripped.
 */
const PATTERNS = markup(
  html`<svg class="vh" width="0" height="0" aria-hidden="true"><defs>${[
    pattern("bg-hatch-denied", "hatch-denied", html`<path d="M-1 1l2-2M0 6l6-6M5 7l2-2"/>`),
    pattern("bg-hatch-ahead", "hatch-ahead", html`<path d="M-1 5l2 2M0 0l6 6M5-1l2 2"/>`),
    pattern("bg-hatch-unknown", "hatch-unknown", html`<path d="M0 0h6M0 3h6"/>`),
    pattern("bg-series-1", "series-1", html`<rect width="6" height="6"/><path d="M-1 1l2-2M0 6l6-6M5 7l2-2"/>`),
    pattern("bg-series-2", "series-2", html`<rect width="6" height="6"/><path d="M0 1.5h6M0 4.5h6"/>`),
    pattern("bg-series-3", "series-3", html`<rect width="6" height="6"/><path d="M1 1h2v2h-2zM4 4h2v2h-2z"/>`),
  ]}</defs></svg>`,
);

function pattern(id: string, className: string, inside: Html): Html {
  return html`<pattern id="${id}" class="${className}" width="6" height="6" patternUnits="userSpaceOnUse">${inside}</pattern>`;
}
