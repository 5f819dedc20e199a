import { describeProblem } from "@bedrock-governor/core/limit/describe-problem";
import { button, drawForm, formOf } from "../form-parts.ts";
import { foreign, type Html, html, type Part } from "../html.ts";
import type { Look } from "../standing.ts";
import { counted, models as modelNames } from "../words.ts";

/** What waits for a person, and what is not known. Empty when all is well. */
export function attention(look: Look): Part {
  const notes = [heldPlan(look), unknown(look), blocked(look), problems(look)].filter((note) => note !== undefined);
  if (notes.length === 0) return undefined;
  return html`<h2 id="bg-attention-name">Needs attention</h2><div class="notes">${notes}</div>`;
}

const MOST_PAIRS = 200;

function heldPlan({ state: { heldPlan, forms } }: Look): Html | undefined {
  if (heldPlan === undefined) return undefined;
  const { id, changes } = heldPlan;
  const people = counted(changes.length, "principal");
  const pairs = html`<details id="bg-held"><summary>Who would be denied what</summary><table><caption class="vh">Held denies</caption><thead><tr><th scope="col">Principal</th><th scope="col">Models</th></tr></thead><tbody>${changes
    .slice(0, MOST_PAIRS)
    .map(
      ({ principal, models }) =>
        html`<tr><th scope="row">${foreign(principal)}</th><td>${modelNames(models)}</td></tr>`,
    )}</tbody></table>${
    changes.length > MOST_PAIRS && html`<p class="none">${changes.length - MOST_PAIRS} more not listed here.</p>`
  }</details>`;
  const form = forms && formOf(forms, "approve");
  const approve =
    form &&
    drawForm(
      form,
      html`<input type="hidden" name="plan" value="${id}"><label class="choice"><input type="checkbox" name="looked" value="yes" required aria-describedby="${form.id}-answer"> <span>I have looked at all of them; they may be denied</span></label>`,
      button(html`Deny ${people}`),
    );
  return html`<article class="card warn"><h3>A plan is held</h3><p>${people} would newly be denied at once, more than is let through without being asked. None of them is. If this is not meant, correct the limit: the plan then goes away.</p>${pairs}${approve}<p class="scope">Plan <code>${foreign(id)}</code></p></article>`;
}

function unknown({ state, moments }: Look): Html | undefined {
  if (state.unknown.length === 0) return undefined;
  return html`<article class="card unknown"><h3>Unknown readings</h3><p>Nobody is newly denied by these limits, and denies that they may have caused are held.</p><ul>${state.unknown.map(
    ({ limit, why, since }) =>
      html`<li><b>${foreign(limit)}</b> ${foreign(why)}${since !== undefined && html`, since ${moments.element(since)}`}</li>`,
  )}</ul></article>`;
}

function blocked({ state }: Look): Html | undefined {
  if (state.blocked.length === 0) return undefined;
  return html`<article class="card over"><h3>IAM refused</h3><p>Tried again on every run; each needs a person.</p><ul>${state.blocked.map(
    ({ principal, why, remedy }) => html`<li><b>${foreign(principal)}</b> ${foreign(why)}; ${foreign(remedy)}</li>`,
  )}</ul></article>`;
}

function problems({ state }: Look): Html | undefined {
  if (state.problems.length === 0) return undefined;
  return html`<article class="card warn"><h3>Settings that are not in force as written</h3><ul>${state.problems.map(
    ({ parameter, problems, inForceInstead }) =>
      html`<li>${problems.map((problem) => html`${foreign(describeProblem(problem, parameter))} `)}<small>Until it is corrected, ${foreign(inForceInstead)}.</small></li>`,
  )}</ul></article>`;
}
