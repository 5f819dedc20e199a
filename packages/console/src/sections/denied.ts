import { lasts } from "@bedrock-governor/core/words/when";
import { foreign, type Html, html, type Part } from "../html.ts";
import type { Look } from "../standing.ts";
import type { DeniedState } from "../state.ts";
import { models as modelNames, names } from "../words.ts";

const STATES: Readonly<Record<DeniedState["state"], readonly [tone: string, words: string]>> = {
  denied: ["over", "denied"],
  propagating: ["over", "taking effect"],
  would: ["would", "would be denied"],
};

const MOST_ROWS = 200;
const MOST_MODELS = 8;

/** Who is denied what, why, since when, and when it ends. */
export function denied(look: Look): Html {
  const { state } = look;
  const people = new Set(state.denied.map(({ principal }) => principal)).size;
  const onlyWould = state.denied.length > 0 && state.denied.every((one) => one.state === "would");
  const heading = html`<h2 id="bg-denied-name">${onlyWould ? "Would be denied" : "Denied"} <small>${people}</small></h2>`;
  const kept = keptOpen(state.protectedPrincipals);
  if (state.denied.length === 0) return html`${heading}<p class="none">${nobody(state.mode)}</p>${kept}`;
  const more = state.denied.length - MOST_ROWS;
  // What a stylesheet shows as cards on a narrow page must go on being a table to a screen reader, hence the roles.
  return html`${heading}<table class="denied" role="table"><caption class="vh">Who is denied which models, and why</caption><thead role="rowgroup"><tr role="row">${[
    "Principal",
    "Models",
    "Why",
    "Since",
    "Ends",
  ].map(
    (words) => html`<th scope="col" role="columnheader">${words}</th>`,
  )}</tr></thead><tbody role="rowgroup">${state.denied.slice(0, MOST_ROWS).map((one) => row(one, look))}</tbody></table>${
    more > 0 && html`<p class="none">${more} more not listed here.</p>`
  }${kept}`;
}

const nobody = (mode: string): string =>
  mode === "observe" ? "Nobody is denied, and nobody would be." : "Nobody is denied.";

function row({ principal, models, state, reason, since, ends }: DeniedState, { state: { now }, moments }: Look): Html {
  const [tone, words] = STATES[state];
  const minutes = since === undefined ? 0 : Math.floor((now - since) / 60_000);
  const sinceWords =
    since === undefined
      ? "not known"
      : html`${moments.element(since)} <small>${minutes < 1 ? "just now" : `for ${lasts(minutes * 60_000)}`}</small>`;
  return html`<tr role="row" class="${tone}"><th scope="row" role="rowheader">${foreign(principal)} <span class="badge ${tone}">${words}</span></th>${[
    cell("Models", modelNames(models, MOST_MODELS)),
    cell("Why", foreign(reason)),
    cell("Since", sinceWords),
    cell("Ends", ends === undefined ? "not known" : foreign(ends)),
  ]}</tr>`;
}

/** With its column's name, which stands in for the head of the table where there is no room for columns. */
const cell = (column: string, inside: Part): Html =>
  html`<td role="cell"><span class="at">${column}</span><span>${inside}</span></td>`;

function keptOpen(principals: readonly string[]): Part {
  if (principals.length === 0) return undefined;
  return html`<p class="scope">Selected by limits and never denied, because protected: ${names(principals, { most: 12 })}.</p>`;
}
