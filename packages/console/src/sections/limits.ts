import { percent } from "../figures.ts";
import { foreign, type Html, html, type Part } from "../html.ts";
import { limitId } from "../ids.ts";
import type { Look, Tone } from "../standing.ts";
import type { LimitState } from "../state.ts";
import { counted } from "../words.ts";
import { limitCard } from "./limit-card.ts";

const MOST_NAMED = 12;

const GROUPS: readonly (readonly [tone: Tone, words: string])[] = [
  ["over", "past a step that denies"],
  ["would", "would deny"],
  ["unknown", "unknown"],
  ["warn", "past a warning"],
];

/** Every limit as a card, and before them the way to those that matter now. */
export function limits(look: Look): Html {
  const { state, tones } = look;
  if (state.limits.length === 0) {
    return html`<h2 id="bg-limits-name">Limits</h2><p class="none">There are no limits yet: nobody can be denied by one.</p>`;
  }
  return html`<h2 id="bg-limits-name">Limits <small>${state.limits.length}</small></h2>${wayTo(tones)}<div class="cards" id="bg-limits-cards">${state.limits.map(
    (limit) => limitCard(limit, look),
  )}</div>`;
}

function wayTo(tones: ReadonlyMap<LimitState, Tone>): Part {
  const groups = GROUPS.map(([tone, words]) => ({ tone, words, of: [...tones].filter((one) => one[1] === tone) }));
  const some = groups.filter(({ of }) => of.length > 0);
  if (some.length === 0) return html`<p class="none" id="bg-limits-none">All of them are below their first step.</p>`;
  return html`<ul class="way" id="bg-limits-way" role="list">${some.map(
    ({ tone, words, of }) =>
      html`<li><span class="badge ${tone}">${counted(of.length, "limit")} ${words}</span>${of
        .slice(0, MOST_NAMED)
        .map(
          ([limit]) => html` <a href="#${limitId(limit.limit.name)}">${foreign(limit.limit.name)}${worst(limit)}</a>`,
        )}</li>`,
  )}</ul>`;
}

function worst({ keys }: LimitState): Part {
  const first = keys.find(({ usage, threshold }) => usage.status === "known" && threshold !== undefined);
  if (first?.usage.status !== "known" || first.threshold === undefined) return undefined;
  return html` <b>${percent(first.usage.amount, first.threshold)}</b>`;
}
