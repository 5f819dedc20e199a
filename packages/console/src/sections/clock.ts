import { button, drawForm, type Form, formOf, wasRefused } from "../form-parts.ts";
import { html, type Part } from "../html.ts";
import type { Look } from "../standing.ts";

const STEPS_IN_MINUTES = [1, 15, 60];

/** How simulated time runs. The time itself is in the status: this section changes only when someone acts. */
export function clock({ state }: Look): Part {
  if (state.clock === undefined || state.forms === undefined) return undefined;
  const { paused, speed, speeds } = state.clock;
  const form = formOf(state.forms, "clock");
  const run: Form = { ...form, id: `${form.id}-run`, answer: wasRefused(form) ? form.answer : undefined };
  const set: Form = { ...form, id: `${form.id}-speed`, answer: undefined };
  const steps = STEPS_IN_MINUTES.map(
    (minutes) => html` <button type="submit" name="step" value="${minutes}">+ ${minutes} min</button>`,
  );
  const choices = speeds.map(
    (one) => html`<option value="${one}"${one === speed && html` selected`}>${one} ×</option>`,
  );
  return html`<h2 id="bg-clock-name">Simulated time</h2><p>${paused ? "Stands still." : `Runs at ${speed} ×.`}</p>${drawForm(
    run,
    undefined,
    html`<button type="submit" name="pause" value="${paused ? "no" : "yes"}">${paused ? "Go on" : "Pause"}</button>${steps}`,
  )}${drawForm(
    set,
    html`<label for="${set.id}-of">Speed</label><select id="${set.id}-of" name="speed" autocomplete="off">${choices}</select>`,
    button("Set"),
  )}`;
}
