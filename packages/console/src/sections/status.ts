import { button, drawForm, formOf } from "../form-parts.ts";
import { foreign, type Html, html, type Part } from "../html.ts";
import type { Look } from "../standing.ts";
import { counted, digits, MODE_WORDS, MODES } from "../words.ts";

/** Where one is, in which mode, and what there is to know at a glance. */
export function status(look: Look): Html {
  const { state, moments } = look;
  return html`<div class="top"><div class="name"><h1 id="bg-status-name">Bedrock Governor</h1><p>${foreign(state.stage)}, account ${foreign(
    state.account,
  )}</p></div><div class="mode ${state.mode}"><p><span class="badge">${state.mode}</span> ${MODE_WORDS[state.mode]}</p>${modeForm(
    look,
  )}</div><p class="asof">${state.clock === undefined ? "As of" : "Simulated time"} <time datetime="${new Date(
    state.now,
  ).toISOString()}">${moments.whole(state.now)}</time></p></div><ul class="tiles" role="list">${tiles(look)}</ul>`;
}

function modeForm({ state: { forms, mode } }: Look): Part {
  if (forms === undefined) return undefined;
  const form = formOf(forms, "mode");
  const choices = MODES.map(
    (one) =>
      html`<label class="choice"><input type="radio" name="mode" value="${one}"${one === mode && html` checked`} required> <span><b>${one}</b> ${MODE_WORDS[one]}</span></label>`,
  );
  return html`<details class="act" id="bg-form-mode-act"${form.answer !== undefined && html` open`}><summary>Change mode</summary>${drawForm(
    form,
    html`<fieldset><legend>Mode</legend>${choices}</fieldset>`,
    button("Change mode"),
  )}</details>`;
}

function tiles({ state, denied, tones }: Look): Part {
  const people = (which: "denied" | "would") => [...denied.values()].filter((one) => one === which).length;
  const would = people("would");
  const past = [...tones.values()].filter((tone) => tone !== "calm" && tone !== "unknown").length;
  const refused = state.charts
    .filter(({ kind }) => kind === "principal")
    .reduce((sum, chart) => sum + chart.refused.reduce((part, n) => part + n, 0), 0);
  const waits = state.problems.length + state.blocked.length + (state.heldPlan === undefined ? 0 : 1);
  return [
    tile("bg-denied", people("denied"), (n) => `${n === 1 ? "principal" : "principals"} denied`, "over"),
    (would > 0 || state.mode === "observe") && tile("bg-denied", would, () => "would be denied", "would"),
    tile("bg-limits", past, () => `of ${counted(state.limits.length, "limit")} past a step`, "warn"),
    tile("bg-charts", refused, (n) => `${n === 1 ? "call" : "calls"} refused, charted below`, "calm"),
    tile("bg-attention", state.unknown.length, (n) => `unknown ${n === 1 ? "reading" : "readings"}`, "unknown"),
    tile("bg-attention", waits, (n) => `${n === 1 ? "waits" : "wait"} for an operator`, "warn"),
  ];
}

/** Coloured only when there is something. */
function tile(section: string, n: number, words: (n: number) => string, tone: string): Html {
  return html`<li class="tile ${n === 0 ? "calm" : tone}"><a href="#${section}"><b>${digits(n)}</b> ${words(n)}</a></li>`;
}
